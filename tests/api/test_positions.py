"""Vehicles report where they are."""

import json
import secrets
from datetime import UTC, datetime, timedelta, timezone

import pytest
from google.transit import gtfs_realtime_pb2 as pb
from sqlalchemy import text

from blueprints.traffic import duties
from blueprints.traffic.live_schemas import PositionBatch
from hub.fleet import Batch, Position, PositionFollower, keep_days, read_batch
from hub.kernel.work import CLOCK

TARGET = "/v1/fleet/positions"


class Fleet:
    """A feed of this test, and the device that reports for it."""

    def __init__(self, client, city, parts):
        self.feed = f"t{secrets.token_hex(6)}"
        self._client, self._parts = client, parts
        self.device = city.device(
            "vehicle_gateway", ["fleet.position:report"], [f"feed:{self.feed}"]
        )

    @property
    def now(self):
        return self._parts.database.clock()

    def row(self, vehicle="B1", *, ago=0.0, **more):
        at = self.now - timedelta(seconds=ago)
        place = {"longitude": 126.63, "latitude": 45.76}
        return {"vehicle": vehicle, "reported_at": at.isoformat(), **place, **more}

    def send(self, rows, *, feed=None, headers=None):
        body = json.dumps({"feed": feed or self.feed, "positions": rows}).encode()
        return self.send_bytes(body, headers=headers)

    def send_bytes(self, body, *, target=TARGET, media="application/json", headers=None):
        signed = self.device.headers(body, target, now=self.now)
        return self._client.post(
            target, data=body, headers={**signed, "Content-Type": media, **(headers or {})}
        )

    def push(self, message: bytes):
        target = f"/v1/fleet/feeds/{self.feed}/gtfs-realtime"
        return self.send_bytes(message, target=target, media="application/x-protobuf")

    def stored(self):
        return self._rows("SELECT vehicle, trip, bearing FROM fleet_position WHERE feed = :feed")

    def quarantined(self):
        return self._rows("SELECT reason, raw FROM fleet_quarantined_position WHERE feed = :feed")

    def _rows(self, statement):
        with self._parts.database.reads() as connection:
            return connection.execute(text(statement), {"feed": self.feed}).all()


@pytest.fixture
def fleet(client, city, parts):
    return Fleet(client, city, parts)


def counts(answer):
    return tuple(answer.json[name] for name in ("accepted", "duplicates", "quarantined"))


def test_a_batch_is_stored_and_counted(fleet):
    answer = fleet.send([fleet.row("B1", trip="T1", bearing=90.0), fleet.row("B2")])

    assert answer.status_code == 202
    assert answer.json == {"accepted": 2, "duplicates": 0, "quarantined": 0, "problems": []}
    assert sorted(fleet.stored()) == [("B1", "T1", 90.0), ("B2", None, None)]


def test_a_batch_sent_again_under_another_key_changes_nothing(fleet):
    rows = [fleet.row(f"B{n}", ago=n) for n in range(20)]

    first, again = fleet.send(rows), fleet.send(rows[::-1])

    assert (counts(first), counts(again)) == ((20, 0, 0), (0, 20, 0))
    assert len(fleet.stored()) == 20


def test_a_row_twice_in_one_batch_is_counted_once(fleet):
    row = fleet.row()

    assert counts(fleet.send([row, row])) == (1, 1, 0)


def test_doubtful_rows_are_set_aside_with_their_reason_and_spoil_no_other(fleet):
    rows = [
        fleet.row("good"),
        fleet.row("future", ago=-300),
        fleet.row("old", ago=90_000),
        fleet.row("lost", longitude=0.0, latitude=0.0),
        fleet.row("leap", ago=20),
        fleet.row("leap", longitude=127.9),
        fleet.row("bad\x00name"),
    ]

    answer = fleet.send(rows)

    assert counts(answer) == (2, 0, 5)
    assert [(p["index"], p["reason"]) for p in answer.json["problems"]] == [
        (1, "future"),
        (2, "stale"),
        (3, "off_planet"),
        (5, "jump"),
        (6, "unknown_vehicle"),
    ]
    assert sorted(reason for reason, _ in fleet.quarantined()) == [
        "future",
        "jump",
        "off_planet",
        "stale",
        "unknown_vehicle",
    ]
    assert {json.loads(raw)["vehicle"] for _, raw in fleet.quarantined()} == {
        "future",
        "old",
        "lost",
        "leap",
        "bad\x00name",
    }


