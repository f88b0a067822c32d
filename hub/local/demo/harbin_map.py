"""The streets of the synthetic Harbin: real names, invented geometry.

The city is laid out in a frame of its own, in kilometres: `u` runs down the Songhua, `v` away from
its middle to the south. Streets run along the river, across it, out from the centre or around it
(`data/harbin_streets.csv`); the river bends, and the frame bends with it. Nothing here was
surveyed: the map looks like a city on both sides of a river, it is not one. Everything follows from
the table; there is no chance in it.
"""

import csv
import heapq
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.resources import files
from itertools import pairwise
from math import asin, cos, hypot, pi, radians, sin, sqrt
from typing import Self

Point = tuple[float, float]
"""Kilometres east and north of the frame's origin, on a plane."""

ORIGIN_LONGITUDE, ORIGIN_LATITUDE = 126.615, 45.783
KM_PER_DEGREE_NORTH = 111.195
KM_PER_DEGREE_EAST = KM_PER_DEGREE_NORTH * cos(radians(ORIGIN_LATITUDE))
RIVER_ANGLE = radians(26)
"""The river flows towards east-north-east."""

CENTRE = (0.0, 2.6)
HALF_RIVER = 0.6
STEP = 0.12
"""Kilometres between two points of a drawn street."""

OVERHANG = 0.16
"""Kilometres a street is drawn beyond its ends, so that it meets the street it ends at; the rest is
cut off."""

TURN = 0.35
"""Kilometres of detour a bus takes to stay on its street."""


@dataclass(frozen=True, slots=True)
class Text:
    """A name in the three languages."""

    zh: str
    en: str
    ru: str


@dataclass(eq=False, slots=True)
class Street:
    """A drawn street: its points, kilometres from its start at each, and the crossings on it."""

    name: Text
    importance: int
    points: list[Point]
    reach: list[float]
    crossings: list[tuple[float, int]] = field(default_factory=list)

    @classmethod
    def drawn(cls, name: Text, importance: int, points: list[Point]) -> Self:
        reach = [0.0]
        for here, there in pairwise(points):
            reach.append(reach[-1] + apart(here, there))
        return cls(name, importance, points, reach)

    def at(self, reach: float) -> Point:
        """The place so many kilometres from its start."""
        index = min(max(bisect_right(self.reach, reach) - 1, 0), len(self.points) - 2)
        share = (reach - self.reach[index]) / (self.reach[index + 1] - self.reach[index])
        (x1, y1), (x2, y2) = self.points[index], self.points[index + 1]
        return x1 + share * (x2 - x1), y1 + share * (y2 - y1)

    def piece(self, start: float, end: float) -> list[Point]:
        """The points between two reaches, in the direction from the one to the other."""
        low, high = min(start, end), max(start, end)
        inside = [
            p
            for p, reach in zip(self.points, self.reach, strict=True)
            if low + 1e-6 < reach < high - 1e-6
        ]
        points = [self.at(low), *inside, self.at(high)]
        return points if start <= end else points[::-1]


@dataclass(frozen=True, slots=True)
class Leg:
    """A way along one street, from one reach to another."""

    street: Street
    start: float
    end: float

    @property
    def length(self) -> float:
        return abs(self.end - self.start)


