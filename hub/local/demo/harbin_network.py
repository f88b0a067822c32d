"""The lines of the synthetic Harbin: where they run and where they stop, chosen by a seeded draw.

Lines are invented. Each is the cheapest way between two crossings, under prices for streets drawn
anew for every line and lower for main roads, so lines bundle on main roads as they do in a real
city. Stops belong to a street, one on each side of the road, and every line that drives past may
use them.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from random import Random

from . import harbin_map as city_map
from .harbin_map import CENTRE, City, Leg, Point, Street, Text

SEED = "harbin/1"

SPACING = 0.50
"""Kilometres between two stops of a street; each is drawn within a tenth of it."""

CLOSEST, CLOSEST_EXPRESS = 0.33, 1.1
"""Kilometres a line leaves at least between two of its stops."""

KERB = 0.014
"""Kilometres from the middle of the road to the pole."""

LANDMARKS = (
    Text("小区", "Estate", "жилой район"),
    Text("公园", "Park", "парк"),
    Text("市场", "Market", "рынок"),
    Text("小学", "Primary School", "начальная школа"),
    Text("广场", "Square", "площадь"),
    Text("中学", "High School", "средняя школа"),
    Text("医院", "Hospital", "больница"),
    Text("图书馆", "Library", "библиотека"),
    Text("体育场", "Stadium", "стадион"),
    Text("邮局", "Post Office", "почта"),
    Text("文化宫", "Culture Palace", "дворец культуры"),
    Text("新村", "New Village", "новый посёлок"),
    Text("花园", "Garden", "сад"),
    Text("车站", "Depot", "автостанция"),
    Text("商场", "Shopping Centre", "торговый центр"),
    Text("幼儿园", "Kindergarten", "детский сад"),
)


@dataclass(frozen=True, slots=True)
class Kind:
    """A family of lines: how many, from which number, how long, and what else a drawn way must
    satisfy."""

    slug: str
    count: int
    first: int
    shortest: float
    longest: float
    prefix: str = ""
    through_centre: bool = False
    over_river: bool = False


KINDS = (
    Kind("trunk", 14, 1, 11, 20, through_centre=True),
    Kind("bridge", 10, 21, 11, 22, over_river=True),
    Kind("district", 16, 51, 9, 16),
    Kind("express", 4, 1, 15, 24, prefix="K", through_centre=True),
    Kind("night", 6, 1, 10, 17, prefix="N", through_centre=True),
)


@dataclass(frozen=True, slots=True)
class Place:
    """A pair of stops on a street, so many kilometres from the street's start."""

    number: int
    street: Street
    reach: float
    name: Text
    district: str


@dataclass(frozen=True, slots=True)
class Stop:
    """One pole, on the side of the road where buses of one direction halt."""

    id: str
    name: Text
    longitude: float
    latitude: float
    wheelchair: int


@dataclass(frozen=True, slots=True)
class Pattern:
    """One direction of a line: its shape as (longitude, latitude), metres at each point, and its
    calls."""

    direction: int
    shape: tuple[tuple[float, float], ...]
    reach: tuple[float, ...]
    stops: tuple[Stop, ...]
    metres: tuple[float, ...]
    streets: tuple[int, ...]
    """For each link between two stops, the number of the street most of it runs on."""

    headsign: Text


@dataclass(frozen=True, slots=True)
class Line:
    """A line with both directions."""

    id: str
    kind: str
    name: Text
    color: str
    patterns: tuple[Pattern, Pattern]


@dataclass(frozen=True, slots=True)
class Network:
    """Everything that does not move."""

    lines: tuple[Line, ...]
    stops: tuple[Stop, ...]


def dice(*parts: object) -> Random:
    """Chance that depends on its parts alone, on every machine. No secret is made of it."""
    return Random("/".join(map(str, parts)))  # noqa: S311


