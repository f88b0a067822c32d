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
    best, shares = [0.0] * (len(metres) - 1), [0.0] * (len(metres) - 1)
    steps: list[tuple[list[int], list[float]]] = []
    for stop in stops:
        best, shares, came_from = _next_stop(longitudes, latitudes, stop, best, shares)
        steps.append((came_from, shares))
    segment = min(range(len(best)), key=best.__getitem__)
    places = array("d")
    for came_from, reached in reversed(steps):
        length = metres[segment + 1] - metres[segment]
        places.append(metres[segment] + reached[segment] * length)
        segment = came_from[segment]
    places.reverse()
    return places


def _next_stop(
    longitudes: Sequence[float],
    latitudes: Sequence[float],
    stop: tuple[float, float],
    best: Sequence[float],
    shares: Sequence[float],
) -> tuple[list[float], list[float], list[int]]:
    """One step of the search: for each segment, what it costs in all to have this stop on it, where
    on it, and on which segment the stop before then lies."""
    costs, feet = _feet(longitudes, latitudes, stop)
    came_from: list[int] = []
    cheapest, chosen = inf, 0
    for segment, before in enumerate(best):
        alone = costs[segment]
        if feet[segment] < shares[segment]:
            # Both stops on one segment, this one behind: it can only lie where the other does.
            place = _point(longitudes, latitudes, segment, shares[segment])
            together = before + _square(*stop, *place)
        else:
            together = before + alone
        if cheapest + alone < together:
            costs[segment] = cheapest + alone
            came_from.append(chosen)
        else:
            costs[segment] = together
            feet[segment] = max(feet[segment], shares[segment])
            came_from.append(segment)
        if before < cheapest:
            cheapest, chosen = before, segment
    return costs, feet, came_from


def _feet(
    longitudes: Sequence[float], latitudes: Sequence[float], stop: tuple[float, float]
) -> tuple[list[float], list[float]]:
    """For each segment of a line: squared metres from a stop to it, and how far along the segment
    (0 to 1) its nearest point lies, on the plane that touches at the stop."""
    narrow = cos(radians(stop[1])) * METRES_PER_DEGREE
    x = (longitudes[0] - stop[0]) * narrow
    y = (latitudes[0] - stop[1]) * METRES_PER_DEGREE
    squares, shares = [], []
    for index in range(1, len(longitudes)):
        next_x = (longitudes[index] - stop[0]) * narrow
        next_y = (latitudes[index] - stop[1]) * METRES_PER_DEGREE
        dx, dy = next_x - x, next_y - y
        share = _clamped(-(x * dx + y * dy), dx * dx + dy * dy)
        foot_x, foot_y = x + share * dx, y + share * dy
        squares.append(foot_x * foot_x + foot_y * foot_y)
        shares.append(share)
        x, y = next_x, next_y
    return squares, shares


def _point(
    longitudes: Sequence[float], latitudes: Sequence[float], segment: int, share: float
) -> tuple[float, float]:
    """The place at a share of a segment."""
    x, y = longitudes[segment], latitudes[segment]
    return (
        x + share * (longitudes[segment + 1] - x),
        y + share * (latitudes[segment + 1] - y),
    )


def _square(x: float, y: float, other_x: float, other_y: float) -> float:
    """Squared metres between two places on the plane that touches at the first."""
    dx = (other_x - x) * cos(radians(y)) * METRES_PER_DEGREE
    dy = (other_y - y) * METRES_PER_DEGREE
    return dx * dx + dy * dy


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
