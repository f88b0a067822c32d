"""Distances on the ground and along a line; thinning a line for a map. Pure, no session.

The earth is a sphere of 6,371,008.8 m (IUGG mean radius): within half a per cent of the ellipsoid,
far below what a bus position is worth.
"""

from array import array
from collections.abc import Sequence
from itertools import pairwise
from math import asin, cos, degrees, hypot, inf, pi, radians, sin, sqrt

EARTH_RADIUS = 6_371_008.8
METRES_PER_DEGREE = EARTH_RADIUS * pi / 180

Box = tuple[float, float, float, float]
"""West, south, east, north in degrees; west may exceed east across the 180th meridian."""


def metres_between(
    longitude: float, latitude: float, other_longitude: float, other_latitude: float
) -> float:
    """Great-circle distance (haversine), good at any latitude and across the 180th meridian."""
    half_lat = radians(other_latitude - latitude) / 2
    half_lon = radians(other_longitude - longitude) / 2
    chord = (
        sin(half_lat) ** 2
        + cos(radians(latitude)) * cos(radians(other_latitude)) * sin(half_lon) ** 2
    )
    return 2 * EARTH_RADIUS * asin(min(1.0, sqrt(chord)))


def box_around(longitude: float, latitude: float, metres: float) -> Box:
    """The smallest box that holds every place within this distance (at most a quarter of the
    globe); with a pole inside, all longitudes belong to it."""
    reach = metres / EARTH_RADIUS
    south = latitude - degrees(reach)
    north = latitude + degrees(reach)
    if south <= -90 or north >= 90:
        return (-180.0, max(south, -90.0), 180.0, min(north, 90.0))
    aside = degrees(asin(sin(reach) / cos(radians(latitude))))
    west, east = longitude - aside, longitude + aside
    return (
        west + 360 if west < -180 else west,
        south,
        east - 360 if east > 180 else east,
        north,
    )


def walked(longitudes: Sequence[float], latitudes: Sequence[float]) -> "array[float]":
    """Metres along a line at each of its points, from zero."""
    metres = array("d", [0.0])
    places = list(zip(longitudes, latitudes, strict=True))
    for (longitude, latitude), (next_longitude, next_latitude) in pairwise(places):
        step = metres_between(longitude, latitude, next_longitude, next_latitude)
        metres.append(metres[-1] + step)
    return metres


def along(
    longitudes: Sequence[float],
    latitudes: Sequence[float],
    metres: Sequence[float],
    stops: Sequence[tuple[float, float]],
) -> "array[float]":
    """Where on the line each stop lies, in metres, never going back.

    Chooses the places that together lie nearest to the stops (least sum of squares) among all that
    respect the order of the stops, so a line that passes a street twice gets each pass right.
    """
    if len(metres) < 2 or not stops:
        return array("d", [0.0] * len(stops))
    best: list[float] = [0.0] * (len(metres) - 1)
    choices: list[list[int]] = []
    for stop in stops:
        costs = _squares(longitudes, latitudes, stop)
        cheapest, chosen, came_from = inf, 0, []
        for segment, cost in enumerate(best):
            if cost < cheapest:
                cheapest, chosen = cost, segment
            came_from.append(chosen)
            costs[segment] += cheapest
        best = costs
        choices.append(came_from)
    segments = [min(range(len(best)), key=best.__getitem__)]
    for came_from in reversed(choices[1:]):
        segments.append(came_from[segments[-1]])
    segments.reverse()
    places = array("d")
    reached = 0.0
    for stop, segment in zip(stops, segments, strict=True):
        share = _share(longitudes, latitudes, segment, stop)
        place = metres[segment] + share * (metres[segment + 1] - metres[segment])
        reached = max(reached, place)
        places.append(reached)
    return places


def _squares(
    longitudes: Sequence[float], latitudes: Sequence[float], stop: tuple[float, float]
) -> list[float]:
    """Squared metres from a stop to each segment of the line, on the plane that touches there."""
    narrow = cos(radians(stop[1])) * METRES_PER_DEGREE
    x = (longitudes[0] - stop[0]) * narrow
    y = (latitudes[0] - stop[1]) * METRES_PER_DEGREE
    found = []
    for index in range(1, len(longitudes)):
        next_x = (longitudes[index] - stop[0]) * narrow
        next_y = (latitudes[index] - stop[1]) * METRES_PER_DEGREE
        dx, dy = next_x - x, next_y - y
        share = _clamped(-(x * dx + y * dy), dx * dx + dy * dy)
        foot_x, foot_y = x + share * dx, y + share * dy
        found.append(foot_x * foot_x + foot_y * foot_y)
        x, y = next_x, next_y
    return found


def _share(
    longitudes: Sequence[float],
    latitudes: Sequence[float],
    segment: int,
    stop: tuple[float, float],
) -> float:
    """How far along one segment its point nearest to the stop lies, 0 to 1."""
    narrow = cos(radians(stop[1]))
    x, y = (longitudes[segment] - stop[0]) * narrow, latitudes[segment] - stop[1]
    dx = (longitudes[segment + 1] - longitudes[segment]) * narrow
    dy = latitudes[segment + 1] - latitudes[segment]
    return _clamped(-(x * dx + y * dy), dx * dx + dy * dy)


def _clamped(part: float, whole: float) -> float:
    if part <= 0.0:
        return 0.0
    return 1.0 if part >= whole else part / whole


def thinned(longitudes: Sequence[float], latitudes: Sequence[float], metres: float) -> list[int]:
    """Indexes of the points that a line needs so that none left out is further from it than so
    many metres (Douglas and Peucker 1973, without recursion)."""
    last = len(longitudes) - 1
    if last < 2:
        return list(range(last + 1))
    narrow = cos(radians(latitudes[0])) * METRES_PER_DEGREE
    xs = [longitude * narrow for longitude in longitudes]
    ys = [latitude * METRES_PER_DEGREE for latitude in latitudes]
    kept = {0, last}
    open_spans = [(0, last)]
    while open_spans:
        first, end = open_spans.pop()
        furthest, gap = _furthest(xs, ys, first, end)
        if gap > metres:
            kept.add(furthest)
            open_spans += [(first, furthest), (furthest, end)]
    return sorted(kept)


def _furthest(xs: list[float], ys: list[float], first: int, end: int) -> tuple[int, float]:
    x, y = xs[first], ys[first]
    dx, dy = xs[end] - x, ys[end] - y
    square = dx * dx + dy * dy
    furthest, worst = first, 0.0
    for index in range(first + 1, end):
        px, py = xs[index] - x, ys[index] - y
        share = _clamped(px * dx + py * dy, square)
        gap = hypot(px - share * dx, py - share * dy)
        if gap > worst:
            furthest, worst = index, gap
    return furthest, worst
