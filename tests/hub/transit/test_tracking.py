"""Fixes in, boards out."""

import json
import random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.fleet import Report
from hub.transit.alerts import ActiveAlerts, Alert, Selector
from hub.transit.arrivals import Told
from hub.transit.boards import Delta
from hub.transit.publishing import Publisher
from hub.transit.timetable import Journey
from hub.transit.tracking import FeedTracker
from hub.transit.tracks import TripNews
from tests.factories.timetables import DAY, MIDNIGHT, a_journey, a_pattern, a_timetable, a_trip

SIX = MIDNIGHT + 6 * 3600
PATTERN = a_pattern()


def a_tracker(now: float = SIX, *, trips=None, journeys=None) -> FeedTracker:
    trips = trips or [a_trip("T1", PATTERN, 6 * 3600), a_trip("T2", PATTERN, 6 * 3600 + 900)]
    return FeedTracker(a_timetable(trips, journeys=journeys), now)


def a_report(at: float, along: float, *, vehicle="B1", trip: str | None = "T1", **more) -> Report:
    longitude = 126.6 + along / 111_319.49 / 0.6977904598416802
    return Report(7, "harbin", vehicle, at, longitude, 45.75, 90.0, 8.0, trip=trip, **more)


def published(publisher: Publisher, now: float) -> dict[str, dict]:
    bodies, _ = publisher.publish(now, lambda: 1.0)
    return {
        name: json.loads(body)
        for name, body in bodies.items()
        if body is not None and not name.startswith(("fleet:", "pb:"))
    }


def rows(board: dict) -> list[tuple]:
    return [
        (row["trip"], row["source"], row["status"], row.get("delay_seconds"))
        for row in board["arrivals"]
    ]


def test_without_vehicles_a_board_shows_the_schedule_and_says_so():
    publisher = Publisher(a_tracker())

    board = published(publisher, SIX)["arrivals:harbin:S2"]

    assert board["mode"] == "schedule"
    assert rows(board) == [
        ("harbin:T1", "schedule", "expected", None),
        ("harbin:T2", "schedule", "expected", None),
    ]
    assert board["arrivals"][0]["scheduled_at"] == "2026-11-24T06:06:40Z"


def test_a_late_bus_is_late_at_every_stop_to_come():
    tracker = a_tracker()
    publisher = Publisher(tracker)
    tracker.absorb([a_report(SIX + 360, 1500.0, label="哈A·12345", occupancy="full")], SIX + 360)

    boards = published(publisher, SIX + 360)

    (first, second) = boards["arrivals:harbin:S3"]["arrivals"]
    assert boards["arrivals:harbin:S3"]["mode"] == "realtime"
    assert (first["delay_seconds"], first["expected_at"]) == (60, "2026-11-24T06:11:00Z")
    assert first["vehicle"] == {
        "id": "harbin:B1",
        "label": "哈A·12345",
        "reported_at": "2026-11-24T06:06:00Z",
        "stops_away": 1,
        "distance_m": 1500,
        "occupancy": "full",
    }
    assert second["source"] == "schedule"


def test_the_vehicle_says_where_it_goes():
    tracker = a_tracker()
    publisher = Publisher(tracker)
    tracker.absorb([a_report(SIX + 360, 1500.0)], SIX + 360)

    vehicle = published(publisher, SIX + 360)["vehicle:harbin:B1"]

    assert vehicle["route"] == {"id": "harbin:55", "short_name": "55", "color": "#1a7f37"}
    assert vehicle["next_stop"] == {
        "id": "harbin:S2",
        "name": {"en": "Stop 2"},
        "expected_at": "2026-11-24T06:07:40Z",
    }
    assert (vehicle["status"], vehicle["stale"], vehicle["bearing"]) == ("in_transit", False, 90)


def test_a_served_stop_says_passed_for_three_minutes():
    tracker = a_tracker()
    publisher = Publisher(tracker)
    tracker.absorb([a_report(SIX + 100, 500.0), a_report(SIX + 300, 1500.0)], SIX + 300)

    board = published(publisher, SIX + 300)["arrivals:harbin:S1"]
    assert board["arrivals"][0]["status"] == "passed"
    assert board["arrivals"][0]["expected_at"] == "2026-11-24T06:03:20Z"

    later = published(publisher, SIX + 420)["arrivals:harbin:S1"]
    assert [row["trip"] for row in later["arrivals"]] == ["harbin:T2"]


