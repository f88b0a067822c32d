"""A shape made ready for projecting: where on the line is a point, and which way does it run there?

Distances are metres in a plane that touches the ground at the shape's first point
(equirectangular, good to about a millimetre per metre over the hundred kilometres of a bus line).
`along` counts the feed's own metres, so it agrees with the stops' distances.
"""

from bisect import bisect_right
from dataclasses import dataclass
from math import atan2, cos, degrees, hypot, radians

from .timetable import Shape

METRES_PER_DEGREE = 111_319.49
"""Length of a degree of latitude on the WGS 84 sphere of radius 6,378,137 m."""

FREE_TURN = 50.0
"""Degrees between a reported heading and the line that cost nothing: kerbs, lane changes."""

TURN_COST = 0.7
"""Metres charged for each further degree; driving the other way costs about as much as 90 m."""

BACK_COST = 0.6
"""Metres charged for each metre behind the last known place."""

AWAY_COST = 0.02
"""Metres charged for each metre away from where it was expected: decides at crossings and loops."""


@dataclass(frozen=True, slots=True)
class Foot:
    """The nearest point of the line: metres along it, metres away from it."""

    along: float
    offset: float


class Path:
    """One shape. Immutable once built; shared by all vehicles that drive it."""

    __slots__ = (
        "_bearings", "_dxs", "_dys", "_inverse", "_latitude", "_latitudes", "_longitude",
        "_longitudes", "_metres", "_scale", "_xs", "_ys", "length",
    )  # fmt: skip

    def __init__(self, shape: Shape) -> None:
        self._longitudes, self._latitudes = list(shape.longitudes), list(shape.latitudes)
        self._metres = list(shape.metres)
        if len(self._metres) == 1:
            for column in (self._longitudes, self._latitudes, self._metres):
                column.append(column[0])
        self._longitude, self._latitude = self._longitudes[0], self._latitudes[0]
        self._scale = METRES_PER_DEGREE * cos(radians(self._latitude))
        self._xs = [(lon - self._longitude) * self._scale for lon in self._longitudes]
        self._ys = [(lat - self._latitude) * METRES_PER_DEGREE for lat in self._latitudes]
        self._dxs = [b - a for a, b in zip(self._xs, self._xs[1:], strict=False)]
        self._dys = [b - a for a, b in zip(self._ys, self._ys[1:], strict=False)]
        squares = [dx * dx + dy * dy for dx, dy in zip(self._dxs, self._dys, strict=True)]
        self._inverse = [1.0 / square if square > 0.0 else 0.0 for square in squares]
        self._bearings = [
            degrees(atan2(dx, dy)) % 360.0 for dx, dy in zip(self._dxs, self._dys, strict=True)
        ]
        self.length = self._metres[-1]

    def place(self, along: float) -> tuple[float, float]:
        """Longitude and latitude so many metres along; the ends beyond the ends."""
        i = self._segment(along)
        start, end = self._metres[i], self._metres[i + 1]
        share = min(max((along - start) / (end - start), 0.0), 1.0) if end > start else 0.0
        longitude = self._longitudes[i] + share * (self._longitudes[i + 1] - self._longitudes[i])
        latitude = self._latitudes[i] + share * (self._latitudes[i + 1] - self._latitudes[i])
        return longitude, latitude

    def bearing(self, along: float) -> float:
        """Degrees clockwise from north in which the line runs there."""
        return self._bearings[self._segment(along)]

    def foot(
        self,
        longitude: float,
        latitude: float,
        *,
        low: float,
        high: float,
        expected: float,
        behind: float,
        reach: float,
        heading: float | None = None,
    ) -> Foot | None:
        """The likeliest point between `low` and `high` metres, or None if all are out of `reach`.

        Likeliest is cheapest: distance, plus a price for a heading against the line, for lying
        `behind` the last known place, and a little for being far from where it was `expected`.
        """
        x = (longitude - self._longitude) * self._scale
        y = (latitude - self._latitude) * METRES_PER_DEGREE
        metres, bearings = self._metres, self._bearings
        best, best_cost, limit = None, 1e18, reach * reach
        for i in range(self._segment(low), self._segment(high) + 1):
            away_x, away_y = x - self._xs[i], y - self._ys[i]
            dx, dy = self._dxs[i], self._dys[i]
            share = (away_x * dx + away_y * dy) * self._inverse[i]
            share = 0.0 if share < 0.0 else min(share, 1.0)
            away_x -= share * dx
            away_y -= share * dy
            square = away_x * away_x + away_y * away_y
            if square > limit:
                continue
            along = metres[i] + share * (metres[i + 1] - metres[i])
            offset = hypot(away_x, away_y)
            cost = offset + AWAY_COST * abs(along - expected)
            if along < behind:
                cost += BACK_COST * (behind - along)
            if heading is not None:
                turn = abs((heading - bearings[i] + 180.0) % 360.0 - 180.0)
                if turn > FREE_TURN:
                    cost += TURN_COST * (turn - FREE_TURN)
            if cost < best_cost:
                best, best_cost = (along, offset), cost
        return Foot(min(max(best[0], low), high), best[1]) if best else None

    def _segment(self, along: float) -> int:
        """The index of the segment that contains this distance."""
        return min(max(bisect_right(self._metres, along) - 1, 0), len(self._metres) - 2)
