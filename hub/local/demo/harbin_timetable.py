"""When the buses of the synthetic Harbin run, and which bus runs what.

A service day lasts from 04:00 to 04:00. Trunk lines run all night, night lines from ten in the
evening, the others from five to half past eleven; most of the day is kept as dense as a rush hour,
so that whoever opens the demo in daylight sees a full city. Times are seconds since noon minus
twelve hours of the service day.
"""

from bisect import bisect_right
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from math import ceil

from .harbin_map import Text
from .harbin_network import SEED, Line, Pattern, build

MINUTE, HOUR, DAY = 60, 3600, 86_400

CRUISE = 5.95
"""Metres per second between two stops in ordinary traffic."""

DWELL = 20
"""Seconds at a stop, as the timetable allows for."""

LAYOVER = 5 * MINUTE
LONGEST_DAY = 23 * HOUR + 30 * MINUTE
"""From a bus's first departure to its last arrival, so that it never meets itself next morning."""

BANDS = ((4, 0.88), (7, 1.12), (10, 1.0), (16, 1.12), (20, 0.95), (23, 0.85))
"""Running times from this hour on, as a share of the ordinary."""


@dataclass(frozen=True, slots=True)
class Service:
    """Departures of a kind of line: from when, until when, how many seconds apart."""

    since: int
    until: int
    headway: int


def hours(since: float, until: float, minutes: float) -> Service:
    return Service(round(since * HOUR), round(until * HOUR), round(minutes * MINUTE))


SERVICES: Mapping[str, tuple[Service, ...]] = {
    "trunk": (
        hours(4, 5.5, 20),
        hours(5.5, 20, 7),
        hours(20, 23, 12),
        hours(23, 27.4, 20),
    ),
    "bridge": (hours(5, 6, 16), hours(6, 20, 8), hours(20, 23.5, 15)),
    "district": (hours(5, 6, 16), hours(6, 20, 8), hours(20, 23.5, 15)),
    "express": (hours(6, 20.5, 12),),
    "night": (hours(22, 27.6, 15),),
    "ring": (hours(5, 6, 15), hours(6, 20, 8), hours(20, 23.5, 15)),
}

WORKDAY_EXTRAS = frozenset(("1", "5", "13", "21", "26", "K1"))
"""Lines with a departure between two ordinary ones in the rush hours of working days."""

RUSH = ((7, 9), (16.5, 18.5))

BY_FREQUENCY = {"53": False, "55": False, "57": False, "61": True, "62": True, "65": True}
"""Lines published by frequency, and whether its times are exact."""

HOLIDAYS = tuple(
    date(year, month, day)
    for year in range(2025, 2036)
    for month, day in ((1, 1), (5, 1), (10, 1), (10, 2), (10, 3))
)
"""Days without workday extras (a demonstration's choice, not the State Council's calendar)."""


@dataclass(frozen=True, slots=True)
class Trip:
    """One drive. Trips by frequency share the id of their model and differ in `start`."""

    id: str
    line: Line
    pattern: Pattern
    start: int
    offsets: tuple[int, ...]
    service: str
    by_frequency: bool
    vehicle: str = ""

    @property
    def end(self) -> int:
        return self.start + self.offsets[-1]

    @property
    def headsign(self) -> Text:
        return self.pattern.headsign


@dataclass(frozen=True, slots=True)
class Timetable:
    """All drives by vehicle, each vehicle's in order."""

    blocks: dict[str, tuple[Trip, ...]]

    def trips(self) -> Iterator[Trip]:
        for trips in self.blocks.values():
            yield from trips

    def buses_at(self, second: int) -> int:
        """How many buses are on a trip at a time of the service day."""
        return sum(trip.start <= second <= trip.end for trip in self.trips())


