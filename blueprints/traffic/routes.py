"""Lines: the list, and one with its ways."""

from typing import Any

from flask import Response

from hub.kernel.work import Reading
from hub.transit import queries
from hub.transit.errors import NoRoute
from hub.web import Blueprint, public, refuses

from .by_version import asked, by_version, feed_of, told
from .schemas import PrecisionQuery, RouteInFull, RoutePage, RouteQuery

bp = Blueprint("routes", __name__, description="Lines")


@bp.get("/v1/transit/routes")
@public
@by_version
@refuses(404)
@bp.arguments(RouteQuery, location="query")
@bp.response(200, RoutePage)
def list_routes(reading: Reading, query: dict[str, Any]) -> Response:
    """List lines in the operator's order, or find some by number or name."""
    where = asked(query["feed"])
    page = {"limit": query["limit"], "after": query["after"]}
    return told(queries.routes(reading.connection, where, query["q"], **page))


@bp.get("/v1/transit/routes/<path:route_id>")
@public
@by_version
@refuses(404)
@bp.arguments(PrecisionQuery, location="query")
@bp.response(200, RouteInFull)
def show_route(reading: Reading, query: dict[str, Any], route_id: str) -> Response:
    """Show one line with both ways: stops in order and the line on the ground."""
    feed, key = feed_of(route_id, NoRoute)
    precise = query["precision"] == "full"
    found = queries.one_route(reading.connection, feed, key, crs=query["crs"], precise=precise)
    return told(found)
