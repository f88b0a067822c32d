"""The synthetic buses: the same world whenever one asks, on their lines, late as buses are."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from statistics import median

import pytest

from hub.local.demo import harbin_traffic
from hub.local.demo.harbin_traffic import EARLY_LIMIT, Traffic, off_shape

MORNING = datetime(2026, 11, 24, 0, 30, tzinfo=UTC)  # a working day, half past eight in Harbin
MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def traffic() -> Traffic:
    return Traffic()


@pytest.fixture(scope="module")
def minute(traffic):
    return list(traffic.between(MORNING, MORNING + MINUTE))


def test_who_starts_again_tells_of_the_same_world(minute):
    again = Traffic()
    list(again.between(MORNING - timedelta(hours=5), MORNING - timedelta(hours=5) + MINUTE))

    assert list(again.between(MORNING, MORNING + MINUTE)) == minute


def test_windows_that_touch_neither_lose_nor_repeat(traffic, minute):
    edges = [MORNING + timedelta(seconds=second) for second in (0, 0.7, 13, 13.2, 40, 59.9, 60)]

    cut = [p for here, there in pairwise(edges) for p in traffic.between(here, there)]

    assert cut == minute


def test_another_seed_is_another_day(minute):
    assert list(Traffic("another").between(MORNING, MORNING + MINUTE)) != minute


def test_six_hundred_buses_report_every_ten_seconds_in_even_numbers(minute):
    assert len({p.body["vehicle"] for p in minute}) > 600
    by_second = [sum(p.moment.second == second for p in minute) for second in range(60)]
    assert max(by_second) < 2 * median(by_second)


def test_every_position_is_on_the_planet_and_on_its_shape_within_noise(traffic, minute):
    for position in minute[:1500]:
        body = position.body
        drives = traffic.day_of(date.fromisoformat(body["service_date"]), body["vehicle"])
        pattern = next(d.trip.pattern for d in drives if d.trip.id == body["trip"])

        assert off_shape(pattern, body["longitude"], body["latitude"]) < 8 * harbin_traffic.NOISE_M
        assert 0 <= body["bearing"] <= 360
        assert 0 <= body["speed_mps"] < 25


def test_a_bus_moves_on_and_never_jumps(traffic):
    track = [
        p for p in traffic.between(MORNING, MORNING + 30 * MINUTE) if p.body["vehicle"] == "B0100"
    ]

    assert len(track) > 100
    for here, there in pairwise(track):
        seconds = (there.moment - here.moment).total_seconds()
        east = (there.body["longitude"] - here.body["longitude"]) * 77_500
        north = (there.body["latitude"] - here.body["latitude"]) * 111_195
        assert (east**2 + north**2) ** 0.5 < 25 * seconds + 50


def test_some_terminals_are_silent_and_some_reports_are_lost(traffic):
    span = list(traffic.between(MORNING, MORNING + 10 * MINUTE))
    heard = {p.body["vehicle"] for p in span}

    assert 0.94 * 60 * traffic.in_service(MORNING) < len(span) < 60 * traffic.in_service(MORNING)
    assert len(heard) < len(traffic.fleet)


def test_delays_grow_recover_and_no_bus_leaves_early(traffic):
    late = []
    for vehicle in list(traffic.blocks)[::9]:
        for drive in traffic.day_of(MORNING.date(), vehicle):
            planned = [drive.trip.start + offset for offset in drive.trip.offsets]
            delays = [left - due for left, due in zip(drive.left, planned, strict=True)]
            assert min(delays) >= -EARLY_LIMIT
            assert all(a <= b for a, b in zip(drive.arrived[1:], drive.left[1:], strict=True))
            late.append(delays)

    at_the_end = sorted(delays[-1] for delays in late)
    assert 0 < median(at_the_end) < 120
    assert at_the_end[len(at_the_end) * 95 // 100] > 180
    assert any(max(delays) > 240 and delays[-1] < max(delays) / 2 for delays in late)


def test_a_bus_starts_when_it_is_back_from_its_last_trip(traffic):
    for vehicle in list(traffic.blocks)[::7]:
        for before, after in pairwise(traffic.day_of(MORNING.date(), vehicle)):
            assert after.left[0] >= before.arrived[-1]


def test_workday_buses_stay_in_on_holidays(traffic):
    extra = next(v for v, trips in traffic.blocks.items() if trips[0].service == "workday")

    assert traffic.day_of(date(2026, 11, 24), extra)
    assert not traffic.day_of(date(2026, 11, 22), extra)
    assert not traffic.day_of(date(2026, 10, 1), extra)


def test_trips_by_frequency_say_when_they_started(minute):
    by_frequency = [p.body for p in minute if p.body["route"] == "53"]

    assert by_frequency
    assert all(body["start_time"][2] == ":" for body in by_frequency)


@pytest.mark.parametrize("wanted", [50, 3000])
def test_the_fleet_can_be_made_smaller_or_larger(wanted):
    scaled = Traffic(vehicles=wanted, every=5, at=MORNING)

    heard = {p.body["vehicle"] for p in scaled.between(MORNING, MORNING + timedelta(seconds=5))}

    assert 0.95 * wanted < len(heard) <= wanted


def test_buses_move_at_any_hour_and_six_hundred_by_day(traffic):
    midnight = datetime(2026, 11, 28, 16, tzinfo=UTC)  # a Sunday begins in Harbin
    counts = [traffic.in_service(midnight + timedelta(minutes=20 * n)) for n in range(72)]

    assert min(counts) >= 20
    assert min(counts[24:60]) >= 600