@pytest.mark.parametrize(
    ("silence", "source", "status"),
    [
        (60, "realtime", "expected"),
        (150, "realtime", "no_signal"),
        (310, "schedule", "expected"),
    ],
)
def test_silence_is_said_and_then_the_schedule_counts(silence, source, status):
    tracker = a_tracker()
    publisher = Publisher(tracker)
    tracker.absorb([a_report(SIX + 30, 100.0)], SIX + 30)
    publisher.publish(SIX + 30, lambda: 1.0)
    now = SIX + 30 + silence
    tracker.advance(now)

    board = published(publisher, now)["arrivals:harbin:S4"]

    assert rows(board)[0][1:3] == (source, status)


def test_a_vehicle_silent_for_ten_minutes_is_gone():
    tracker = a_tracker()
    publisher = Publisher(tracker)
    tracker.absorb([a_report(SIX, 100.0)], SIX)
    publisher.publish(SIX, lambda: 1.0)
    tracker.advance(SIX + 601)

    bodies, delta = publisher.publish(SIX + 601, lambda: 1.0)

    assert delta.gone == ["harbin:B1"]
    assert bodies["vehicle:harbin:B1"] is None
    assert json.loads(bodies["vehicles:harbin:55"])["vehicles"] == []


def by_distance(at: float, along: float, *, trip: str | None = "T1") -> Report:
    return Report(7, "harbin", "B1", at, None, None, None, None, distance_m=along, trip=trip)


@pytest.mark.parametrize("trip", [None, "NOWHERE"])
def test_a_vehicle_that_nobody_can_place_any_more_is_gone(trip):
    tracker = a_tracker()
    publisher = Publisher(tracker)
    tracker.absorb([a_report(SIX + 360, 1500.0)], SIX + 360)
    publisher.publish(SIX + 360, lambda: 1.0)

    tracker.absorb([by_distance(SIX + 370, 1600.0, trip=trip)], SIX + 370)
    bodies, delta = publisher.publish(SIX + 370, lambda: 1.0)

    assert delta.gone == ["harbin:B1"]
    assert bodies["vehicle:harbin:B1"] is None
    assert json.loads(bodies["vehicles:harbin:55"])["vehicles"] == []
    assert not tracker.tracks
    assert all(run.holder is None for run in tracker.runs.values())


def test_a_vehicle_that_was_never_on_the_map_is_not_gone():
    tracker = a_tracker()
    publisher = Publisher(tracker)
    publisher.publish(SIX, lambda: 1.0)

    tracker.absorb([by_distance(SIX, 1600.0, trip=None)], SIX)

    assert publisher.publish(SIX, lambda: 1.0)[1] is None


def test_a_vehicle_known_by_its_distance_leaves_with_its_journey():
    tracker = a_tracker()
    publisher = Publisher(tracker)
    (journey,) = (one for one in tracker.timetable.journeys if one.trip.id == "T1")
    end, metres = journey.ends_at, journey.trip.pattern.metres[-1]
    arrived = {len(journey.trip.arrivals) - 1: Told(end, end)}
    tracker.hear([TripNews("T1", DAY, None, end, calls=arrived)], end)
    tracker.absorb([by_distance(end + 80, metres)], end)
    assert published(publisher, end)["vehicle:harbin:B1"]

    # After a pause of the tracker the vehicle is stale and its journey over in the same moment.
    tracker.advance(end + 350)
    _, delta = publisher.publish(end + 350, lambda: 1.0)

    assert delta.gone == ["harbin:B1"]
    assert not tracker.tracks


def test_an_unknown_trip_is_set_aside_once_and_its_bus_still_shown():
    tracker = a_tracker()
    publisher = Publisher(tracker)
    tracker.absorb(
        [a_report(SIX + n, 100.0 + n, trip="NOWHERE", route="55") for n in range(3)], SIX
    )

    changes = tracker.changes
    bodies = published(publisher, SIX + 3)

    assert [(doubt.vehicle, doubt.reason) for doubt in changes.doubts] == [("B1", "unknown_trip")]
    assert bodies["vehicles:harbin:55"]["vehicles"][0]["trip"] == "harbin:NOWHERE"


