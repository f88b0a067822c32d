"""The tracker over a real database: what was committed becomes boards."""

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from google.transit import gtfs_realtime_pb2 as pb
from sqlalchemy import text

from hub import fleet
from hub.kernel.work import SYSTEM
from hub.transit.boards import BoardReader, BoardWriter
from hub.transit.hearing import take_message
from hub.transit.live import LiveCity, Tick
from tests.factories.feeds import published
from tests.factories.live import Town, around_the_clock


class Watching:
    """A tracker of this test and what it shows."""

    def __init__(self, db, home):
        self.db, self.home = db, home
        self.writer = BoardWriter(home, db.clock().timestamp())
        self.city = LiveCity(db, self.writer)
        self.reader = BoardReader(home)

    def tick(self, now=None):
        now, tick = now or self.db.clock(), Tick()
        self.city.read(now, tick)
        self.city.publish(now, lambda: 5.0, tick)
        self.city.write_down(now)
        return tick

    def body(self, name, now=None):
        board = self.reader.board(name, (now or self.db.clock()).timestamp())
        return None if board is None else board.body

    def json(self, name, now=None):
        return json.loads(self.body(name, now))


@pytest.fixture
def town(db):
    return Town(db)


@pytest.fixture
def watching(db, tmp_path):
    return Watching(db, tmp_path / "boards")


def report(db, town, *positions):
    db.run(lambda work: fleet.report(work, town.feed, positions), SYSTEM)


def push(db, town, message):
    db.run(lambda work: take_message(work, town.feed, message.SerializeToString()), SYSTEM)


def a_message(now):
    message = pb.FeedMessage()
    message.header.gtfs_realtime_version = "2.0"
    message.header.timestamp = int(now.timestamp())
    return message


def test_a_reported_bus_is_on_the_board_of_its_next_stop(db, town, watching):
    now = db.clock()
    trip, left = town.trip_under_way(now)
    watching.tick(now)
    assert watching.json(f"arrivals:{town.feed}:S5", now)["mode"] == "schedule"

    report(db, town, town.report(now, 1.5, trip=trip))
    watching.tick(now)

    board = watching.json(f"arrivals:{town.feed}:S5", now)
    (row,) = [row for row in board["arrivals"] if row["trip"] == f"{town.feed}:{trip}"]
    late = (now - left).total_seconds() - 1.5 * 120
    assert (board["mode"], row["source"], row["vehicle"]["stops_away"]) == (
        "realtime",
        "realtime",
        3,
    )
    assert row["delay_seconds"] == pytest.approx(late, abs=3)
    assert [v["id"] for v in watching.json(f"vehicles:{town.feed}:7", now)["vehicles"]] == [
        f"{town.feed}:B1"
    ]


def test_a_restarted_tracker_knows_what_the_one_before_knew(db, town, watching, tmp_path):
    now = db.clock()
    trip, _ = town.trip_under_way(now)
    report(db, town, town.report(now - timedelta(seconds=30), 1.2, trip=trip))
    report(db, town, town.report(now, 1.5, trip=trip))
    watching.tick(now)
    before = watching.json(f"vehicle:{town.feed}:B1", now)

    again = Watching(db, tmp_path / "boards")
    assert again.body(f"vehicle:{town.feed}:B1", now) is None
    again.tick(now)

    assert again.json(f"vehicle:{town.feed}:B1", now) == before


def test_a_new_timetable_is_taken_over_while_buses_run(db, town, watching):
    now = db.clock()
    trip, _ = town.trip_under_way(now)
    report(db, town, town.report(now, 1.5, trip=trip))
    watching.tick(now)

    published(db, around_the_clock(first_stop="NEW"), town.feed)
    later = now + timedelta(seconds=3)
    watching.tick(later)

    assert watching.json(f"arrivals:{town.feed}:NEW", later)["arrivals"]
    assert watching.json(f"vehicle:{town.feed}:B1", later)["trip"] == f"{town.feed}:{trip}"


def test_an_unknown_trip_is_set_aside_and_calls_served_are_written_down(db, town, watching):
    now = db.clock()
    trip, _ = town.trip_under_way(now)
    report(db, town, town.report(now - timedelta(seconds=60), 1.2, trip=trip))
    watching.tick(now)
    report(
        db,
        town,
        town.report(now, 2.3, trip=trip),
        town.report(now, 1.0, vehicle="B2", trip="NOWHERE"),
    )
    watching.tick(now + timedelta(seconds=6))

    with db.reads() as connection:
        asked = {"feed": town.feed}
        reasons = connection.scalars(
            text("SELECT reason FROM fleet_quarantined_position WHERE feed = :feed"), asked
        ).all()
        kept = connection.scalar(
            text("SELECT count(*) FROM fleet_position WHERE feed = :feed"), asked
        )
        passages = connection.execute(
            text("SELECT stop, vehicle FROM transit_stop_passage WHERE feed = :feed"), asked
        ).all()
    assert (reasons, kept) == (["unknown_trip"], 3)
    assert passages == [("S2", "B1")]


