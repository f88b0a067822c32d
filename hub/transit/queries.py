"""Questions about stops and lines, answered from the current versions in the API's own shapes.

Every function takes an autocommit connection and the feeds that are asked (from the Directory), and
gives JSON-ready objects, in one statement. Lists are in a total order and continue after a key.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    Label,
    Row,
    Select,
    and_,
    case,
    func,
    literal,
    or_,
    select,
    text,
    true,
    tuple_,
)
from sqlalchemy.orm import InstrumentedAttribute

from hub.kernel.paging import Key, Page, page_of, place

from . import datum
from .errors import NoRoute, NoStop
from .feeds import CurrentFeed
from .geometry import EARTH_RADIUS, Box, box_around
from .model import Route, Stop
from .search import words_of

Json = dict[str, Any]
Found = Row[*tuple[Any, ...]]

_STOP_COLUMNS: Sequence[InstrumentedAttribute[Any]] = (
    Stop.version_id,
    Stop.id,
    Stop.code,
    Stop.name,
    Stop.longitude,
    Stop.latitude,
    Stop.location_type,
    Stop.parent_id,
    Stop.platform_code,
    Stop.wheelchair_boarding,
    Stop.routes,
)
_ROUTE_COLUMNS: Sequence[InstrumentedAttribute[Any]] = (
    Route.version_id,
    Route.id,
    Route.agency,
    Route.short_name,
    Route.long_name,
    Route.color,
    Route.text_color,
    Route.kind,
)


@dataclass(frozen=True, slots=True)
class Asked:
    """The feeds of a question, in order of their slugs, and in which datum to answer."""

    feeds: Sequence[CurrentFeed]
    crs: str = "wgs84"

    @property
    def versions(self) -> list[UUID]:
        """Their current versions, in the same order."""
        return [feed.version_id for feed in self.feeds]

    def feed(self, version_id: UUID) -> CurrentFeed:
        """Whose version this is."""
        return next(feed for feed in self.feeds if feed.version_id == version_id)

    def slug(self, version_id: UUID) -> str:
        """The slug of whose version this is."""
        return self.feed(version_id).slug

    def ordinal(self, slug: str) -> int:
        """The place of a feed among the asked ones, also of one that is gone since."""
        return sum(feed.slug < slug for feed in self.feeds)

    def ordinal_of(self, version: InstrumentedAttribute[UUID]) -> Label[int]:
        """The same in SQL, from the version of a row: lists of several feeds go by slug."""
        places = [(version == each, place) for place, each in enumerate(self.versions)]
        return (case(*places, else_=-1) if places else literal(-1)).label("ordinal")


def stops_near(
    connection: Connection,
    asked: Asked,
    longitude: float,
    latitude: float,
    radius: float,
    *,
    limit: int,
    after: str | None,
) -> Page[Json]:
    """Stops within so many metres of a WGS 84 place, the nearest first."""
    box = box_around(longitude, latitude, radius)
    # One bulk expression instead of an extension: the box has thinned the rows already.
    half_lat = func.radians(Stop.latitude - latitude) / 2
    half_lon = func.radians(Stop.longitude - longitude) / 2
    chord = func.power(func.sin(half_lat), 2) + func.cos(func.radians(latitude)) * func.cos(
        func.radians(Stop.latitude)
    ) * func.power(func.sin(half_lon), 2)
    distance = 2 * EARTH_RADIUS * func.asin(func.least(1.0, func.sqrt(chord)))
    found = _stops(asked).add_columns(distance.label("distance")).where(_inside(box)).subquery()
    statement = select(found).where(found.c.distance <= radius)
    order = (found.c.distance, found.c.ordinal, found.c.id)
    if after:
        reached, slug, key = place(after, float, str, str)
        statement = statement.where(tuple_(*order) > (reached, asked.ordinal(str(slug)), key))
    rows = connection.execute(statement.order_by(*order).limit(limit + 1)).all()
    return _page(
        rows,
        limit,
        lambda row: (row.distance, asked.slug(row.version_id), row.id),
        lambda row: _stop(row, asked, round(row.distance)),
    )


def stops_within(
    connection: Connection, asked: Asked, box: Box | None, *, limit: int, after: str | None
) -> Page[Json]:
    """Stops in a WGS 84 box (west above east crosses the 180th meridian), or all stops without a
    box; by feed and id."""
    found = _stops(asked).where(_inside(box) if box else true()).subquery()
    statement = select(found)
    order = (found.c.ordinal, found.c.id)
    if after:
        slug, key = place(after, str, str)
        statement = statement.where(tuple_(*order) > (asked.ordinal(str(slug)), key))
    rows = connection.execute(statement.order_by(*order).limit(limit + 1)).all()
    return _page(
        rows,
        limit,
        lambda row: (asked.slug(row.version_id), row.id),
        lambda row: _stop(row, asked),
    )


def stops_named(
    connection: Connection, asked: Asked, query: str, *, limit: int, after: str | None
) -> Page[Json]:
    """Stops whose name or code holds every word of a query, in any language or in pinyin: those
    where a word begins with its first word come first, then shorter names."""
    words = words_of(query)
    if not words:
        return Page([], None)
    begins = or_(*(Stop.search.contains(f" {form}", autoescape=True) for form in words[0]))
    found = (
        _stops(asked)
        .add_columns(
            case((begins, 0), else_=1).label("rank"), func.length(Stop.search).label("length")
        )
        .where(_holds(Stop.search, words))
        .subquery()
    )
    statement = select(found)
    order = (found.c.rank, found.c.length, found.c.ordinal, found.c.id)
    if after:
        rank, length, slug, key = place(after, int, int, str, str)
        reached = (rank, length, asked.ordinal(str(slug)), key)
        statement = statement.where(tuple_(*order) > reached)
    rows = connection.execute(statement.order_by(*order).limit(limit + 1)).all()
    return _page(
        rows,
        limit,
        lambda row: (row.rank, row.length, asked.slug(row.version_id), row.id),
        lambda row: _stop(row, asked),
    )


def one_stop(connection: Connection, feed: CurrentFeed, key: str, crs: str = "wgs84") -> Json:
    """One place of stops.txt, whatever kind it is; refuses with NoStop."""
    statement = select(*_STOP_COLUMNS).where(Stop.version_id == feed.version_id, Stop.id == key)
    row = connection.execute(statement).one_or_none()
    if row is None:
        raise NoStop
    return _stop(row, Asked([feed], crs))


def routes(
    connection: Connection, asked: Asked, query: str | None, *, limit: int, after: str | None
) -> Page[Json]:
    """Lines in the operator's order, or those whose number or name holds every word of a query."""
    words = words_of(query) if query is not None else []
    if query is not None and not words:
        return Page([], None)
    found = (
        select(*_ROUTE_COLUMNS, Route.position, asked.ordinal_of(Route.version_id))
        .where(Route.version_id.in_(asked.versions), _holds(Route.search, words))
        .subquery()
    )
    statement = select(found)
    order = (found.c.ordinal, found.c.position)
    if after:
        slug, position = place(after, str, int)
        statement = statement.where(tuple_(*order) > (asked.ordinal(str(slug)), position))
    rows = connection.execute(statement.order_by(*order).limit(limit + 1)).all()
    return _page(
        rows,
        limit,
        lambda row: (asked.slug(row.version_id), row.position),
        lambda row: _route(row, asked.feed(row.version_id)),
    )