def test_odd_times_and_tiny_numbers_cost_no_other_its_report(fleet):
    """RFC 3339 allows offsets up to a day, the database sixteen hours; a float4 ends at 1e-45."""
    now = fleet.now.astimezone(timezone(timedelta(hours=23, minutes=59)))
    rows = [
        fleet.row("far", ago=0) | {"reported_at": now.isoformat()},
        fleet.row("last") | {"reported_at": "9999-12-31T23:59:59-10:00"},
        fleet.row("first") | {"reported_at": "0001-01-01T00:00:00+23:59"},
        fleet.row("still", bearing=1e-320, speed_mps=1e-60),
        fleet.row("round", bearing=359.99999),
        fleet.row("plain", bearing=90.25),
    ]

    answer = fleet.send(rows)

    assert answer.status_code == 202
    assert {p["reason"] for p in answer.json["problems"]} == {"future", "stale"}
    assert {row.vehicle: row.bearing for row in fleet.stored()} == {
        "far": None, "still": 0.0, "round": 0.0, "plain": 90.25,
    }  # fmt: skip


def test_the_quarantine_too_holds_a_report_once(fleet):
    row = fleet.row("lost", longitude=0.0, latitude=0.0)

    for _ in range(3):
        fleet.send([row])

    assert len(fleet.quarantined()) == 1


def test_a_leap_since_the_last_batch_is_seen(fleet):
    fleet.send([fleet.row(ago=20)])

    answer = fleet.send([fleet.row(longitude=127.9)])

    assert answer.json["problems"][0]["reason"] == "jump"


def test_late_history_is_kept_and_told(fleet):
    answer = fleet.send([fleet.row(ago=3600)])

    assert counts(answer) == (1, 0, 0)
    assert answer.json["problems"][0]["reason"] == "stale"


def test_a_device_reports_only_for_its_own_feed(fleet):
    answer = fleet.send([fleet.row()], feed="somebody-elses")

    assert answer.status_code == 403
    assert answer.json["type"] == "/problems/device-speaks-for-others"


def test_without_a_signature_nothing_is_taken(client):
    answer = client.post(TARGET, json={"feed": "harbin", "positions": []})

    assert answer.status_code == 401


def test_one_key_one_effect(fleet):
    key = {"Idempotency-Key": secrets.token_hex(16)}
    body = json.dumps({"feed": fleet.feed, "positions": [fleet.row()]}).encode()

    first, again = (fleet.send_bytes(body, headers=key) for _ in range(2))

    assert first.json == again.json
    assert again.headers["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize(
    ("body", "media", "status"),
    [
        (b"{", "application/json", 400),
        (b'{"feed":"harbin"}', "application/json", 422),
        (b'{"feed":"Harbin!","positions":[]}', "application/json", 422),
        (b"feed=harbin", "application/x-www-form-urlencoded", 415),
    ],
)
def test_a_broken_batch_is_refused(fleet, body, media, status):
    assert fleet.send_bytes(body, media=media).status_code == status


def test_the_decoder_takes_what_the_schema_says():
    full = {
        "vehicle": "B1",
        "reported_at": "2026-11-24T06:00:00Z",
        "longitude": 126.63,
        "latitude": 45.76,
        "bearing": 90.0,
        "speed_mps": 5.5,
        "distance_m": 120.0,
        "trip": "T1",
        "route": "55",
        "service_date": "2026-11-24",
        "start_time": "06:00:00",
        "occupancy": "full",
        "label": "哈A·12345",
    }
    batch = {"feed": "harbin", "positions": [full]}

    loaded = PositionBatch().load(batch)

    assert read_batch(json.dumps(batch).encode()) == Batch(
        loaded["feed"], [Position(**row) for row in loaded["positions"]]
    )
    assert set(full) == set(Position.__struct_fields__)


# -- following ------------------------------------------------------------------------------------


def test_a_transaction_that_commits_late_is_not_overlooked(fleet, parts):
    follower = PositionFollower()

    def news():
        with parts.database.reads() as connection:
            found = follower.read(connection, fleet.now)
        return sorted(report.vehicle for report in found if report.feed == fleet.feed)

    news()
    insert = text(
        "INSERT INTO fleet_position (feed, vehicle, reported_at, received_at, longitude, latitude)"
        " VALUES (:feed, :vehicle, :at, :at, 126.6, 45.7)"
    )
    with parts.database.engine.connect() as slow:
        slow.execute(insert, {"feed": fleet.feed, "vehicle": "slow", "at": fleet.now})
        fleet.send([fleet.row("quick")])
        assert news() == ["quick"]
        assert news() == []
        slow.commit()

    assert news() == ["slow"]
    assert news() == []


def test_a_new_follower_begins_with_the_latest_of_each_vehicle(fleet, parts):
    fleet.send([fleet.row("B1", ago=30), fleet.row("B1", ago=10), fleet.row("B2", ago=700)])

    with parts.database.reads() as connection:
        found = PositionFollower().read(connection, fleet.now)

    (only,) = [report for report in found if report.feed == fleet.feed]
    assert only.vehicle == "B1"
    assert only.at == pytest.approx(fleet.now.timestamp() - 10, abs=5)