@cache
def build(seed: str = SEED) -> Network:
    """Draw the network; the same seed is the same network on every machine."""
    city = city_map.build()
    places = lay_places(city, dice(seed, "stops"))
    poles = {place.number: plant(place, dice(seed, "stop", place.number)) for place in places}
    by_street: dict[Street, list[Place]] = defaultdict(list)
    for place in places:
        by_street[place.street].append(place)
    routes = draw_lines(city, by_street, seed)
    numbers = {street: number for number, street in enumerate(city.streets)}
    lines = tuple(
        line_of(line_id, kind, legs, calls, poles, numbers, colour(index))
        for index, (line_id, kind, legs, calls) in enumerate(routes)
    )
    used = {stop.id: stop for line in lines for pattern in line.patterns for stop in pattern.stops}
    return Network(lines, tuple(used[stop] for stop in sorted(used)))


def lay_places(city: City, rng: Random) -> list[Place]:
    """Stops along every street, on dry land, each with a name no other pair has."""
    spots: list[tuple[Street, float, str]] = []
    for street in city.streets:
        start, end = street.crossings[0][0], street.crossings[-1][0]
        reach = start + SPACING * (0.15 + 0.1 * rng.random())
        while reach < end - 0.05:
            place = street.at(reach)
            if not city_map.crosses_river(place):
                spots.append((street, reach, district(place)))
            reach += SPACING * (0.9 + 0.2 * rng.random())
    names = named(city, spots)
    return [
        Place(1001 + number, street, reach, names[number], where)
        for number, (street, reach, where) in enumerate(spots)
    ]


def district(place: Point) -> str:
    """Which district a place is said to lie in: a rule of thumb, not a boundary."""
    x, y = place
    u = x * 0.90 + y * 0.44
    v = x * 0.44 - y * 0.90
    if v < 0:
        return "hulan" if v < -4 else "songbei"
    if v > 11:
        return "pingfang"
    if u < -1.5 and v < 5.5:
        return "daoli"
    if u > 4 and v < 5:
        return "daowai"
    return "xiangfang" if u > 2.8 else "nangang"


def named(city: City, spots: list[tuple[Street, float, str]]) -> list[Text]:
    """Names: at a crossing both streets', elsewhere a neighbourhood's with something that stands
    there."""
    names: list[Text | None] = [None] * len(spots)
    taken: set[str] = set()
    through: dict[int, list[Street]] = defaultdict(list)
    for street in city.streets:
        for _, node in street.crossings:
            through[node].append(street)
    for index, (street, reach, _) in enumerate(spots):
        distance, node = min((abs(at - reach), node) for at, node in street.crossings)
        other = next((other for other in through[node] if other is not street), None)
        if distance < 0.16 and other is not None:
            name = corner(street.name, other.name)
            if name.zh not in taken:
                taken.add(name.zh)
                names[index] = name
    pools: dict[str, list[Text]] = defaultdict(list)
    for row in city_map.rows("harbin_places.csv"):
        pools[row["district"]].append(Text(row["zh"], row["en"], row["ru"]))
    for where, pool in pools.items():
        blank = [
            index for index, spot in enumerate(spots) if names[index] is None and spot[2] == where
        ]
        blank.sort(key=lambda index: (round(spots[index][0].at(spots[index][1])[0] / 1.2), index))
        for position, index in enumerate(blank):
            share = position * len(pool) // len(blank)
            name = next(name for name in neighbourhood(pool, share) if name.zh not in taken)
            taken.add(name.zh)
            names[index] = name
    return [name for name in names if name is not None]


def corner(street: Text, other: Text) -> Text:
    return Text(
        f"{street.zh}{other.zh}口", f"{street.en} at {other.en}", f"{street.ru} — {other.ru}"
    )


def neighbourhood(pool: list[Text], first: int) -> Iterator[Text]:
    """Names of a neighbourhood, then of the ones after it."""
    for offset in range(len(pool)):
        area = pool[(first + offset) % len(pool)]
        for mark in LANDMARKS:
            yield Text(area.zh + mark.zh, f"{area.en} {mark.en}", f"{mark.ru} {area.ru}")


