"""2.7 Live buses: what operators announce."""

from typing import Any

import msgspec

from hub.transit.errors import NoLiveData
from hub.web import Blueprint, asks, encoded, public

from .boards import live
from .live_schemas import AlertList, FeedQuery

bp = Blueprint("alerts", __name__, description="Live buses: alerts")


@bp.get("/v1/transit/alerts")
@public
@asks(bp, FeedQuery)
@bp.response(200, AlertList)
def transit_alerts(query: dict[str, Any]) -> object:
    """List the alerts of a feed, or of all: what holds now and what is announced."""
    boards = live()
    if not boards.works:
        raise NoLiveData
    found = [
        boards.board(f"alerts:{feed}") for feed in boards.feeds() if query["feed"] in {None, feed}
    ]
    standing = [board for board in found if board is not None]
    if len(standing) == 1:
        return encoded(standing[0].body, standing[0].etag)
    items = [
        item
        for board in standing
        for item in msgspec.json.decode(board.body, type=dict[str, Any])["items"]
    ]
    etag = "-".join(board.etag for board in standing) or "none"
    return encoded(msgspec.json.encode({"items": items, "next": None}), etag)