_DIRECTIONS = text(
    """
    WITH patterns AS (
        SELECT p.no, p.direction, p.headsign, p.shape_no,
               (SELECT count(*) FROM transit_trip t
                WHERE t.version_id = p.version_id AND t.pattern_no = p.no) AS trips
        FROM transit_pattern p WHERE p.version_id = :version AND p.route_id = :id
    ), usual AS (
        SELECT DISTINCT ON (coalesce(direction::text, headsign::text)) *
        FROM patterns ORDER BY coalesce(direction::text, headsign::text), trips DESC, no
    )
    SELECT usual.direction, usual.headsign,
           CASE WHEN :precise THEN shape.points ELSE shape.outline END AS line,
           (SELECT jsonb_agg(jsonb_build_object('id', s.id, 'name', s.name,
                    'longitude', s.longitude, 'latitude', s.latitude) ORDER BY c.position)
            FROM transit_call c
            JOIN transit_stop s ON s.version_id = c.version_id AND s.id = c.stop_id
            WHERE c.version_id = :version AND c.pattern_no = usual.no) AS stops
    FROM usual
    JOIN transit_shape shape ON shape.version_id = :version AND shape.no = usual.shape_no
    ORDER BY usual.direction, usual.trips DESC, usual.no
    LIMIT 2
    """
)