@dataclass(frozen=True, slots=True)
class City:
    """The streets and where they cross: a node is a number with a place and ways to others."""

    streets: tuple[Street, ...]
    nodes: tuple[Point, ...]
    neighbours: dict[int, list[tuple[int, Leg]]]

    def nearest(self, place: Point) -> int:
        """The crossing nearest to a place."""
        return min(range(len(self.nodes)), key=lambda node: apart(self.nodes[node], place))

    def way(self, start: int, end: int, prices: dict[Street, float]) -> list[Leg]:
        """The cheapest way: kilometres times the street's price, and `TURN` for each change of
        street.

        Legs on one street are joined. Empty when there is none.
        """
        heads: dict[tuple[int, Street | None], tuple[tuple[int, Street | None], Leg]] = {}
        best: dict[tuple[int, Street | None], float] = {(start, None): 0.0}
        queue: list[tuple[float, int, int, Street | None]] = [(0.0, 0, start, None)]
        pushed = 0
        while queue:
            price, _, node, street = heapq.heappop(queue)
            if node == end:
                return self.joined(heads, (node, street))
            if price > best[node, street]:
                continue
            for other, leg in self.neighbours[node]:
                turn = TURN if street not in (None, leg.street) else 0.0
                total = price + turn + leg.length * prices.get(leg.street, 1.0)
                if total < best.get((other, leg.street), float("inf")):
                    best[other, leg.street] = total
                    heads[other, leg.street] = (node, street), leg
                    pushed += 1
                    heapq.heappush(queue, (total, pushed, other, leg.street))
        return []

    @staticmethod
    def joined(
        heads: dict[tuple[int, Street | None], tuple[tuple[int, Street | None], Leg]],
        end: tuple[int, Street | None],
    ) -> list[Leg]:
        legs: list[Leg] = []
        while end in heads:
            end, leg = heads[end]
            if legs and legs[-1].street is leg.street:
                legs[-1] = Leg(leg.street, leg.start, legs[-1].end)
            else:
                legs.append(leg)
        return legs[::-1]


def apart(here: Point, there: Point) -> float:
    return hypot(there[0] - here[0], there[1] - here[1])


def on_plane(u: float, v: float) -> Point:
    """From the city's frame to the plane: turned with the river, bent with it, and never quite
    straight."""
    bend = 0.75 * sin(u / 4.5) + 0.35 * sin(u / 2.1 + 1.0)
    v += bend / (1 + (v / 5) ** 2)
    east, south = cos(RIVER_ANGLE), sin(RIVER_ANGLE)
    x, y = u * east + v * south, u * south - v * east
    return (
        x + 0.10 * sin(1.3 * y + 0.4) + 0.05 * sin(2.9 * x),
        y + 0.10 * sin(1.1 * x + 1.7) + 0.05 * sin(3.1 * y),
    )


def on_globe(place: Point) -> tuple[float, float]:
    """From the plane to (longitude, latitude), WGS 84."""
    return (
        round(ORIGIN_LONGITUDE + place[0] / KM_PER_DEGREE_EAST, 6),
        round(ORIGIN_LATITUDE + place[1] / KM_PER_DEGREE_NORTH, 6),
    )


def metres_between(here: tuple[float, float], there: tuple[float, float]) -> float:
    """Great-circle metres between two (longitude, latitude)."""
    east, north = radians(there[0] - here[0]), radians(there[1] - here[1])
    chord = (
        sin(north / 2) ** 2 + cos(radians(here[1])) * cos(radians(there[1])) * sin(east / 2) ** 2
    )
    return 2 * 6_371_008.8 * asin(sqrt(chord))


def crosses_river(place: Point) -> bool:
    """Whether a place on the plane lies in the river, where no bus stops."""
    return min(apart(place, point) for point in RIVER) < HALF_RIVER


RIVER = tuple(on_plane(u / 8, 0.0) for u in range(-130, 121))


