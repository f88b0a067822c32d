"""2.7 Live buses: what is coming to a stop."""

from typing import Any

from hub.kernel.work import NOBODY
from hub.transit.snapshots import shifted
from hub.web import Blueprint, CoordinatesQuery, asks, encoded, etag_of, parts, public

from .boards import Live, live
from .live_schemas import StopBoard

bp = Blueprint("arrivals", __name__, description="Live buses: arrivals at stops")


@bp.get("/v1/transit/stops/<path:stop_id>/arrivals")
@public
@asks(bp, CoordinatesQuery)
@bp.response(200, StopBoard)
def stop_arrivals(query: dict[str, Any], stop_id: str) -> object:
    """Show what is coming to a stop.

    Each arrival says what its time stands on: `realtime` (a vehicle, or the operator's own word),
    `schedule`, or `frequency` (only a headway is promised). The board's `mode` is `schedule` while
    no vehicle of the feed reports. Ask again after ten seconds with `If-None-Match`.
    """
    boards, name = live(), f"arrivals:{stop_id}"
    board = boards.board(name)
    if board is not None:
        return boards.answer(name, board, query["crs"])
    return _by_schedule(boards, stop_id, query["crs"])


def _by_schedule(boards: Live, stop_id: str, crs: str) -> object:
    body = boards.scheduled.kept(stop_id, boards.now())
    if body is None:
        body = parts().database.read(
            lambda reading: boards.scheduled.make(reading.connection, stop_id, reading.now), NOBODY
        )
    if crs != "wgs84":
        body = shifted(body, crs)
    return encoded(body, etag_of(body))