def test_days_come_and_go(parts, db):
    keep = 30
    for _ in range(2):
        db.run(lambda work: keep_days(work, keep), CLOCK)

    with db.reads() as connection:
        days = connection.scalars(
            text(
                "SELECT inhrelid::regclass::text FROM pg_inherits"
                " WHERE inhparent = 'fleet_position'::regclass"
            )
        ).all()
    ahead = datetime.now(UTC) + timedelta(days=3)
    assert f"fleet_position_{ahead:%Y%m%d}" in days


def test_days_go_last_in_a_transaction_of_their_own(parts, monkeypatch):
    acted = []

    def noted(name, act):
        def note(work, *given):
            acted.append((name, work.session.scalar(text("SELECT pg_current_xact_id()::text"))))
            act(work, *given)

        return note

    monkeypatch.setattr(duties, "forget_realtime", noted("forget", duties.forget_realtime))
    monkeypatch.setattr(duties.fleet, "keep_days", noted("days", keep_days))

    duties.keep_positions(parts)

    assert [name for name, _ in acted] == ["forget", "days"]
    assert len({transaction for _, transaction in acted}) == 2


def test_positions_of_a_clock_far_ahead_find_their_day(fleet, clock):
    clock.move(days=40)

    assert counts(fleet.send([fleet.row()])) == (1, 0, 0)


# -- GTFS-Realtime push ---------------------------------------------------------------------------


def a_message(now, *vehicles, version="2.0"):
    message = pb.FeedMessage()
    message.header.gtfs_realtime_version = version
    message.header.incrementality = pb.FeedHeader.FULL_DATASET
    message.header.timestamp = int(now.timestamp())
    for name in vehicles:
        vehicle = message.entity.add(id=name).vehicle
        vehicle.vehicle.id = name
        vehicle.timestamp = int(now.timestamp())
        vehicle.position.longitude, vehicle.position.latitude = 126.63, 45.76
        vehicle.trip.trip_id = "T1"
    return message


def test_a_feed_message_is_taken_whole(fleet):
    message = a_message(fleet.now, "B1", "B2")
    update = message.entity.add(id="u").trip_update
    update.trip.trip_id = "T1"
    update.stop_time_update.add(stop_sequence=2).arrival.delay = 60
    alert = message.entity.add(id="a").alert
    alert.header_text.translation.add(text="Diversion", language="en")
    alert.informed_entity.add(route_id="55")

    answer = fleet.push(message.SerializeToString())

    assert answer.status_code == 202
    assert answer.json == {
        "vehicles": {"accepted": 2, "duplicates": 0, "quarantined": 0, "problems": []},
        "trip_updates": 1,
        "alerts": 1,
        "kinds": ["alerts", "trip_updates", "vehicles"],
    }


def test_a_truncated_message_changes_nothing(fleet):
    whole = a_message(fleet.now, *(f"B{n}" for n in range(10))).SerializeToString()

    answers = [fleet.push(whole[:cut]) for cut in (1, 7, len(whole) - 1)]

    assert {answer.status_code for answer in answers} == {400}
    assert answers[0].json["type"] == "/problems/broken-feed-message"
    assert fleet.stored() == []


def test_a_message_of_another_type_is_refused(fleet):
    assert fleet.push(b"").status_code == 400
    assert fleet.push(a_message(fleet.now, version="9").SerializeToString()).status_code == 400


def test_numbers_that_are_none_in_a_message_are_set_aside(fleet):
    message = a_message(fleet.now, "B1")
    message.entity[0].vehicle.position.longitude = float("nan")

    answer = fleet.push(message.SerializeToString())

    assert answer.json["vehicles"]["problems"][0]["reason"] == "off_planet"


def test_a_later_full_dataset_withdraws_what_it_no_longer_holds(fleet, parts, clock):
    def standing():
        with parts.database.reads() as connection:
            return connection.execute(
                text(
                    "SELECT trip, withdrawn FROM transit_trip_update WHERE feed = :feed"
                    " UNION ALL SELECT id, withdrawn_at IS NOT NULL FROM transit_alert"
                    " WHERE feed = :feed"
                ),
                {"feed": fleet.feed},
            ).all()

    def message(trips, alerts):
        found = a_message(fleet.now)
        for trip in trips:
            update = found.entity.add(id=trip).trip_update
            update.trip.trip_id = trip
            update.trip.schedule_relationship = pb.TripDescriptor.CANCELED
        for alert in alerts:
            found.entity.add(id=alert).alert.header_text.translation.add(text="x")
        return found.SerializeToString()

    first = message(["T1", "T2"], ["a1", "a2"])
    fleet.push(first)
    clock.move(seconds=30)
    fleet.push(message(["T2"], ["a2"]))
    fleet.push(first)

    assert dict(standing()) == {"a1": True, "a2": False, "T1": True, "T2": False}
