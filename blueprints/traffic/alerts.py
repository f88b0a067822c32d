"""2.7 Live buses: what operators announce."""

from typing import Any

import msgspec

from hub.kernel.paging import page_of, place
from hub.transit.errors import NoLiveData
from hub.web import Blueprint, asks, encoded, etag_of, public

from .boards import live
from .live_schemas import AlertList, AlertQuery


class AlertsOfFeed(msgspec.Struct):
    """What the tracker wrote of a feed's alerts."""

    items: list[dict[str, Any]]


bp = Blueprint("alerts", __name__, description="Live buses: alerts")


@bp.get("/v1/transit/alerts")
@public
@asks(bp, AlertQuery)
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
    items = sorted(
        (
            item
            for board in standing
            for item in msgspec.json.decode(board.body, type=AlertsOfFeed).items
        ),
        key=lambda item: str(item["id"]),
    )
    if query["after"] is not None:
        (last,) = place(query["after"], str)
        items = [item for item in items if item["id"] > last]
    page = page_of(items, query["limit"], lambda item: (item["id"],))
    body = msgspec.json.encode({"items": page.items, "next": page.next})
    return encoded(body, etag_of(body))