def plant(place: Place, rng: Random) -> tuple[Stop, Stop]:
    """The two poles of a place: for buses driving on from the street's start, and for those coming
    back."""
    before, after = place.street.at(place.reach - 0.01), place.street.at(place.reach + 0.01)
    length = city_map.apart(before, after)
    right = (after[1] - before[1]) / length * KERB, (before[0] - after[0]) / length * KERB
    x, y = place.street.at(place.reach)
    chance = rng.random()
    wheelchair = 1 if chance < 0.62 else 2 if chance < 0.88 else 0
    poles = []
    for letter, side in (("A", 1), ("B", -1)):
        longitude, latitude = city_map.on_globe((x + side * right[0], y + side * right[1]))
        poles.append(Stop(f"{place.number}{letter}", place.name, longitude, latitude, wheelchair))
    return poles[0], poles[1]


Call = tuple[Place, Leg]
"""A place on a line's way, and the leg on which the line passes it."""

Drawn = tuple[str, str, list[Leg], list[Call]]


def draw_lines(city: City, by_street: dict[Street, list[Place]], seed: str) -> list[Drawn]:
    """All lines: those of each kind, and those that follow the rings."""
    drawn: list[Drawn] = []
    served: set[int] = set()
    for kind in KINDS:
        closest = CLOSEST_EXPRESS if kind.slug == "express" else CLOSEST
        for number in range(kind.first, kind.first + kind.count):
            rng = dice(seed, "line", kind.slug, number)
            candidates = list(candidate_ways(city, by_street, kind, closest, rng))
            legs, calls = max(
                candidates, key=lambda way: len({place.number for place, _ in way[1]} - served)
            )
            served.update(place.number for place, _ in calls)
            drawn.append((f"{kind.prefix}{number}", kind.slug, legs, calls))
    for number, leg in enumerate(ring_legs(city), 1):
        drawn.append((f"H{number}", "ring", [leg], halts([leg], by_street, CLOSEST)))
    return drawn


def candidate_ways(
    city: City, by_street: dict[Street, list[Place]], kind: Kind, closest: float, rng: Random
) -> Iterator[tuple[list[Leg], list[Call]]]:
    """Six ways of the right length that never pass a place twice."""
    centre = city_map.on_plane(*CENTRE)
    found = 0
    while found < 6:
        prices = {s: (0.8 + 0.6 * rng.random()) / s.importance**0.4 for s in city.streets}
        start = int(rng.random() * len(city.nodes))
        end = int(rng.random() * len(city.nodes))
        here, there = city.nodes[start], city.nodes[end]
        direct = city_map.apart(here, there)
        if not kind.shortest * 0.6 < direct < kind.longest:
            continue
        if kind.over_river and ("songbei" in district(here)) == ("songbei" in district(there)):
            continue
        if kind.through_centre:
            hub = city.nearest((centre[0] + 2 * rng.random() - 1, centre[1] + 2 * rng.random() - 1))
            legs = city.way(start, hub, prices) + city.way(hub, end, prices)
        else:
            legs = city.way(start, end, prices)
        length = sum(leg.length for leg in legs)
        calls = halts(legs, by_street, closest)
        numbers = [place.number for place, _ in calls]
        on_the_way = len(numbers) == len(set(numbers)) and not doubles_back(legs)
        if kind.shortest < length < min(kind.longest, 1.7 * direct) and on_the_way:
            found += 1
            yield legs, calls


def doubles_back(legs: list[Leg]) -> bool:
    """Whether a way uses a piece of street twice, or turns round on the spot."""
    spans: list[tuple[Street, float, float]] = []
    for leg in legs:
        low, high = min(leg.start, leg.end), max(leg.start, leg.end)
        if any(
            s is leg.street and low < end - 1e-6 and start < high - 1e-6 for s, start, end in spans
        ):
            return True
        spans.append((leg.street, low, high))
    return False


def ring_legs(city: City) -> Iterator[Leg]:
    """The inner ring as one line, the outer ring in three that overlap where they meet."""
    inner, outer = (
        next(s for s in city.streets if s.name.en.startswith(n)) for n in ("Second", "Third")
    )
    yield Leg(inner, inner.crossings[0][0], inner.crossings[-1][0])
    first, last = outer.crossings[0][0], outer.crossings[-1][0]
    third = (last - first) / 3
    for number in range(3):
        start = max(first, first + number * third - 0.8)
        yield Leg(outer, start, min(last, first + (number + 1) * third + 0.8))