@cache
def build_timetable(seed: str = SEED) -> Timetable:
    """Departures of every line, shared out among as few buses as can run them."""
    blocks: dict[str, tuple[Trip, ...]] = {}
    for line in build(seed).lines:
        for service in ("daily", "workday"):
            for trips in shared_out(list(departures(line, service))):
                vehicle = f"B{len(blocks) + 1:04d}"
                blocks[vehicle] = tuple(replace(trip, vehicle=vehicle) for trip in trips)
    return Timetable(blocks)


def departures(line: Line, service: str) -> Iterator[Trip]:
    """Every departure of a line on a daily or a workday service, both directions."""
    for pattern in line.patterns:
        runs = (
            daily_runs(line, pattern.direction)
            if service == "daily"
            else extra_runs(line, pattern.direction)
        )
        starts = [start for run in runs for start in range(run.since, run.until, run.headway)]
        for number, start in enumerate(starts, 1):
            if line.id in BY_FREQUENCY:
                trip_id, offsets = (
                    f"{line.id}-{pattern.direction}",
                    running_times(pattern, 12 * HOUR),
                )
            else:
                letter = "x" if service == "workday" else ""
                trip_id = f"{line.id}-{pattern.direction}-{letter}{number:03d}"
                offsets = running_times(pattern, start)
            yield Trip(trip_id, line, pattern, start, offsets, service, line.id in BY_FREQUENCY)


def daily_runs(line: Line, direction: int) -> list[Service]:
    """A line's services, begun at a minute of its own, and half a headway later in the second
    direction."""
    phase = sum(map(ord, line.id)) * 97
    return [
        replace(
            s,
            since=s.since + (phase % s.headway + direction * s.headway // 2) % s.headway // 10 * 10,
        )
        for s in SERVICES[line.kind]
    ]


def extra_runs(line: Line, direction: int) -> list[Service]:
    """Departures between two ordinary ones, in the rush hours."""
    if line.id not in WORKDAY_EXTRAS:
        return []
    dense = min(daily_runs(line, direction), key=lambda run: run.headway)
    first = dense.since + dense.headway // 2
    return [
        replace(
            dense,
            since=first + ceil((since * HOUR - first) / dense.headway) * dense.headway,
            until=round(until * HOUR),
        )
        for since, until in RUSH
    ]


@cache
def running_times(pattern: Pattern, start: int) -> tuple[int, ...]:
    """Seconds from the first departure to each call, in the traffic of the hour of departure."""
    hour = start / HOUR % 24
    hour = hour if hour >= BANDS[0][0] else hour + 24
    share = BANDS[bisect_right(BANDS, (hour, 9.0)) - 1][1]
    return offsets_of(pattern, share)


@cache
def offsets_of(pattern: Pattern, share: float) -> tuple[int, ...]:
    offsets = [0.0]
    for here, there in zip(pattern.metres, pattern.metres[1:], strict=False):
        offsets.append(offsets[-1] + share * (there - here) / CRUISE + DWELL)
    return tuple(round(offset / 5) * 5 for offset in offsets)


def shared_out(trips: list[Trip]) -> list[list[Trip]]:
    """A line's trips as the days of its buses: at each end, who came first leaves first."""
    blocks: list[list[Trip]] = []
    waiting: dict[int, deque[int]] = defaultdict(deque)
    coming: list[tuple[int, int, int]] = []
    for trip in sorted(trips, key=lambda trip: (trip.start, trip.pattern.direction)):
        coming.sort()
        while coming and coming[0][0] <= trip.start:
            _, end, block = coming.pop(0)
            waiting[end].append(block)
        start = trip.pattern.direction
        block = next(
            (b for b in waiting[start] if trip.end - blocks[b][0].start <= LONGEST_DAY), -1
        )
        if block < 0:
            block = len(blocks)
            blocks.append([])
        else:
            waiting[start].remove(block)
        blocks[block].append(trip)
        coming.append((trip.end + LAYOVER, 1 - start, block))
    return blocks


def runs_on(service: str, day: date) -> bool:
    """Whether a service runs on a day."""
    return service == "daily" or (day.weekday() < 5 and day not in HOLIDAYS)
