"""Patterns: trips that do the same along the same line, found while trips pass by one at a time."""

import hashlib
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from .network import Network, StopRow, TripRow
from .problems import Problems
from .shapes import Line, line_of, overruns, stop_metres
from .staging import Staging
from .stop_times import BOARDING_WORDS, TripTimes
from .tables import TRIPS
from .translations import LocalText


@dataclass(frozen=True, slots=True)
class NewShape:
    """A line met for the first time; without a `gtfs_id` it goes from stop to stop."""

    no: int
    gtfs_id: str | None
    line: Line


@dataclass(frozen=True, slots=True)
class NewCall:
    """One call of a new pattern."""

    stop: StopRow
    sequence: int
    metres: float
    pickup: str
    drop_off: str
    timepoint: bool
    headsign: LocalText | None


@dataclass(frozen=True, slots=True)
class NewPattern:
    """A pattern met for the first time, with its shape when that is new too."""

    no: int
    trip: TripRow
    headsign: LocalText
    shape_no: int
    shape: NewShape | None
    calls: list[NewCall]


@dataclass(frozen=True, slots=True)
class Pattern:
    """What is remembered of a pattern: enough to complete the times of its trips."""

    no: int
    metres: "array[float]"


class PatternBook:
    """Tells for each trip which pattern it follows. Keeps a digest of a pattern, not its stops: a
    hostile feed in which every trip is different must not fill the memory."""

    def __init__(self, network: Network, staging: Staging, problems: Problems) -> None:
        self._network = network
        self._staging = staging
        self._problems = problems
        self._stops = list(network.stops.values())
        self._signs = list(staging.headsigns)
        self._known: dict[bytes, Pattern] = {}
        self._shape_numbers: dict[str, int] = {}
        self._shape_count = 0
        self._line = lru_cache(maxsize=64)(self._read_line)

    def pattern(self, trip: TripRow, times: TripTimes) -> tuple[Pattern, NewPattern | None]:
        """The pattern of a trip, and how to write it down when it is new."""
        key = (trip.route, trip.direction, trip.shape, *times.pattern_key())
        digest = hashlib.blake2b(repr(key).encode(), digest_size=16).digest()
        known = self._known.get(digest)
        if known is not None:
            return known, None
        new = self._new(len(self._known), trip, times)
        metres = array("d", [call.metres for call in new.calls])
        known = self._known[digest] = Pattern(new.no, metres)
        return known, new

    def last_stop(self, times: TripTimes) -> StopRow:
        """Where a trip ends."""
        return self._stops[times.stops[-1]]

    def _new(self, number: int, trip: TripRow, times: TripTimes) -> NewPattern:
        stops = [self._stops[stop] for stop in times.stops]
        places = [(stop.longitude or 0.0, stop.latitude or 0.0) for stop in stops]
        shape_no, shape, line = self._along(trip, places)
        if overruns(line, times.distances, places[-1]):
            self._problems.add(
                "trip_distance_exceeds_shape_distance",
                f"Trip {trip.id!r} goes further than its shape.",
                file=TRIPS.file,
                row=trip.row,
                field="shape_id",
            )
        metres = stop_metres(line, places, times.distances)
        calls = [
            NewCall(
                stop=stop,
                sequence=times.sequences[place],
                metres=metres[place],
                pickup=BOARDING_WORDS[times.pickups[place]],
                drop_off=BOARDING_WORDS[times.drop_offs[place]],
                timepoint=bool(times.timepoints[place]),
                headsign=self._sign(trip, times, place),
            )
            for place, stop in enumerate(stops)
        ]
        return NewPattern(number, trip, trip.headsign or stops[-1].name, shape_no, shape, calls)

    def _sign(self, trip: TripRow, times: TripTimes, place: int) -> LocalText | None:
        number = times.headsigns[place]
        if number is None:
            return None
        record = f"{trip.id}\n{times.sequences[place]}"
        sign = self._signs[number]
        return self._network.texts.of("stop_times", "stop_headsign", record, sign)

    def _along(
        self, trip: TripRow, places: Sequence[tuple[float, float]]
    ) -> tuple[int, NewShape | None, Line]:
        line = self._line(trip.shape) if trip.shape is not None else None
        if line is None:
            line = line_of([place[0] for place in places], [place[1] for place in places])
            shape = self._new_shape(None, line)
            return shape.no, shape, line
        assert trip.shape is not None
        known = self._shape_numbers.get(trip.shape)
        if known is not None:
            return known, None, line
        shape = self._new_shape(trip.shape, line)
        self._shape_numbers[trip.shape] = shape.no
        return shape.no, shape, line

    def _new_shape(self, gtfs_id: str | None, line: Line) -> NewShape:
        shape = NewShape(self._shape_count, gtfs_id, line)
        self._shape_count += 1
        return shape

    def _read_line(self, shape: str) -> Line | None:
        number = self._staging.shapes.get(shape)
        if number is None:
            return None
        line = line_of(*self._staging.shape(number))
        return line if len(line.metres) > 1 else None
