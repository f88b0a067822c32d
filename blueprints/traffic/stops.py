"""Stops: near me, in a box, by name, one."""

from typing import Any

from flask import Response

from hub.kernel.work import Reading
from hub.transit import queries
from hub.transit.datum import understood
from hub.transit.errors import NoStop, TwoQuestions
from hub.transit.geometry import Box
from hub.web import Blueprint, CoordinatesQuery, public, refuses

from .by_version import asked, by_version, feed_of, told
from .schemas import Stop, StopPage, StopQuery

bp = Blueprint("stops", __name__, description="Stops")


@bp.get("/v1/transit/stops")
@public
@by_version
@refuses(404)
@bp.arguments(StopQuery, location="query")
@bp.response(200, StopPage)
def find_stops(reading: Reading, query: dict[str, Any]) -> Response:
    """Find stops near a place, in a box or by name; without a question, list them all.

    Names are found in every language of the feed, with or without accents, in Latin letters for
    Cyrillic, and in pinyin (`zhongyangdajie`, `zhong yang`, `zydj`) for Chinese. `crs` holds for
    the places you send as for those you get.
    """
    if sum(query[name] is not None for name in ("near", "bbox", "q")) > 1:
        raise TwoQuestions
    where = asked(query["feed"], query["crs"])
    page = {"limit": query["limit"], "after": query["after"]}
    if query["near"] is not None:
        place = understood(query["crs"], *query["near"])
        found = queries.stops_near(reading.connection, where, *place, query["radius"], **page)
    elif query["q"] is not None:
        found = queries.stops_named(reading.connection, where, query["q"], **page)
    else:
        box = _box_understood(query["crs"], query["bbox"])
        found = queries.stops_within(reading.connection, where, box, **page)
    return told(found)


@bp.get("/v1/transit/stops/<path:stop_id>")
@public
@by_version
@refuses(404)
@bp.arguments(CoordinatesQuery, location="query")
@bp.response(200, Stop)
def show_stop(reading: Reading, query: dict[str, Any], stop_id: str) -> Response:
    """Show one stop or station."""
    feed, key = feed_of(stop_id, NoStop)
    return told(queries.one_stop(reading.connection, feed, key, query["crs"]))


def _box_understood(crs: str, box: tuple[float, ...] | None) -> Box | None:
    if box is None:
        return None
    west, south = understood(crs, box[0], box[1])
    east, north = understood(crs, box[2], box[3])
    return west, south, east, north
