"""Arrivals: the schedule plus the delay that a vehicle carries along.

Three rules on top of that, each worth several points of accuracy on recorded days:

- a bus waiting at its first stop leaves at `max(schedule, now)`; to be early there is no delay;
- at a hold point (timepoint) it never leaves before its time, so earliness ends there;
- a long scheduled stop gives a late bus its time back, down to `SHORTEST_STOP_S`.

What an operator's own TripUpdate says replaces our estimate while it is fresh. Times are POSIX
seconds; nothing here reads a clock.
"""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass

from .timetable import Journey

AT_STOP_M = 30.0
"""A vehicle this near to a stop's place on the shape stands at it."""

GONE_M = 20.0
"""So far past a stop it has been served."""

SHORTEST_STOP_S = 20
LONG_STOP_S = 60


@dataclass(frozen=True, slots=True)
class Progress:
    """How a vehicle stands against its schedule.

    `next` is the position of the next call (the one it stands at counts), `delay` seconds late
    (negative: early), `standing` whether it is at that stop.
    """

    next: int
    delay: int
    standing: bool


@dataclass(frozen=True, slots=True)
class Told:
    """What a TripUpdate says about one call: a time, or that it is skipped."""

    arrival: int | None = None
    departure: int | None = None
    skipped: bool = False


@dataclass(slots=True)
class Forecast:
    """Expected times at the calls from `first` on, as two lists; already served ones are absent."""

    first: int
    arrivals: list[int]
    departures: list[int]

    def arrival(self, position: int) -> int | None:
        """The expected arrival at a call, None when it has been served."""
        return self.arrivals[position - self.first] if position >= self.first else None


def progress(journey: Journey, along: float, at: float) -> Progress:
    """Compare a place on the line at a moment with the schedule."""
    trip = journey.trip
    metres, arrivals, departures = trip.pattern.metres, trip.arrivals, trip.departures
    last = len(metres) - 1
    position = min(bisect_left(metres, along - GONE_M), last)
    standing = abs(metres[position] - along) <= AT_STOP_M
    day = at - journey.origin
    if position == 0:
        return Progress(0, max(0, round(day - departures[0])), standing)
    if standing:
        early, late = day - arrivals[position], day - departures[position]
        return Progress(position, round(early if early < 0 else max(late, 0)), True)
    before = position - 1
    stretch = metres[position] - metres[before]
    share = min(max((along - metres[before]) / stretch, 0.0), 1.0) if stretch > 0 else 1.0
    due = departures[before] + share * (arrivals[position] - departures[before])
    return Progress(position, round(day - due), False)


def place_on_schedule(journey: Journey, at: float) -> float:
    """Where a punctual vehicle would be, in metres: the guess behind a first fix."""
    trip = journey.trip
    metres, arrivals, departures = trip.pattern.metres, trip.arrivals, trip.departures
    day = at - journey.origin
    position = bisect_left(arrivals, day)
    if position == 0:
        return metres[0]
    if position == len(arrivals):
        return metres[-1]
    left, due = departures[position - 1], arrivals[position]
    share = min(max((day - left) / (due - left), 0.0), 1.0) if due > left else 1.0
    return metres[position - 1] + share * (metres[position] - metres[position - 1])


def forecast(
    journey: Journey,
    standing: Progress,
    now: int,
    told: Mapping[int, Told] | None = None,
) -> Forecast:
    """Expected times at the calls still to come; none lies before `now`, and they never fall.

    `told` maps positions to what the operator said; a time in it also carries on to the calls
    after it, as GTFS-Realtime asks for.
    """
    trip, origin = journey.trip, journey.origin
    holds = trip.pattern.timepoints
    expected = Forecast(standing.next, [], [])
    delay, floor = standing.delay, now
    for position in range(standing.next, len(trip.arrivals)):
        due, leaves = origin + trip.arrivals[position], origin + trip.departures[position]
        said = told.get(position) if told else None
        arrival = due + delay if said is None or said.arrival is None else said.arrival
        arrival = max(arrival, floor)
        if said is not None and said.departure is not None:
            departure = max(said.departure, arrival)
        elif said is not None and said.skipped:
            departure = arrival
        elif position == 0 or holds[position]:
            departure = max(leaves, arrival)
        else:
            departure = arrival + _stop_time(leaves - due, late=arrival > due)
        expected.arrivals.append(arrival)
        expected.departures.append(departure)
        delay, floor = departure - leaves, departure
    return expected


def _stop_time(scheduled: int, *, late: bool) -> int:
    return SHORTEST_STOP_S if late and scheduled >= LONG_STOP_S else scheduled