def halts(legs: list[Leg], by_street: dict[Street, list[Place]], closest: float) -> list[Call]:
    """The places a line stops at, never closer together than `closest` along its way."""
    calls: list[Call] = []
    driven, last = 0.0, -closest
    for leg in legs:
        low, high = min(leg.start, leg.end), max(leg.start, leg.end)
        passed = [place for place in by_street[leg.street] if low < place.reach < high]
        for place in passed if leg.end > leg.start else reversed(passed):
            reach = driven + abs(place.reach - leg.start)
            if reach - last >= closest:
                calls.append((place, leg))
                last = reach
        driven += leg.length
    return calls


def line_of(
    line_id: str,
    kind: str,
    legs: list[Leg],
    calls: list[Call],
    poles: dict[int, tuple[Stop, Stop]],
    numbers: dict[Street, int],
    color: str,
) -> Line:
    """Both directions of a drawn line, each with a shape that begins and ends at its last stops."""
    out = pattern_of(0, legs, calls, poles, numbers)
    back = pattern_of(
        1,
        [Leg(leg.street, leg.end, leg.start) for leg in reversed(legs)],
        [(place, Leg(leg.street, leg.end, leg.start)) for place, leg in reversed(calls)],
        poles,
        numbers,
    )
    start, end = back.headsign, out.headsign
    name = Text(f"{start.zh}—{end.zh}", f"{start.en} – {end.en}", f"{start.ru} – {end.ru}")
    return Line(line_id, kind, name, color, (out, back))


def pattern_of(
    direction: int,
    legs: list[Leg],
    calls: list[Call],
    poles: dict[int, tuple[Stop, Stop]],
    numbers: dict[Street, int],
) -> Pattern:
    """One direction: the way from its first call to its last, with a point of the shape at every
    call."""
    ways: list[tuple[list[Point], bool]] = []
    for leg in legs:
        stops_here = [place.reach for place, on in calls if on == leg]
        marks = [leg.start, *stops_here, leg.end]
        for mark, (start, end) in enumerate(pairwise(marks)):
            ways.append(
                (leg.street.piece(start, end) if start != end else [], mark < len(stops_here))
            )
    shape: list[tuple[float, float]] = []
    reach: list[float] = []
    metres: list[float] = []
    begun = False
    for points, ends_at_call in ways:
        if begun:
            for point in map(city_map.on_globe, points):
                step = city_map.metres_between(shape[-1], point)
                if step > 0.5:
                    shape.append(point)
                    reach.append(reach[-1] + step)
        if ends_at_call and not begun:
            begun = True
            shape.append(city_map.on_globe(points[-1]))
            reach.append(0.0)
        if ends_at_call:
            metres.append(reach[-1])
            if len(metres) == len(calls):
                break
    streets = tuple(numbers[leg.street] for _, leg in calls[1:])
    stops = tuple(poles[place.number][0 if leg.end > leg.start else 1] for place, leg in calls)
    return Pattern(
        direction, tuple(shape), tuple(reach), stops, tuple(metres), streets, calls[-1][0].name
    )


def colour(index: int) -> str:
    """A colour on which white text reads well (contrast above 4.5:1); neighbours in the list differ
    in hue."""
    hue = index * 0.381966 % 1.0
    lightness = 0.34
    while True:
        rgb = [hsl_channel(hue, 0.62, lightness, shift) for shift in (1 / 3, 0.0, -1 / 3)]
        if 1.05 / (luminance(rgb) + 0.05) > 5.0:
            return "".join(f"{round(255 * channel):02X}" for channel in rgb)
        lightness -= 0.01


def hsl_channel(hue: float, saturation: float, lightness: float, shift: float) -> float:
    chroma = saturation * min(lightness, 1 - lightness)
    k = (12 * (hue + shift - 1 / 3) + 4) % 12
    return lightness - chroma * max(-1.0, min(k - 3, 9 - k, 1.0))


def luminance(rgb: list[float]) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
