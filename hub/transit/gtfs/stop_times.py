"""Stop times of one trip: judged, keyed by their pattern, and completed. Pure, no session."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from .problems import Problems
from .tables import STOP_TIMES

BOARDING_WORDS = ("regular", "none", "phone_agency", "ask_driver")


@dataclass(slots=True)
class TripTimes:
    """What a trip does at each of its calls, in the order of stop_sequence; parallel lists.

    `lines` are row numbers of stop_times.txt, `stops` and `headsigns` numbers given at staging,
    `pickups` and `drop_offs` digits as in GTFS. Times are seconds of the service day.
    """

    lines: Sequence[int]
    sequences: Sequence[int]
    stops: Sequence[int]
    arrivals: Sequence[int | None]
    departures: Sequence[int | None]
    pickups: Sequence[int]
    drop_offs: Sequence[int]
    timepoints: Sequence[bool | None]
    distances: Sequence[float | None]
    headsigns: Sequence[int | None]

    def pattern_key(self) -> tuple[object, ...]:
        """What two trips must share, besides route, direction and shape, to be one pattern."""
        return (
            tuple(self.stops),
            tuple(self.sequences),
            tuple(self.pickups),
            tuple(self.drop_offs),
            tuple(self.timepoints),
            tuple(self.headsigns),
        )


class Judge:
    """Holds the rows of a trip against the rules of GTFS."""

    def __init__(self, problems: Problems) -> None:
        self._problems = problems

    def sound(self, times: TripTimes) -> bool:
        """Whether the trip can be driven; what is wrong is among the problems."""
        before = self._problems.errors
        self._repeated_sequences(times)
        self._edges(times)
        self._single_times(times)
        self._running_backwards(times)
        self._distances(times)
        return self._problems.errors == before

    def _says(self, rule: str, row: int, column: str, detail: str) -> None:
        self._problems.add(rule, detail, file=STOP_TIMES.file, row=row, field=column)

    def _repeated_sequences(self, times: TripTimes) -> None:
        for (sequence, _), (again, row) in pairwise(zip(times.sequences, times.lines, strict=True)):
            if sequence == again:
                self._says(
                    "duplicate_key",
                    row,
                    "stop_sequence",
                    f"The trip has {again} in an earlier row.",
                )

    def _edges(self, times: TripTimes) -> None:
        for place in (0, -1):
            for column, values in (
                ("arrival_time", times.arrivals),
                ("departure_time", times.departures),
            ):
                if values[place] is None:
                    self._says(
                        "missing_trip_edge",
                        times.lines[place],
                        column,
                        f"The {'last' if place else 'first'} stop of a trip needs its {column}.",
                    )

    def _single_times(self, times: TripTimes) -> None:
        for row, arrival, departure, timepoint in zip(
            times.lines, times.arrivals, times.departures, times.timepoints, strict=True
        ):
            if (arrival is None) != (departure is None):
                self._says(
                    "stop_time_with_only_arrival_or_departure_time",
                    row,
                    "departure_time" if departure is None else "arrival_time",
                    "A stop has both times or neither.",
                )
            if timepoint and (arrival is None or departure is None):
                self._says(
                    "stop_time_timepoint_without_times",
                    row,
                    "timepoint",
                    "A timepoint needs its times.",
                )

    def _running_backwards(self, times: TripTimes) -> None:
        left: int | None = None
        for row, arrival, departure in zip(
            times.lines, times.arrivals, times.departures, strict=True
        ):
            if arrival is not None and left is not None and arrival < left:
                self._says(
                    "stop_time_with_arrival_before_previous_departure_time",
                    row,
                    "arrival_time",
                    "It arrives here before it leaves the stop before.",
                )
            if arrival is not None and departure is not None and arrival > departure:
                self._says(
                    "start_and_end_range_out_of_order",
                    row,
                    "departure_time",
                    "It leaves before it arrives.",
                )
            if departure is not None:
                left = departure

    def _distances(self, times: TripTimes) -> None:
        reached: float | None = None
        for row, distance in zip(times.lines, times.distances, strict=True):
            if distance is None:
                continue
            if reached is not None and distance <= reached:
                self._says(
                    "decreasing_or_equal_stop_time_distance",
                    row,
                    "shape_dist_traveled",
                    "The distance does not grow from the stop before.",
                )
            reached = distance


def completed(
    arrivals: Sequence[int | None], departures: Sequence[int | None], metres: Sequence[float]
) -> tuple[list[int], list[int]]:
    """Times for the calls that have none, as if driven at one speed between the timed ones.

    Wants both ends timed, and at each call either both times or none.
    """
    full_arrivals: list[int] = []
    full_departures: list[int] = []
    timed = [place for place, arrival in enumerate(arrivals) if arrival is not None]
    following = iter(timed[1:])
    start, end = timed[0], timed[0]
    for place in range(len(arrivals)):
        if place > end:
            start, end = end, next(following)
        arrival, departure = arrivals[place], departures[place]
        if arrival is None or departure is None:
            arrival = departure = _between(arrivals, departures, metres, start, end, place)
        full_arrivals.append(arrival)
        full_departures.append(departure)
    return full_arrivals, full_departures


def _between(
    arrivals: Sequence[int | None],
    departures: Sequence[int | None],
    metres: Sequence[float],
    start: int,
    end: int,
    place: int,
) -> int:
    leaves, arrives = departures[start] or 0, arrivals[end] or 0
    way = metres[end] - metres[start]
    share = (metres[place] - metres[start]) / way if way > 0 else (place - start) / (end - start)
    return round(leaves + share * (arrives - leaves))
