"""Import, then load: the timetable in memory is the one that the rows describe."""

import random
from datetime import date

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.transit.timetable import load_timetable
from tests.factories.feeds import published
from tests.factories.gtfs import TOWN, zipped

DAY = date(2026, 11, 24)
STOPS = ("1001", "1002", "1003", "1004")


@st.composite
def a_trip(draw):
    """Calls as (sequence, stop, arrival, departure, pickup); None for a time left out."""
    count = draw(st.integers(2, 7))
    clock, sequence, calls = draw(st.integers(0, 100_000)), draw(st.integers(0, 5)), []
    for place in range(count):
        arrival = clock
        departure = clock = arrival + draw(st.integers(0, 90))
        timed = place in (0, count - 1) or draw(st.booleans())
        times = (arrival, departure) if timed else (None, None)
        calls.append((sequence, draw(st.sampled_from(STOPS)), *times, draw(st.integers(0, 3))))
        clock += draw(st.integers(0, 600))
        sequence += draw(st.integers(1, 9))
    return calls


def written(seconds):
    return "" if seconds is None else f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def zip_of(trips, seed):
    rows = [
        f"X{number},{written(arrival)},{written(departure)},{stop},{sequence},{pickup},0,\n"
        for number, calls in enumerate(trips)
        for sequence, stop, arrival, departure, pickup in calls
    ]
    random.Random(seed).shuffle(rows)
    head = TOWN["trips.txt"].splitlines()[0]
    return zipped(
        {
            **{name: text for name, text in TOWN.items() if name != "frequencies.txt"},
            "trips.txt": f"{head}\n" + "".join(f"L1,WK,X{n},x,0,,\n" for n in range(len(trips))),
            "stop_times.txt": TOWN["stop_times.txt"].splitlines()[0] + "\n" + "".join(rows),
        }
    )


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(a_trip(), min_size=1, max_size=12), st.integers(0, 2**32))
def test_the_timetable_is_what_the_rows_say(db, trips, seed):
    feed = published(db, zip_of(trips, seed))

    with db.reads() as connection:
        table = load_timetable(connection, feed, DAY, DAY)

    assert set(table.trips) == {f"X{number}" for number in range(len(trips))}
    for number, calls in enumerate(trips):
        trip = table.trips[f"X{number}"]
        pattern = trip.pattern
        assert [stop.id for stop in pattern.stops] == [call[1] for call in calls]
        assert list(pattern.sequences) == [call[0] for call in calls]
        words = ("regular", "none", "phone_agency", "ask_driver")
        assert list(pattern.pickups) == [words[call[4]] for call in calls]
        for place, (_, _, arrival, departure, _) in enumerate(calls):
            if arrival is not None:
                assert (trip.arrivals[place], trip.departures[place]) == (arrival, departure)
        flat = [t for pair in zip(trip.arrivals, trip.departures, strict=True) for t in pair]
        assert flat == sorted(flat)
    alike = {}
    for number, calls in enumerate(trips):
        key = tuple((sequence, stop, pickup) for sequence, stop, _, _, pickup in calls)
        alike.setdefault(key, set()).add(table.trips[f"X{number}"].pattern.no)
    assert all(len(numbers) == 1 for numbers in alike.values())
    assert len(table.patterns) == len(alike)