def test_a_bus_off_its_route_loses_its_arrivals_signal_and_gets_it_back():
    tracker = a_tracker()
    publisher = Publisher(tracker)
    tracker.absorb([a_report(SIX + 30, 300.0)], SIX + 30)
    away = [a_report(SIX + 40 + n * 10, 300.0)._replace(latitude=45.76) for n in range(3)]
    tracker.absorb(away, SIX + 60)

    board = published(publisher, SIX + 60)["arrivals:harbin:S2"]
    assert rows(board)[0][2] == "no_signal"

    tracker.absorb([a_report(SIX + 100, 800.0)], SIX + 100)
    board = published(publisher, SIX + 100)["arrivals:harbin:S2"]
    assert rows(board)[0][2] == "expected"


def test_cancelled_and_skipped_are_said():
    tracker = a_tracker()
    publisher = Publisher(tracker)
    tracker.hear(
        [
            TripNews("T1", DAY, None, SIX, cancelled=True),
            TripNews("T2", DAY, None, SIX, calls={2: Told(skipped=True)}),
        ],
        SIX,
    )

    board = published(publisher, SIX)["arrivals:harbin:S2"]

    assert [row[2] for row in rows(board)] == ["cancelled", "skipped"]


def test_an_operators_prediction_wins_while_it_is_fresh():
    tracker = a_tracker()
    publisher = Publisher(tracker)
    due = SIX + 400
    tracker.hear([TripNews("T1", DAY, None, SIX, calls={2: Told(arrival=due + 240)})], SIX)
    board = published(publisher, SIX)["arrivals:harbin:S3"]
    assert rows(board)[0] == ("harbin:T1", "realtime", "expected", 240)

    tracker.advance(SIX + 130)
    board = published(publisher, SIX + 130)["arrivals:harbin:S3"]
    assert rows(board)[0] == ("harbin:T1", "schedule", "expected", None)


def test_a_trip_by_frequency_takes_the_departure_that_fits():
    trip = a_trip("F", PATTERN, 0)
    journeys = [
        Journey(trip, DAY, SIX + n * 600, 6 * 3600 + n * 600, by_frequency=True, exact=False)
        for n in range(4)
    ]
    tracker = a_tracker(trips=[trip], journeys=journeys)
    publisher = Publisher(tracker)
    tracker.absorb([a_report(SIX + 720, 500.0, trip="F")], SIX + 720)

    board = published(publisher, SIX + 720)["arrivals:harbin:S2"]

    assert [(row["source"], row.get("delay_seconds")) for row in board["arrivals"]] == [
        ("realtime", 20),
        ("frequency", None),
        ("frequency", None),
    ]


def test_two_buses_on_one_trip_do_not_quarrel_about_its_arrivals():
    tracker = a_tracker()
    tracker.absorb([a_report(SIX + 30, 200.0), a_report(SIX + 31, 900.0, vehicle="B2")], SIX + 31)
    run = tracker.tracks["B1"].run

    assert run is tracker.tracks["B2"].run
    assert run.holder.vehicle == "B1"

    tracker.absorb([a_report(SIX + 160, 1200.0, vehicle="B2")], SIX + 160)
    assert run.holder.vehicle == "B2"


def test_an_unchanged_board_is_not_written_again():
    publisher = Publisher(a_tracker())
    assert "arrivals:harbin:S2" in published(publisher, SIX)

    publisher.tracker.changes.stops["S2"] = None
    assert "arrivals:harbin:S2" not in published(publisher, SIX + 5)
    publisher.tracker.changes.stops["S2"] = None
    assert "arrivals:harbin:S2" in published(publisher, SIX + 31)


