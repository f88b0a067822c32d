"""Lines on the ground: shapes.txt judged, and where on them the stops lie. Pure, no session."""

from array import array
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from hub.transit.geometry import along, metres_between, thinned, walked

from .problems import Problems
from .tables import SHAPES

OUTLINE_METRES = 5.0
_SAME_PLACE_METRES = 1.11
_END_METRES = 11.1
"""The canonical validator's tolerances for equal points and for the end of a shape."""


@dataclass(slots=True)
class Line:
    """A polyline with metres; `distances` is shape_dist_traveled where the feed can be trusted
    with it (every point has one and none falls behind the point before)."""

    longitudes: Sequence[float]
    latitudes: Sequence[float]
    metres: "array[float]"
    distances: Sequence[float] | None = None

    def points(self) -> list[float]:
        """Flat: longitude, latitude, longitude, ..."""
        return _flat(self.longitudes, self.latitudes)

    def outline(self) -> list[float]:
        """The flat points that a map needs."""
        kept = thinned(self.longitudes, self.latitudes, OUTLINE_METRES)
        return _flat([self.longitudes[i] for i in kept], [self.latitudes[i] for i in kept])

    def at(self, distance: float) -> float:
        """Metres at a value of shape_dist_traveled; the ends of the line for values beyond."""
        distances = self.distances or self.metres
        after = min(bisect_right(distances, distance), len(distances) - 1)
        before = max(after - 1, 0)
        span = distances[after] - distances[before]
        share = (distance - distances[before]) / span if span > 0 else 1.0
        share = min(max(share, 0.0), 1.0)
        return self.metres[before] + share * (self.metres[after] - self.metres[before])


def line_of(
    longitudes: Sequence[float],
    latitudes: Sequence[float],
    distances: Sequence[float | None] | None = None,
) -> Line:
    """A line measured on the ground."""
    known = [d for d in distances or () if d is not None]
    trusted = len(known) == len(longitudes) and known == sorted(known) and known[-1] > known[0]
    return Line(longitudes, latitudes, walked(longitudes, latitudes), known if trusted else None)


def stop_metres(
    line: Line, places: Sequence[tuple[float, float]], distances: Sequence[float | None]
) -> list[float]:
    """Metres along the line at each stop: by the feed's own distances where both shape and stop
    times have them all, else by the nearest places that keep the order of the stops."""
    known = [d for d in distances if d is not None]
    if line.distances is not None and len(known) == len(places):
        return [line.at(distance) for distance in known]
    return list(along(line.longitudes, line.latitudes, line.metres, places))


def judge_shape(
    problems: Problems,
    lines: Sequence[int],
    sequences: Sequence[int],
    longitudes: Sequence[float],
    latitudes: Sequence[float],
    distances: Sequence[float | None],
) -> None:
    """Hold the points of one shape, in order, against the rules of GTFS."""
    if len(lines) == 1:
        _says(problems, "single_shape_point", lines[0], None, "A shape of one point is no line.")
    reached: tuple[int, float] | None = None
    for place, row in enumerate(lines):
        if place and sequences[place] == sequences[place - 1]:
            _says(
                problems,
                "duplicate_key",
                row,
                "shape_pt_sequence",
                f"The shape has {sequences[place]} in an earlier row already.",
            )
        distance = distances[place]
        if distance is None:
            continue
        if reached is not None and distance < reached[1]:
            _says(
                problems,
                "decreasing_shape_distance",
                row,
                "shape_dist_traveled",
                "The distance falls; distances of this shape are measured on the ground.",
            )
        elif reached is not None and distance == reached[1] and place - reached[0] == 1:
            gap = metres_between(
                longitudes[place - 1], latitudes[place - 1], longitudes[place], latitudes[place]
            )
            if gap >= _SAME_PLACE_METRES:
                _says(
                    problems,
                    "equal_shape_distance_diff_coordinates",
                    row,
                    "shape_dist_traveled",
                    f"The distance is that of the point before, {gap:.0f} m away.",
                )
        reached = place, distance


def overruns(line: Line, distances: Sequence[float | None], last: tuple[float, float]) -> bool:
    """Whether a trip claims more distance than its shape has, and not just by rounding."""
    furthest = max((d for d in distances if d is not None), default=0.0)
    if line.distances is None or furthest <= line.distances[-1]:
        return False
    gap = metres_between(line.longitudes[-1], line.latitudes[-1], *last)
    return gap > _END_METRES


def _flat(longitudes: Sequence[float], latitudes: Sequence[float]) -> list[float]:
    return [degrees for place in zip(longitudes, latitudes, strict=True) for degrees in place]


def _says(problems: Problems, rule: str, row: int, column: str | None, detail: str) -> None:
    problems.add(rule, detail, file=SHAPES.file, row=row, field=column)