def test_cancellations_and_alerts_reach_the_boards_and_leave_them(db, town, watching):
    now = db.clock()
    trip, left = town.trip_under_way(now, after=30.0)
    message = a_message(now)
    update = message.entity.add(id="1").trip_update
    update.trip.trip_id = trip
    update.trip.start_date = f"{left:%Y%m%d}"
    update.trip.schedule_relationship = pb.TripDescriptor.CANCELED
    alert = message.entity.add(id="A1").alert
    alert.header_text.translation.add(text="Diversion", language="en")
    alert.informed_entity.add(stop_id="S5")
    watching.tick(now)
    push(db, town, message)
    watching.tick(now)

    board = watching.json(f"arrivals:{town.feed}:S5", now)
    assert [r["status"] for r in board["arrivals"] if r["trip"].endswith(f":{trip}")] == [
        "cancelled"
    ]
    assert [a["title"] for a in board["alerts"]] == [{"en": "Diversion"}]
    listed = watching.json(f"alerts:{town.feed}", now)["items"]
    assert [a["id"] for a in listed] == [f"{town.feed}:A1"]

    later = a_message(now + timedelta(seconds=1))
    later.entity.add(id="2").trip_update.trip.trip_id = "T0"
    later.entity.add(id="A2").alert.header_text.translation.add(text="Other", language="en")
    db.run(
        lambda work: take_message(work, town.feed, later.SerializeToString()),
        SYSTEM,
        now=now + timedelta(seconds=2),
    )
    watching.tick(now + timedelta(seconds=2))
    board = watching.json(f"arrivals:{town.feed}:S5", now)
    assert {r["status"] for r in board["arrivals"]} == {"expected"}
    assert [a["title"] for a in board["alerts"]] == [{"en": "Other"}]


def test_a_prediction_of_the_operator_is_shown(db, town, watching):
    now = db.clock()
    trip, _ = town.trip_under_way(now, after=30.0)
    message = a_message(now)
    update = message.entity.add(id="1").trip_update
    update.trip.trip_id = trip
    update.stop_time_update.add(stop_id="S4").arrival.delay = 240
    push(db, town, message)

    watching.tick(now)

    board = watching.json(f"arrivals:{town.feed}:S5", now)
    (row,) = [r for r in board["arrivals"] if r["trip"].endswith(f":{trip}")]
    assert (row["source"], row["delay_seconds"]) == ("realtime", 240)


def test_the_realtime_feeds_hold_what_the_boards_hold(db, town, watching):
    now = db.clock()
    trip, _ = town.trip_under_way(now)
    report(db, town, town.report(now, 1.5, trip=trip, occupancy="few_seats_available"))

    watching.tick(now)

    positions, updates = pb.FeedMessage(), pb.FeedMessage()
    positions.ParseFromString(watching.body(f"pb:{town.feed}:vehicle-positions", now))
    updates.ParseFromString(watching.body(f"pb:{town.feed}:trip-updates", now))
    (vehicle,) = [entity.vehicle for entity in positions.entity]
    assert (vehicle.trip.trip_id, vehicle.vehicle.id) == (trip, "B1")
    assert vehicle.occupancy_status == pb.VehiclePosition.FEW_SEATS_AVAILABLE
    (update,) = [entity.trip_update for entity in updates.entity]
    assert [call.stop_id for call in update.stop_time_update] == ["S2", "S3", "S4", "S5"]


def test_a_third_partys_validator_finds_no_error(db, town, watching, tmp_path):
    """gtfs-rt-validator's 121 rules on two ticks of all three feeds."""
    now = db.clock().replace(microsecond=0)
    watching.tick(now)
    cancelled, _ = town.trip_under_way(now - timedelta(minutes=20))
    message = a_message(now)
    update = message.entity.add(id="1").trip_update
    update.trip.trip_id = cancelled
    update.trip.schedule_relationship = pb.TripDescriptor.CANCELED
    alert = message.entity.add(id="A1").alert
    alert.active_period.add(start=int(now.timestamp()))
    alert.header_text.translation.add(text="Diversion", language="en")
    alert.informed_entity.add(route_id="7")
    push(db, town, message)
    (tmp_path / "gtfs.zip").write_bytes(around_the_clock())
    for number, gone in enumerate((0.0, 1.3)):
        at = now + timedelta(seconds=15 + 30 * number)
        buses = [
            town.report(
                at, gone + n, vehicle=f"B{n}", trip=town.trip_under_way(at, 120 + n * 600)[0]
            )
            for n in range(3)
        ]
        report(db, town, *buses, town.report(at, 2.0, vehicle="nowhere", trip="NOWHERE"))
        watching.tick(at)
        folder = tmp_path / f"tick{number}"
        folder.mkdir()
        for kind in ("vehicle-positions", "trip-updates", "alerts"):
            (folder / f"{kind}.pb").write_bytes(watching.body(f"pb:{town.feed}:{kind}", at))

        told = subprocess.run(
            [
                Path(sys.executable).with_name("gtfs-rt-validator"),
                *("-gtfs", tmp_path / "gtfs.zip", "-vp", folder / "vehicle-positions.pb"),
                *("-tu", folder / "trip-updates.pb", "-sa", folder / "alerts.pb"),
                *("--at", at.isoformat(), "--out", tmp_path / "reports", "--fail-on-error"),
            ],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
        )

        assert told.returncode == 0, told.stdout + told.stderr


def test_without_the_database_the_boards_stay_fresh(db, town, watching):
    now = db.clock()
    watching.tick(now)

    for second in range(1, 40, 5):
        watching.city.publish(now + timedelta(seconds=second), lambda: 1.0, Tick())

    assert watching.json(f"arrivals:{town.feed}:S5", now + timedelta(seconds=40))