def test_stop_boards_wait_when_a_tick_runs_out_of_time():
    patterns = [a_pattern(no, prefix=f"P{no}-") for no in range(20)]
    tracker = a_tracker(trips=[a_trip(f"T{p.no}", p, 6 * 3600) for p in patterns])
    publisher = Publisher(tracker)

    bodies, _ = publisher.publish(SIX, lambda: 0.0)
    assert sum(name.startswith("arrivals:") for name in bodies) == 16
    assert publisher.waiting == 84
    published(publisher, SIX + 1)
    assert publisher.waiting == 0


def test_the_snapshot_holds_every_vehicle_with_its_place():
    tracker = a_tracker()
    publisher = Publisher(tracker)
    tracker.absorb([a_report(SIX, 100.0), a_report(SIX, 900.0, vehicle="B2")], SIX)

    bodies, delta = publisher.publish(SIX, lambda: 1.0)

    snapshot = msgspec.msgpack.decode(bodies["fleet:harbin"], type=Delta)
    assert [row.vehicle for row in snapshot.rows] == ["harbin:B1", "harbin:B2"]
    assert delta.rows == snapshot.rows


def test_an_alert_stands_on_the_boards_it_concerns():
    publisher = Publisher(a_tracker())
    alert = Alert(
        "A1", {"en": "Diversion"}, {"en": "By way of"}, "construction", "detour",
        [(None, SIX + 3600)], [Selector(stop="S2")],
    )  # fmt: skip
    publisher.show_alerts(ActiveAlerts("harbin", [alert]))

    boards = published(publisher, SIX)

    assert [a["id"] for a in boards["arrivals:harbin:S2"]["alerts"]] == ["harbin:A1"]
    assert boards["arrivals:harbin:S1"]["alerts"] == []


def test_a_new_timetable_takes_the_vehicles_over():
    tracker = a_tracker()
    tracker.absorb([a_report(SIX + 360, 1500.0)], SIX + 360)
    renewed = FeedTracker(a_timetable([a_trip("T1", a_pattern(), 6 * 3600)]), SIX + 361)

    renewed.adopt(tracker, SIX + 361)

    assert renewed.tracks["B1"].progress.delay == 60


def the_state(tracker: FeedTracker) -> list[tuple]:
    return sorted(
        (t.vehicle, t.fix, t.place, t.progress, t.run.key if t.run else None)
        for t in tracker.tracks.values()
    )


@given(seed=st.integers(0, 10**6), batches=st.integers(1, 6))
@settings(deadline=None, max_examples=50)
def test_replayed_and_reordered_batches_give_the_same_state(seed, batches):
    chance = random.Random(seed)
    reports = [
        a_report(SIX + 20 * n + lag, min(95.0 * n + chance.gauss(0, 10), 4000), vehicle=vehicle)
        for vehicle, lag in (("B1", 0), ("B2", 7))
        for n in range(40)
    ]
    reports.sort(key=lambda report: report.at)
    plain, shuffled = a_tracker(), a_tracker()
    plain.absorb(reports, SIX)

    size = len(reports) // batches + 1
    for start in range(0, len(reports), size):
        batch = reports[start : start + size]
        chance.shuffle(batch)
        shuffled.absorb(batch, SIX)
        shuffled.absorb(chance.sample(reports[: start + size], 10), SIX)

    assert the_state(shuffled) == the_state(plain)


def test_a_run_that_is_over_leaves_the_boards_and_a_late_one_does_not():
    tracker = a_tracker()
    tracker.absorb([a_report(SIX + 360, 1500.0)], SIX + 360)
    for n in range(0, 1500, 60):
        tracker.absorb([a_report(SIX + 400 + n, 1510.0)], SIX + 400 + n)
        tracker.advance(SIX + 400 + n)

    assert ("T1", DAY, 6 * 3600) in tracker.runs
    tracker.advance(SIX + 900 + 800 + 7200)
    assert tracker.runs == {}
    assert all(calls == [] for calls in tracker.calls.values())


def test_journeys_far_away_are_not_held_in_memory():
    trips = [a_trip(f"T{n}", PATTERN, n * 3600) for n in range(24)]
    tracker = a_tracker(SIX, trips=trips)

    assert {key[0] for key in tracker.runs} == {"T6", "T7"}
    assert a_journey(trips[6]).starts_at == SIX