def one_route(
    connection: Connection,
    feed: CurrentFeed,
    key: str,
    *,
    crs: str = "wgs84",
    precise: bool = False,
) -> Json:
    """A line with both directions as most of its trips drive them: stops in order, and the line on
    the ground, thinned for a map unless `precise`. Refuses with NoRoute."""
    statement = select(*_ROUTE_COLUMNS).where(Route.version_id == feed.version_id, Route.id == key)
    row = connection.execute(statement).one_or_none()
    if row is None:
        raise NoRoute
    directions = connection.execute(
        _DIRECTIONS, {"version": feed.version_id, "id": key, "precise": precise}
    )
    return {
        **_route(row, feed),
        "directions": [
            {
                "direction": number if way.direction is None else way.direction,
                "headsign": way.headsign,
                "stops": [_brief_stop(stop, feed.slug, crs) for stop in way.stops],
                "shape": {"type": "LineString", "coordinates": datum.line_shown(crs, way.line)},
            }
            for number, way in enumerate(directions)
        ],
    }


def _page(
    rows: Sequence[Found],
    limit: int,
    key: Callable[[Found], Key],
    show: Callable[[Found], Json],
) -> Page[Json]:
    cut = page_of(rows, limit, key)
    return Page([show(row) for row in cut.items], cut.next)


def _stops(asked: Asked) -> Select[*tuple[Any, ...]]:
    return select(*_STOP_COLUMNS, asked.ordinal_of(Stop.version_id)).where(
        Stop.version_id.in_(asked.versions), Stop.location_type == "stop"
    )


def _inside(box: Box) -> ColumnElement[bool]:
    west, south, east, north = box
    if west <= east:
        return and_(Stop.latitude.between(south, north), Stop.longitude.between(west, east))
    across = or_(Stop.longitude >= west, Stop.longitude <= east)
    return and_(Stop.latitude.between(south, north), across)


def _holds(
    search: InstrumentedAttribute[str], words: Sequence[tuple[str, ...]]
) -> ColumnElement[bool]:
    """That a search column holds every word in one of its spellings."""
    return and_(
        true(), *(or_(*(search.contains(form, autoescape=True) for form in word)) for word in words)
    )


def _stop(row: Found, asked: Asked, distance_m: int | None = None) -> Json:
    slug = asked.slug(row.version_id)
    shown: Json = {"id": f"{slug}:{row.id}", "feed": slug, "name": row.name}
    if row.code is not None:
        shown["code"] = row.code
    if row.longitude is not None and row.latitude is not None:
        shown["position"] = _point(asked.crs, row.longitude, row.latitude)
    if distance_m is not None:
        shown["distance_m"] = distance_m
    if row.location_type != "stop":
        shown["location_type"] = row.location_type
    if row.parent_id is not None:
        shown["station"] = f"{slug}:{row.parent_id}"
    if row.platform_code is not None:
        shown["platform_code"] = row.platform_code
    shown["wheelchair_boarding"] = row.wheelchair_boarding
    shown["routes"] = [{**route, "id": f"{slug}:{route['id']}"} for route in row.routes]
    return shown


def _brief_stop(stop: Json, slug: str, crs: str) -> Json:
    position = _point(crs, stop["longitude"], stop["latitude"])
    return {"id": f"{slug}:{stop['id']}", "name": stop["name"], "position": position}


def _route(row: Found, feed: CurrentFeed) -> Json:
    agency = row.agency.get(feed.language) or next(iter(row.agency.values()), "")
    return {
        "id": f"{feed.slug}:{row.id}",
        "feed": feed.slug,
        "agency": agency,
        "short_name": row.short_name,
        "long_name": row.long_name,
        "color": row.color,
        "text_color": row.text_color,
        "kind": row.kind,
    }


def _point(crs: str, longitude: float, latitude: float) -> Json:
    return {"type": "Point", "coordinates": list(datum.shown(crs, longitude, latitude))}
