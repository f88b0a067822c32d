"""Can this report be true?"""

import math
import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.fleet import Position, read_batch
from hub.fleet.errors import BatchTooLarge
from hub.fleet.rules import Seen, doubt, doubts, jumped, tidy_bearing, tidy_speed
from hub.kernel.errors import Invalid, Malformed

NOW = datetime(2026, 11, 24, 6, tzinfo=UTC)


def a_position(**different) -> Position:
    usual = {"vehicle": "B1", "reported_at": NOW, "longitude": 126.63, "latitude": 45.76}
    return Position(**(usual | different))


@pytest.mark.parametrize(
    ("different", "reason"),
    [
        ({}, None),
        ({"reported_at": NOW + timedelta(seconds=89)}, None),
        ({"reported_at": NOW + timedelta(seconds=91)}, "future"),
        ({"reported_at": NOW - timedelta(hours=23)}, None),
        ({"reported_at": NOW - timedelta(hours=25)}, "stale"),
        ({"longitude": 181.0}, "off_planet"),
        ({"latitude": -90.5}, "off_planet"),
        ({"latitude": math.nan}, "off_planet"),
        ({"longitude": math.inf}, "off_planet"),
        ({"longitude": 0.0, "latitude": 0.0}, "off_planet"),
        ({"longitude": None}, "off_planet"),
        ({"longitude": None, "latitude": None}, "off_planet"),
        ({"longitude": None, "latitude": None, "distance_m": 12.5}, None),
        ({"distance_m": -1.0}, "off_planet"),
        ({"distance_m": math.nan}, "off_planet"),
        ({"vehicle": ""}, "unknown_vehicle"),
        ({"vehicle": " "}, "unknown_vehicle"),
        ({"vehicle": "B1 "}, "unknown_vehicle"),
        ({"vehicle": "B\x001"}, "unknown_vehicle"),
        ({"vehicle": "x" * 65}, "unknown_vehicle"),
        ({"vehicle": "哈A·12345"}, None),
        ({"vehicle": "MTA NYCT_7040"}, None),
    ],
)
def test_a_report_is_judged_by_itself(different, reason):
    verdict = doubt(a_position(**different), NOW)

    assert (verdict.reason if verdict else None) == reason


def test_a_bus_does_not_leap_across_town():
    rows = [
        a_position(),
        a_position(reported_at=NOW + timedelta(seconds=20), longitude=126.66),
        a_position(reported_at=NOW + timedelta(seconds=40), longitude=126.631),
    ]

    assert {index: verdict.reason for index, verdict in doubts(rows, {}, NOW).items()} == {
        1: "jump"
    }


def test_the_last_known_place_counts_too():
    seen = {"B1": Seen(NOW - timedelta(seconds=10), 127.5, 45.76)}

    assert doubts([a_position()], seen, NOW)[0].reason == "jump"


def test_street_canyons_are_no_leaps():
    before = Seen(NOW, 126.63, 45.76)

    assert not jumped(before, Seen(NOW + timedelta(seconds=1), 126.6325, 45.76))


@given(seed=st.integers(0, 10**6))
def test_the_order_within_a_batch_does_not_matter(seed):
    chance = random.Random(seed)
    rows = [
        a_position(
            reported_at=NOW + timedelta(seconds=n),
            longitude=126.63 + chance.choice([0.0, 0.0, 0.0, 0.2]),
        )
        for n in range(30)
    ]
    shuffled = chance.sample(rows, len(rows))

    def refused(batch):
        return {batch[index].reported_at for index in doubts(batch, {}, NOW)}

    assert refused(rows) == refused(shuffled)


@pytest.mark.parametrize(
    ("given_", "kept"), [(None, None), (-90.0, 270.0), (360.0, 0.0), (math.nan, None), (1e9, None)]
)
def test_bearings_are_tidied(given_, kept):
    assert tidy_bearing(given_) == kept


@pytest.mark.parametrize(
    ("given_", "kept"), [(None, None), (5.5, 5.5), (-1.0, None), (math.nan, None), (90.0, None)]
)
def test_speeds_are_tidied(given_, kept):
    assert tidy_speed(given_) == kept


def test_a_batch_is_read():
    body = (
        b'{"feed":"harbin","positions":[{"vehicle":"B1","reported_at":"2026-11-24T06:00:00Z",'
        b'"longitude":126.63,"latitude":45.76}]}'
    )

    batch = read_batch(body)

    assert (batch.feed, batch.positions) == ("harbin", [a_position()])


@pytest.mark.parametrize(
    ("row", "pointer"),
    [
        ('{"vehicle":1,"reported_at":"2026-11-24T06:00:00Z"}', "/positions/0/vehicle"),
        ('{"vehicle":"B1","reported_at":"2026-11-24T06:00:00"}', "/positions/0/reported_at"),
        ('{"vehicle":"B1"}', "/positions/0"),
        ('{"vehicle":"B1","reported_at":"2026-11-24T06:00:00Z","colour":"red"}', "/positions/0"),
        ('{"vehicle":"B1","reported_at":"2026-11-24T06:00:00Z","trip":""}', "/positions/0/trip"),
    ],
)
def test_a_wrong_type_names_its_place(row, pointer):
    with pytest.raises(Invalid) as refused:
        read_batch(b'{"feed":"harbin","positions":[%b]}' % row.encode())

    assert refused.value.errors[0]["pointer"] == pointer


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"feed":NaN}'])
def test_what_is_not_json_is_malformed(body):
    with pytest.raises(Malformed):
        read_batch(body)


def test_too_many_rows_are_too_many():
    row = b'{"vehicle":"B1","reported_at":"2026-11-24T06:00:00Z"}'
    with pytest.raises(BatchTooLarge):
        read_batch(b'{"feed":"harbin","positions":[%b]}' % b",".join([row] * 1001))
