"""Which timetables there are."""

from typing import Any

from flask import Response

from hub.kernel.ids import show
from hub.kernel.work import Reading
from hub.transit.feeds import CurrentFeed
from hub.web import Blueprint, parts, public

from .by_version import by_version, feeds, told
from .schemas import FeedPage

bp = Blueprint("feeds", __name__, description="Timetables")


@bp.get("/v1/transit/feeds")
@public
@by_version
@bp.response(200, FeedPage)
def list_feeds(_reading: Reading) -> Response:
    """List the feeds that have a timetable, all on one page.

    A feed may be labelled `synthetic` or `recorded`; show its `notice` wherever you show it.
    """
    stream = f"{parts().settings.public_stream_url}/v1/transit/stream"
    return told({"items": [_shown(feed, stream) for feed in feeds().values()], "next": None})


def _shown(feed: CurrentFeed, stream: str) -> dict[str, Any]:
    known = {
        "id": feed.slug,
        "name": feed.name,
        "kind": feed.kind,
        "notice": feed.notice,
        "timezone": feed.timezone,
        "bounds": feed.bounds,
        "valid_from": feed.valid_from,
        "valid_until": feed.valid_until,
        "version": show("version", feed.version_id),
        "attribution": feed.attribution,
        "licence": feed.licence,
        "stream_url": stream,
    }
    return {name: value for name, value in known.items() if value is not None}
