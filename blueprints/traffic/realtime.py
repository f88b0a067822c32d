"""2.7 Live buses: GTFS-Realtime out, for journey planners."""

from hub.transit.errors import NoLiveData
from hub.web import Blueprint, encoded, parts, public

from .boards import PROTOBUF, live

bp = Blueprint("realtime", __name__, description="Live buses: GTFS-Realtime")


@bp.get("/gtfs-rt/<feed>/vehicle-positions.pb")
@public
@bp.response(200, content_type=PROTOBUF)
def vehicle_positions_of(feed: str) -> object:
    """Give the vehicle positions of a feed as GTFS-Realtime."""
    return _message(feed, "vehicle-positions")


@bp.get("/gtfs-rt/<feed>/trip-updates.pb")
@public
@bp.response(200, content_type=PROTOBUF)
def trip_updates_of(feed: str) -> object:
    """Give the trip updates of a feed as GTFS-Realtime."""
    return _message(feed, "trip-updates")


@bp.get("/gtfs-rt/<feed>/alerts.pb")
@public
@bp.response(200, content_type=PROTOBUF)
def alerts_of(feed: str) -> object:
    """Give the alerts of a feed as GTFS-Realtime."""
    return _message(feed, "alerts")


@bp.get("/gtfs-rt/vehicle-positions.pb")
@public
@bp.response(200, content_type=PROTOBUF)
def vehicle_positions() -> object:
    """Give the vehicle positions of the city's own feed."""
    return _message(parts().settings.default_feed, "vehicle-positions")


@bp.get("/gtfs-rt/trip-updates.pb")
@public
@bp.response(200, content_type=PROTOBUF)
def trip_updates() -> object:
    """Give the trip updates of the city's own feed."""
    return _message(parts().settings.default_feed, "trip-updates")


@bp.get("/gtfs-rt/alerts.pb")
@public
@bp.response(200, content_type=PROTOBUF)
def service_alerts() -> object:
    """Give the alerts of the city's own feed."""
    return _message(parts().settings.default_feed, "alerts")


def _message(feed: str, kind: str) -> object:
    board = live().board(f"pb:{feed}:{kind}")
    if board is None:
        raise NoLiveData
    return encoded(board.body, board.etag, media_type=PROTOBUF)
