"""2.7 Live buses: where the vehicles are."""

from typing import Any

from hub.kernel.errors import Invalid
from hub.transit.errors import NoLiveData, NoRoute, NoVehicle
from hub.transit.snapshots import Bounds, shifted
from hub.web import Blueprint, CoordinatesQuery, asks, encoded, public

from .boards import live
from .live_schemas import BoxQuery, RouteVehicles, Vehicle, VehicleSnapshot

bp = Blueprint("vehicles", __name__, description="Live buses: vehicles")


@bp.get("/v1/transit/routes/<path:route_id>/vehicles")
@public
@asks(bp, CoordinatesQuery)
@bp.response(200, RouteVehicles)
def route_vehicles(query: dict[str, Any], route_id: str) -> object:
    """Show the vehicles of a line."""
    boards, name = live(), f"vehicles:{route_id}"
    board = boards.board(name)
    if board is None:
        raise NoRoute if boards.works else NoLiveData
    return boards.answer(name, board, query["crs"])


@bp.get("/v1/transit/vehicles")
@public
@bp.arguments(BoxQuery, location="query")
@bp.response(200, VehicleSnapshot)
def vehicles_in_box(query: dict[str, Any]) -> object:
    """Show the vehicles in a box, at most 5,000.

    For a map that does not use the stream: ask again every five seconds with `If-None-Match`.
    """
    boards = live()
    bounds = _bounds(query["bbox"])
    if not boards.works:
        raise NoLiveData
    feeds = [query["feed"]] if query["feed"] else boards.feeds()
    found = boards.snapshots.within(feeds, bounds, boards.now())
    if query["crs"] == "wgs84":
        return encoded(found.body, found.etag)
    # Not kept like a line's: there are more boxes than memory.
    return encoded(shifted(found.body, query["crs"]), f"{found.etag}-{query['crs']}")


@bp.get("/v1/transit/vehicles/<path:vehicle_id>")
@public
@asks(bp, CoordinatesQuery)
@bp.response(200, Vehicle)
def vehicle(query: dict[str, Any], vehicle_id: str) -> object:
    """Show one vehicle."""
    boards, name = live(), f"vehicle:{vehicle_id}"
    board = boards.board(name)
    if board is None:
        raise NoVehicle if boards.works else NoLiveData
    return boards.answer(name, board, query["crs"])


def _bounds(bbox: str) -> Bounds:
    west, south, east, north = (float(degree) for degree in bbox.split(","))
    right = abs(west) <= 180 and abs(east) <= 180 and -90 <= south <= north <= 90
    if not right:
        raise Invalid(errors=[{"pointer": "bbox", "detail": "Not west,south,east,north."}])
    return Bounds(west, south, east, north)
