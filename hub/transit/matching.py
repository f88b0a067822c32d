"""Map matching: how far along its trip is a vehicle, given one noisy fix after the other?

The trip is known, so only its own shape is searched, and of that only the window a bus can have
reached since the last fix. Standing, GPS noise and short steps back keep the place they had. After
`OFF_FIXES` fixes away from the line the vehicle is off route; then the whole line is searched until
it is back. A shape that crosses itself, or ends where it began, is decided by the window and by
where the timetable expects the bus.
"""

from dataclasses import dataclass

from .paths import Foot, Path

NEAR_M = 80.0
"""Further from its line than this, a fix is not on it."""

BACK_M = 30.0
"""Steps back up to this are noise."""

SLACK_M = 200.0
"""How much further than its speed allows a window reaches: late fixes, coarse clocks."""

SPEED_LIMIT_MPS = 28.0
"""No city bus covers more metres in a second."""

OFF_FIXES = 3
MOVING_MPS = 1.5
"""Below this a reported heading is the compass of a parked bus and means nothing."""

LONGEST_GAP_S = 300
"""After a longer silence the window is the whole rest of the line."""


@dataclass(frozen=True, slots=True)
class Fix:
    """One report of where a vehicle is, in degrees or, where the source knows it, as metres
    `along` its line. `at` in POSIX seconds."""

    at: float
    longitude: float | None
    latitude: float | None
    heading: float | None = None
    speed: float | None = None
    along: float | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where on its line a vehicle is believed to be after a fix.

    `along` is the last place on the line and `matched_at` when it was there; `missed` counts the
    fixes in a row since then that did not fit.
    """

    at: float
    matched_at: float
    along: float
    offset: float
    missed: int = 0

    @property
    def on_route(self) -> bool:
        """False once three fixes in a row did not fit the line."""
        return self.missed < OFF_FIXES


def locate(path: Path, fix: Fix, last: Place | None, expected: float) -> Place | None:
    """The new place of a vehicle on `path`, or None while it was never near the line.

    `expected` is where the timetable would have it, in metres; it decides a first fix on a line
    that passes the same corner twice. A fix older than the last one changes nothing.
    """
    if last is not None and fix.at <= last.at:
        return last
    low, high = _window(path, fix, last)
    if fix.along is not None:
        along = min(max(fix.along, 0.0), path.length)
        found, offset = low <= along <= high, 0.0
    else:
        foot = _foot(path, fix, last, low, high, expected)
        found = foot is not None
        along, offset = (foot.along, foot.offset) if foot is not None else (0.0, 0.0)
    if not found:
        return last and Place(fix.at, last.matched_at, last.along, last.offset, last.missed + 1)
    if last is not None and last.on_route:
        along = max(along, last.along)
    return Place(fix.at, fix.at, along, offset)


def _window(path: Path, fix: Fix, last: Place | None) -> tuple[float, float]:
    """The stretch of the line that a bus can have reached; all of it when it was lost."""
    if last is None or not last.on_route:
        return 0.0, path.length
    low = max(last.along - BACK_M, 0.0)
    elapsed = fix.at - last.matched_at
    if elapsed > LONGEST_GAP_S:
        return low, path.length
    return low, min(last.along + SPEED_LIMIT_MPS * elapsed + SLACK_M, path.length)


def _foot(
    path: Path, fix: Fix, last: Place | None, low: float, high: float, expected: float
) -> Foot | None:
    if fix.longitude is None or fix.latitude is None:
        return None
    behind = 0.0
    if last is not None:
        expected = last.along
        if last.on_route:
            behind = last.along
            expected += (fix.speed or 0.0) * (fix.at - last.matched_at)
    parked = fix.speed is not None and fix.speed < MOVING_MPS
    return path.foot(
        fix.longitude,
        fix.latitude,
        low=low,
        high=high,
        expected=expected,
        behind=behind,
        reach=NEAR_M,
        heading=None if parked else fix.heading,
    )
