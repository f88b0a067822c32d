"""When will it come?"""

from hypothesis import given
from hypothesis import strategies as st

from hub.transit.arrivals import Told, forecast, place_on_schedule, progress
from tests.factories.timetables import MIDNIGHT, a_journey, a_pattern, a_trip

SIX = 6 * 3600


def a_run(**how):
    pattern = a_pattern(timepoints=how.pop("timepoints", ()))
    return a_journey(a_trip("T1", pattern, SIX, **how))


def test_half_way_between_two_stops_at_the_scheduled_time_is_punctual():
    journey = a_run()

    standing = progress(journey, 1500.0, MIDNIGHT + SIX + 300)

    assert (standing.next, standing.delay, standing.standing) == (2, 0, False)


def test_a_late_bus_takes_its_delay_along():
    journey = a_run()
    now = MIDNIGHT + SIX + 360

    expected = forecast(journey, progress(journey, 1500.0, now), now)

    assert expected.first == 2
    assert [at - journey.arrives_at(n) for n, at in enumerate(expected.arrivals, 2)] == [60] * 3


def test_a_bus_waiting_at_its_first_stop_leaves_at_its_time():
    journey = a_run()
    now = MIDNIGHT + SIX - 600

    expected = forecast(journey, progress(journey, 0.0, now), now)

    assert expected.departures[0] == MIDNIGHT + SIX
    assert expected.arrivals[1:] == [journey.arrives_at(n) for n in range(1, 5)]


def test_a_bus_still_at_its_first_stop_after_its_time_is_late_from_now_on():
    journey = a_run()
    now = MIDNIGHT + SIX + 120

    expected = forecast(journey, progress(journey, 5.0, now), now)

    assert expected.departures[0] == now
    assert expected.arrivals[4] == journey.arrives_at(4) + 120


def test_a_hold_point_ends_earliness():
    journey = a_run(timepoints=(2,))
    now = MIDNIGHT + SIX + 200

    expected = forecast(journey, progress(journey, 1500.0, now), now)

    assert expected.arrivals[0] == journey.arrives_at(2) - 100
    assert expected.departures[0] == journey.departs_at(2)
    assert expected.arrivals[1] == journey.arrives_at(3)


def test_a_long_scheduled_stop_gives_a_late_bus_its_time_back():
    journey = a_run(dwell=90)
    now = MIDNIGHT + SIX + 200 + 200 + 120

    expected = forecast(journey, progress(journey, 2000.0, now), now)

    assert expected.departures[0] == expected.arrivals[0] + 20


def test_the_operators_word_replaces_our_estimate_and_carries_on():
    journey = a_run()
    now = MIDNIGHT + SIX
    told = {2: Told(arrival=journey.arrives_at(2) + 300)}

    expected = forecast(journey, progress(journey, 0.0, now), now, told)

    assert expected.arrival(1) == journey.arrives_at(1)
    assert expected.arrival(2) == journey.arrives_at(2) + 300
    assert expected.arrival(4) == journey.arrives_at(4) + 300


@given(
    along=st.floats(0, 4000),
    seconds=st.integers(-7200, 7200),
    silence=st.integers(0, 3600),
    holds=st.sets(st.integers(0, 4)),
    dwell=st.integers(0, 150),
    told=st.dictionaries(
        st.integers(0, 4),
        st.builds(
            Told,
            arrival=st.none() | st.integers(MIDNIGHT, MIDNIGHT + 90_000),
            departure=st.none() | st.integers(MIDNIGHT, MIDNIGHT + 90_000),
            skipped=st.booleans(),
        ),
    ),
)
def test_nothing_is_expected_in_the_past_and_times_never_fall(
    along, seconds, silence, holds, dwell, told
):
    journey = a_run(timepoints=tuple(holds), dwell=dwell)
    at = MIDNIGHT + SIX + seconds
    now = at + silence

    expected = forecast(journey, progress(journey, along, at), now, told)

    times = [t for pair in zip(expected.arrivals, expected.departures, strict=True) for t in pair]
    assert times[0] >= now
    assert times == sorted(times)
    assert len(expected.arrivals) == 5 - expected.first


@given(seconds=st.integers(0, 800))
def test_a_punctual_bus_is_where_the_schedule_has_it(seconds):
    journey = a_run()
    at = MIDNIGHT + SIX + seconds

    along = place_on_schedule(journey, at)

    assert abs(progress(journey, along, at).delay) <= 6
