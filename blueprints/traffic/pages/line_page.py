"""Lines: the list of a city's lines, and one line with its stops and the buses on it."""

from typing import Any

from hub.kernel.errors import NotFound
from hub.kernel.work import Reading
from hub.web import parts, public, reads
from hub.web.languages import marked
from hub.web.pages import Answer, asked, page

from . import bp, sources
from .reading_citizen import favourites_of_visitor
from .wording import bus_words, zone_name


@bp.get("/routes")
@public
@reads
def lines_page(reading: Reading) -> Answer:
    """All lines of a city."""
    feeds = sources.feeds(reading)
    wanted = asked("feed", parts().settings.default_feed)
    feed = next((one for one in feeds if one["id"] == wanted), None)
    if feed is None:
        raise NotFound(marked("There is no city of that name here."))
    return page(
        "traffic/lines.html", feeds=feeds, feed=feed, routes=sources.routes(reading, feed["id"])
    )


@bp.get("/routes/<path:route_id>")
@public
@reads
def line_page(reading: Reading, route_id: str) -> Answer:
    """One line: its directions, its stops in order, the buses on it now, its alerts."""
    route = sources.route(reading, route_id)
    feed = sources.feed(reading, route_id.partition(":")[0])
    vehicles = sources.vehicles_of(reading, route_id)
    return page(
        "traffic/line.html",
        route=route,
        feed=feed,
        vehicles=vehicles,
        directions=with_buses(route["directions"], vehicles, reading),
        alerts=[
            alert
            for alert in sources.alerts(reading, feed["id"])
            if route_id in alert.get("routes", ())
        ],
        now=reading.now,
        zone_name=zone_name(feed["timezone"]),
        favourites=favourites_of_visitor(),
    )


def with_buses(
    directions: list[dict[str, Any]], vehicles: list[dict[str, Any]], reading: Reading
) -> list[dict[str, Any]]:
    """The stops of each direction, each with the buses that come to it next."""
    coming: dict[tuple[int, str], list[dict[str, str]]] = {}
    for vehicle in vehicles:
        if stop := vehicle.get("next_stop"):
            words = {"id": vehicle["id"], "words": bus_words(vehicle, reading.now)}
            coming.setdefault((vehicle.get("direction", 0), stop["id"]), []).append(words)
    return [
        direction
        | {
            "stops": [
                stop | {"buses": coming.get((direction["direction"], stop["id"]), [])}
                for stop in direction["stops"]
            ]
        }
        for direction in directions
    ]
