"""The network of a feed in one body: every line's usual way in both directions, and every stop.

For maps that draw a whole city. It is the same until a new version is published, so whoever encodes
it does so once a version.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, text

from .feeds import CurrentFeed

# Of each line and direction the pattern that most of its trips drive, as in queries.one_route.
_COURSES = text(
    """
    WITH driven AS (
        SELECT pattern_no, count(*) AS trips FROM transit_trip
        WHERE version_id = :version GROUP BY pattern_no
    ), usual AS (
        SELECT DISTINCT ON (p.route_id, coalesce(p.direction::text, p.headsign::text))
               p.route_id, p.direction, p.no, p.shape_no, coalesce(driven.trips, 0) AS trips
        FROM transit_pattern p LEFT JOIN driven ON driven.pattern_no = p.no
        WHERE p.version_id = :version
        ORDER BY p.route_id, coalesce(p.direction::text, p.headsign::text), trips DESC, p.no
    ), numbered AS (
        SELECT usual.*, row_number() OVER (PARTITION BY route_id ORDER BY direction, trips DESC, no)
               - 1 AS place
        FROM usual
    )
    SELECT r.id, r.short_name, r.color, coalesce(numbered.direction, numbered.place) AS direction,
           shape.outline
    FROM numbered
    JOIN transit_route r ON r.version_id = :version AND r.id = numbered.route_id
    JOIN transit_shape shape ON shape.version_id = :version AND shape.no = numbered.shape_no
    WHERE numbered.place < 2
    ORDER BY r.position, numbered.place
    """
)
_STOPS = text(
    """
    SELECT id, name, longitude, latitude FROM transit_stop
    WHERE version_id = :version AND location_type = 'stop' AND longitude IS NOT NULL
    ORDER BY id
    """
)


def network(connection: Connection, feed: CurrentFeed) -> dict[str, Any]:
    """Lines with their courses, and stops; places are WGS 84, longitude first, in five decimals
    (a metre), and the courses are thinned for a map."""
    lines: dict[str, dict[str, Any]] = {}
    for row in connection.execute(_COURSES, {"version": feed.version_id}):
        line = {"id": f"{feed.slug}:{row.id}", "short_name": row.short_name, "courses": []}
        if row.color is not None:
            line["color"] = row.color
        course = {"direction": row.direction, "coordinates": _rounded(row.outline)}
        lines.setdefault(row.id, line)["courses"].append(course)
    stops = [
        {
            "id": f"{feed.slug}:{row.id}",
            "name": row.name,
            "position": [round(row.longitude, 5), round(row.latitude, 5)],
        }
        for row in connection.execute(_STOPS, {"version": feed.version_id})
    ]
    return {"routes": list(lines.values()), "stops": stops}


def _rounded(line: Sequence[float]) -> list[tuple[float, float]]:
    flat = iter(round(degree, 5) for degree in line)
    return list(zip(flat, flat, strict=True))