def rows(name: str) -> list[dict[str, str]]:
    """A table of the package's data."""
    text = files("hub.local.demo").joinpath("data", name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def courses() -> Iterator[Street]:
    """Draw each street of the table, a little beyond its ends."""
    for row in rows("harbin_streets.csv"):
        at, start, end = float(row["at"]), float(row["start"]), float(row["end"])
        if row["course"] == "ring":
            # A degree of a wide ring is long: points are counted along the arc.
            start, end, stretch = radians(start), radians(end), at
            overhang = 0.0 if end - start > 2 * pi - 0.01 else OVERHANG
        else:
            stretch, overhang = 1.0, OVERHANG
        length = (end - start) * stretch + 2 * overhang
        count = max(2, round(length / STEP))
        along = [
            start + (length * index / count - overhang) / stretch for index in range(count + 1)
        ]
        places = [framed(row["course"], at, where) for where in along]
        yield Street.drawn(
            Text(row["zh"], row["en"], row["ru"]),
            int(row["importance"]),
            [on_plane(u, v) for u, v in places],
        )


def framed(course: str, at: float, where: float) -> Point:
    """A point of a street's course in the city's frame."""
    u0, v0 = CENTRE
    match course:
        case "along":
            return where, at
        case "across":
            return at, where
        case "radial":
            return u0 + where * cos(radians(at)), v0 + where * sin(radians(at))
        case _:
            return u0 + at * cos(where), v0 + at * sin(where)


def build() -> City:
    """The city: streets drawn, crossings found, loose ends cut off."""
    streets = list(courses())
    nodes: list[Point] = []
    on_street: dict[Street, list[tuple[float, int]]] = defaultdict(list)
    for place, (street, reach), (other, other_reach) in crossings(streets):
        node = next((n for n, known in enumerate(nodes) if apart(known, place) < 0.05), len(nodes))
        if node == len(nodes):
            nodes.append(place)
        on_street[street].append((reach, node))
        on_street[other].append((other_reach, node))
    neighbours: dict[int, list[tuple[int, Leg]]] = defaultdict(list)
    for street in streets:
        found: dict[int, float] = {}
        for reach, node in sorted(on_street[street]):
            found.setdefault(node, reach)
        street.crossings = [(reach, node) for node, reach in found.items()]
        for (start, here), (end, there) in pairwise(street.crossings):
            neighbours[here].append((there, Leg(street, start, end)))
            neighbours[there].append((here, Leg(street, end, start)))
    return City(tuple(streets), tuple(nodes), dict(neighbours))


Crossing = tuple[Point, tuple[Street, float], tuple[Street, float]]


def crossings(streets: list[Street]) -> Iterator[Crossing]:
    """Where two streets meet; a grid of cells keeps the comparing to near pieces."""
    cell = 0.5
    grid: dict[tuple[int, int], list[tuple[Street, int]]] = defaultdict(list)
    seen: set[tuple[int, int, int, int]] = set()
    numbers = {street: number for number, street in enumerate(streets)}
    for street in streets:
        for index, ((x1, y1), (x2, y2)) in enumerate(pairwise(street.points)):
            cells = {(int(x // cell), int(y // cell)) for x in (x1, x2) for y in (y1, y2)}
            for key in sorted(cells):
                for other, piece in grid[key]:
                    pair = (numbers[street], index, numbers[other], piece)
                    if other is street or pair in seen:
                        continue
                    seen.add(pair)
                    if met := meeting(street, index, other, piece):
                        yield met
                grid[key].append((street, index))


def meeting(street: Street, index: int, other: Street, piece: int) -> Crossing | None:
    """The crossing of one drawn piece with another, if they meet."""
    (ax, ay), (bx, by) = street.points[index], street.points[index + 1]
    (cx, cy), (dx, dy) = other.points[piece], other.points[piece + 1]
    across = (bx - ax) * (dy - cy) - (by - ay) * (dx - cx)
    if abs(across) < 1e-9:
        return None
    share = ((cx - ax) * (dy - cy) - (cy - ay) * (dx - cx)) / across
    other_share = ((cx - ax) * (by - ay) - (cy - ay) * (bx - ax)) / across
    if not (0 <= share < 1 and 0 <= other_share < 1):
        return None
    reach = street.reach[index] + share * (street.reach[index + 1] - street.reach[index])
    other_reach = other.reach[piece] + other_share * (other.reach[piece + 1] - other.reach[piece])
    return street.at(reach), (street, reach), (other, other_reach)
