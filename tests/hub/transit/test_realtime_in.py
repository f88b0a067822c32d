"""GTFS-Realtime messages as they really come: broken clocks in them change nothing for others."""

from datetime import UTC, datetime

import pytest
from google.transit import gtfs_realtime_pb2 as pb

from hub.transit.alerts import LATEST, ActiveAlerts, shown
from hub.transit.realtime_in import read_message

NOW = datetime(2026, 11, 24, 6, tzinfo=UTC)
AT = int(NOW.timestamp())
NEVER = 2**64 - 1


def a_message(at: int = AT) -> pb.FeedMessage:
    message = pb.FeedMessage()
    message.header.gtfs_realtime_version = "2.0"
    message.header.timestamp = at
    return message


def an_alert(start: int, end: int):
    message = a_message()
    message.entity.add(id="A1").alert.active_period.add(start=start, end=end)
    (alert,) = read_message(message.SerializeToString(), NOW).alerts
    return alert


@pytest.mark.parametrize(
    ("start", "end", "from_", "until"),
    [
        (AT, NEVER, "2026-11-24T06:00:00Z", None),
        (AT, LATEST + 1, "2026-11-24T06:00:00Z", None),
        (AT, LATEST, "2026-11-24T06:00:00Z", "9999-12-31T23:59:59Z"),
        (NEVER, 0, "9999-12-31T23:59:59Z", None),
    ],
)
def test_an_alert_may_last_longer_than_the_calendar(start, end, from_, until):
    alert = an_alert(start, end)

    told = shown("harbin", alert, NOW.timestamp())

    assert (told["active_from"], told.get("active_until")) == (from_, until)
    assert ActiveAlerts("harbin", [alert]).body(NOW.timestamp())


def test_a_header_far_ahead_does_not_make_times_far_ahead_believable():
    message = a_message(at=NEVER)
    call = message.entity.add(id="1").trip_update
    call.trip.trip_id = "T1"
    call.stop_time_update.add(stop_id="S1").arrival.time = LATEST + 3600
    call.stop_time_update.add(stop_id="S2").arrival.time = AT + 60

    read = read_message(message.SerializeToString(), NOW)

    assert read.at == NOW
    assert [said.arrival for said in read.updates[0].calls] == [None, AT + 60]


def test_a_vehicle_of_any_time_is_read():
    message = a_message()
    message.entity.add(id="B1").vehicle.timestamp = NEVER

    (position,) = read_message(message.SerializeToString(), NOW).positions

    assert position.reported_at.timestamp() == LATEST
