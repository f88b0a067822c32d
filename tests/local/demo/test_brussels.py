"""The recorded day of Brussels: how reports were chained, and that it is what the files hold."""

import csv
import gzip
import io
import json
import zipfile
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from hub.local.demo import chaining, recordings
from hub.local.demo.chaining import Call, Report, Trip, Turn
from hub.local.demo.recording import service_day_start

LOCAL_NOON = datetime(2026, 11, 24, 11, tzinfo=UTC)


def trip(name: str, starts: float, heading: int = 1) -> Trip:
    """A trip that calls every 500 m, each 100 s, standing 20 s."""
    calls = [
        Call(500.0 * n, starts + 100 * n - (20 if n else 0), starts + 100 * n) for n in range(6)
    ]
    return Trip(name, heading, tuple(calls))


def test_a_report_belongs_to_the_trip_that_was_there():
    ahead, behind = trip("ahead", 0), trip("behind", 200)
    reports = [Report(300, 1, 1480), Report(300, 1, 520)]

    chained = chaining.chain(reports, [behind, ahead])

    assert {name: [r.metres for r in run] for name, run in chained.runs.items()} == {
        "ahead": [1480],
        "behind": [520],
    }


def test_trams_that_bunch_keep_their_order():
    ahead, behind = trip("ahead", 0), trip("behind", 30)
    reports = [Report(230, 1, 1010), Report(230, 1, 990)]

    chained = chaining.chain(reports, [ahead, behind])

    assert chained.runs["ahead"][0].metres == 1010
    assert chained.runs["behind"][0].metres == 990


def test_what_fits_no_trip_is_counted_and_left_out():
    chained = chaining.chain([Report(300, 1, 1500), Report(300, 1, 90_000)], [trip("only", 0)])

    assert (len(chained.runs["only"]), chained.unmatched) == (1, 1)


def test_a_tram_never_drives_backwards():
    claimed = [Report(n, 1, metres) for n, metres in enumerate([0, 400, 900, 300, 950, 1000])]

    run = chaining.forwards(claimed)

    assert [report.metres for report in run] == [0, 400, 900, 950, 1000]


def test_who_comes_first_leaves_first():
    turns = [
        Turn("a", "north", "south", 0, 600),
        Turn("b", "north", "south", 300, 900),
        Turn("c", "south", "north", 1000, 1600),
        Turn("d", "south", "north", 1300, 1900),
        Turn("e", "south", "north", 1310, 1910),
    ]

    numbers = chaining.vehicles(turns, {})

    assert numbers == {"a": 1, "b": 2, "c": 1, "d": 2, "e": 3}


@pytest.fixture(scope="module")
def header() -> dict:
    with gzip.open(recordings.data(recordings.BRUSSELS), "rt") as lines:
        return json.loads(next(lines))


@pytest.fixture(scope="module")
def brussels():
    return recordings.brussels()


def test_the_header_says_what_became_of_every_report(header):
    found = header["statistics"]

    assert found["reports"] == 40_510
    parts = ("chained", "standing_at_the_terminus", "unmatched", "backwards")
    assert sum(found[part] for part in parts) == found["reports"]
    assert found["chained"] > 0.72 * found["reports"]
    assert found["trips_matched_to_timetable"] == found["trips_observed"] == 367


def test_the_file_holds_the_chained_reports_in_order():
    with gzip.open(recordings.data(recordings.BRUSSELS), "rt") as lines:
        header, *rows = map(json.loads, lines)

    assert len(rows) == header["statistics"]["chained"]
    assert all(before["at"] <= after["at"] for before, after in pairwise(rows))


def test_every_position_lies_on_the_shape_of_a_scheduled_trip(brussels):
    lengths = shape_lengths()

    for body in brussels.bodies:
        assert 0 <= body["distance_m"] <= lengths[body["trip"]] + 1


def test_a_run_is_the_drive_of_one_tram(brussels):
    vehicles = defaultdict(set)
    places = defaultdict(list)
    for at, body in zip(brussels.at, brussels.bodies, strict=True):
        vehicles[body["trip"]].add(body["vehicle"])
        places[body["trip"]].append((at, body["distance_m"]))

    assert all(len(names) == 1 for names in vehicles.values())
    speeds = [
        (d2 - d1) / (t2 - t1) for run in places.values() for (t1, d1), (t2, d2) in pairwise(run)
    ]
    assert max(speeds) < 30
    assert min(speeds) > -5


@pytest.mark.parametrize("hour", range(24))
def test_trams_move_at_any_hour(brussels, hour):
    moment = LOCAL_NOON + timedelta(hours=hour)

    seen = {p.body["vehicle"] for p in brussels.between(moment - timedelta(minutes=2), moment)}

    assert len(seen) >= 8


def test_by_day_a_position_keeps_its_recorded_time_of_day(brussels):
    start = service_day_start(LOCAL_NOON.date(), brussels.zone)
    due = start + timedelta(seconds=brussels.at[9000])
    recorded = {
        body["trip"]
        for at, body in zip(brussels.at, brussels.bodies, strict=True)
        if at == brussels.at[9000]
    }

    found = list(brussels.between(due - timedelta(seconds=1), due))

    assert {p.body["trip"] for p in found if not p.body["trip"].endswith("-again")} == recorded
    assert all(p.moment == due for p in found)
    assert found[0].body["service_date"] == "2026-11-24"


def test_at_night_the_day_is_shown_again_under_other_names(brussels):
    start = service_day_start(LOCAL_NOON.date(), brussels.zone)
    due = start + timedelta(seconds=brussels.at[5000])

    day = list(brussels.between(due - timedelta(seconds=1), due))
    night = list(brussels.between(due + timedelta(hours=12, seconds=-1), due + timedelta(hours=12)))

    assert [p.body["distance_m"] for p in day] == [p.body["distance_m"] for p in night]
    assert night[0].body["trip"] == day[0].body["trip"] + "-again"
    assert night[0].body["vehicle"] == day[0].body["vehicle"] + "-again"
    assert night[0].body["service_date"] == "2026-11-24"


def test_no_vehicle_is_in_two_places_when_the_clocks_change_or_the_cycle_turns(brussels):
    for day in (datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)):
        trips = defaultdict(set)
        for position in brussels.between(day, day + timedelta(days=1)):
            trips[position.body["vehicle"], position.moment].add(position.body["trip"])
        assert all(len(names) == 1 for names in trips.values())


def table(name: str) -> list[dict[str, str]]:
    with zipfile.ZipFile(recordings.data(recordings.BRUSSELS_TIMETABLE)) as archive:
        return list(csv.DictReader(io.StringIO(archive.read(name).decode())))


def shape_lengths() -> dict[str, float]:
    """Metres of each trip's shape."""
    lengths: dict[str, float] = {}
    for point in table("shapes.txt"):
        lengths[point["shape_id"]] = float(point["shape_dist_traveled"])
    return {trip["trip_id"]: lengths[trip["shape_id"]] for trip in table("trips.txt")}
