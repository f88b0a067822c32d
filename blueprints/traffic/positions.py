"""2.7 Live buses: where vehicles are reported."""

from typing import Any

import msgspec

from hub import fleet
from hub.kernel.work import Work
from hub.transit.hearing import take_message
from hub.web import (
    MEBIBYTE,
    Blueprint,
    decodes,
    signed,
    speaks_for,
    takes,
    takes_bytes,
    transaction,
)

from .boards import PROTOBUF
from .live_schemas import FeedMessageReceipt, PositionBatch, PositionReceipt

bp = Blueprint("positions", __name__, description="Live buses: reports of vehicles")


@bp.post("/v1/fleet/positions")
@signed("fleet.position:report")
@transaction(once=True)
@decodes(bp, PositionBatch, fleet.read_batch)
@bp.response(202, PositionReceipt)
def report_positions(work: Work, batch: fleet.Batch) -> dict[str, Any]:
    """Report where vehicles of a feed are, up to 1,000 at once.

    A row that cannot be true is set aside with its reason and spoils no other. A report that is
    known already changes nothing, so a batch may be sent again, also in another order.
    """
    speaks_for(f"feed:{batch.feed}")
    receipt = fleet.report(work, batch.feed, batch.positions)
    answer: dict[str, Any] = msgspec.to_builtins(receipt)
    return answer


@bp.post("/v1/fleet/feeds/<feed>/gtfs-realtime")
@signed("fleet.position:report")
@takes(8 * MEBIBYTE)
@transaction(once=True)
@takes_bytes(PROTOBUF, "A GTFS-Realtime FeedMessage.")
@bp.response(202, FeedMessageReceipt)
def push_feed_message(work: Work, body: bytes, feed: str) -> dict[str, Any]:
    """Push a GTFS-Realtime message: vehicle positions, trip updates and alerts.

    A full dataset replaces the trip updates and alerts of the feed, if it holds any; vehicles are
    judged like other positions. A broken message changes nothing.
    """
    speaks_for(f"feed:{feed}")
    answer: dict[str, Any] = msgspec.to_builtins(take_message(work, feed, body))
    return answer
