"""Map matching: how far along its trip is a vehicle, given one noisy fix after the other?

The trip is known, so only its own shape is searched, and of that only the window a bus can have
reached since the last fix. Standing, GPS noise and short steps back keep the place they had. After
`OFF_FIXES` fixes away from the line the vehicle is off route; then the whole line is searched until
it is back. A shape that crosses itself, or ends where it began, is decided by the window and by
where the timetable expects the bus.
"""

from dataclasses import dataclass

from .paths import Path

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
    """One report of where a vehicle is. `at` in POSIX seconds; `along` where the source knows it."""

    at: float
    longitude: float
    latitude: float
    heading: float | None = None
    speed: float | None = None
    along: float | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where on its line a vehicle is believed to be after a fix.

    `along` is the last place on the line, also while `on_route` is False; `missed` counts the
    fixes in a row that were not near it.
    """

    at: float
    along: float
    offset: float
    missed: int = 0

    @property
    def on_route(self) -> bool:
        return self.missed < OFF_FIXES


def locate(path: Path, fix: Fix, last: Place | None, expected: float) -> Place | None:
    """The new place of a vehicle on `path`, or None while it was never near the line.

    `expected` is where the timetable would have it, in metres; it decides a first fix on a line
    that passes the same corner twice. A fix older than the last one changes nothing.
    """
    if last is not None and fix.at <= last.at:
        return last
    if fix.along is not None:
        return Place(fix.at, _forward(min(max(fix.along, 0.0), path.length), last), 0.0)
    lost = last is None or not last.on_route
    low, high, behind = 0.0, path.length, 0.0
    if last is not None:
        elapsed = fix.at - last.at
        expected = last.along if lost else last.along + (fix.speed or 0.0) * elapsed
        if not lost:
            behind = low = last.along
            low -= BACK_M
            if elapsed <= LONGEST_GAP_S:
                high = last.along + SPEED_LIMIT_MPS * elapsed + SLACK_M
    foot = path.foot(
        fix.longitude,
        fix.latitude,
        low=max(low, 0.0),
        high=min(high, path.length),
        expected=expected,
        behind=behind,
        reach=NEAR_M,
        heading=fix.heading if (fix.speed or 0.0) >= MOVING_MPS else None,
    )
    if foot is not None:
        return Place(fix.at, foot.along if lost else _forward(foot.along, last), foot.offset)
    if last is None:
        return None
    return Place(fix.at, last.along, last.offset, last.missed + 1)


def _forward(along: float, last: Place | None) -> float:
    """Never back by noise; a real way back is only found through being off the route."""
    return along if last is None or along > last.along else last.along
