"""What the tracker remembers: vehicles, the journeys that matter now, and what changed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from hub.fleet import Reason, Report

from .arrivals import Forecast, Progress, Told
from .matching import Fix, Place
from .timetable import Journey, Pattern, Route

TOLD_S = 120
"""An operator's predictions count while they are no older than this."""

RunKey = tuple[str, date, int]


class Doubt(NamedTuple):
    """A position that only the timetable could find wrong."""

    vehicle: str
    reason: Reason
    row: Report


class Passage(NamedTuple):
    """A vehicle served a call: the truth that predictions are measured by."""

    trip: str
    service_date: date
    start_s: int
    position: int
    stop: str
    vehicle: str
    passed_at: int
    delay_s: int


@dataclass(frozen=True, slots=True)
class TripNews:
    """A TripUpdate: what an operator says about one journey. `calls` are keyed by position."""

    trip: str
    service_date: date | None
    start_s: int | None
    at: float
    cancelled: bool = False
    calls: Mapping[int, Told] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Run:
    """A journey that matters now, and what is known about it."""

    journey: Journey
    holder: "Track | None" = None
    forecast: Forecast | None = None
    news: TripNews | None = None
    shown_delay: int = 0
    passed: dict[int, int] = field(default_factory=dict)

    @property
    def key(self) -> RunKey:
        return self.journey.trip.id, self.journey.service_date, self.journey.start_s

    @property
    def last(self) -> int:
        """The position of its last call."""
        return len(self.journey.trip.arrivals) - 1

    def told(self, now: float) -> Mapping[int, Told]:
        """The operator's words that still count: skipped calls always, times while fresh."""
        if self.news is None:
            return {}
        if now - self.news.at <= TOLD_S:
            return self.news.calls
        return {n: Told(skipped=True) for n, said in self.news.calls.items() if said.skipped}


@dataclass(slots=True, eq=False)
class Track:
    """A vehicle: its last report, and where on which journey that puts it."""

    vehicle: str
    row: Report
    fix: Fix
    route: Route | None = None
    run: Run | None = None
    place: Place | None = None
    progress: Progress | None = None
    stale: bool = False
    doubted: set[tuple[str, str]] = field(default_factory=set)

    @property
    def pattern(self) -> Pattern | None:
        return self.run.journey.trip.pattern if self.run else None

    def silent(self, now: float) -> float:
        """Seconds since its last report."""
        return now - self.fix.at

    @property
    def on_route(self) -> bool:
        return self.place is not None and self.place.on_route


@dataclass(slots=True)
class Changes:
    """What looks different since these were last taken, in the order in which it changed."""

    vehicles: dict[str, None] = field(default_factory=dict)
    gone: dict[str, str | None] = field(default_factory=dict)
    routes: dict[str, None] = field(default_factory=dict)
    stops: dict[str, None] = field(default_factory=dict)
    runs: dict[RunKey, None] = field(default_factory=dict)
    doubts: list[Doubt] = field(default_factory=list)
    passages: list[Passage] = field(default_factory=list)
