"""The map at ``/`` and the network it is drawn on."""

from hub.kernel.work import Reading
from hub.web import encoded, parts, public, reads
from hub.web.languages import text as _
from hub.web.pages import Answer, asked, page

from . import bp, sources
from .wording import occupancy

A_DAY_SECONDS = 86_400


@bp.get("/")
@public
@reads
def map_page(reading: Reading) -> Answer:
    """Live buses of one city; the default city unless ``?feed=`` names another."""
    feeds = sources.feeds(reading)
    wanted = asked("feed", parts().settings.default_feed)
    feed = next((one for one in feeds if one["id"] == wanted), feeds[0] if feeds else None)
    if feed is None:
        return page("traffic/no_city.html")
    return page(
        "traffic/map.html",
        feed=feed,
        feeds=feeds,
        routes=sources.routes(reading, feed["id"]),
        alerts=sources.alerts(reading, feed["id"]),
        network_url=f"/map/{feed['id']}/network.json?version={feed['version']}",
        tile_url=parts().settings.tile_url,
        tile_attribution=parts().settings.tile_attribution,
        now=reading.now.isoformat(),
        words=words(),
    )


@bp.get("/map/<feed_id>/network.json")
@public
@reads
def network(reading: Reading, feed_id: str) -> Answer:
    """Every line's course and every stop of a feed in one file, kept by browsers for a day; the
    page asks for it by the feed's version."""
    body, etag = sources.network(reading, feed_id)
    return encoded(body, etag, max_age=A_DAY_SECONDS)


def words() -> dict[str, str]:
    """What the map's script says, in the reader's language."""
    levels = (
        "empty",
        "many_seats_available",
        "few_seats_available",
        "standing_room_only",
        "crushed_standing_room_only",
        "full",
        "not_accepting_passengers",
    )
    return {
        "map": _("Live map. Arrow keys move it, plus and minus change its size."),
        "zoom_in": _("Closer"),
        "zoom_out": _("Farther"),
        "to": _("Towards"),
        "late": _("{minutes} min late"),
        "early": _("{minutes} min early"),
        "on_time": _("on time"),
        "no_forecast": _("no forecast"),
        "seconds": _("{seconds} s"),
        "minutes": _("{minutes} min"),
        "hours": _("{hours} h"),
        "ago": _("{age} ago"),
        "punctuality": _("Running"),
        "next_stop": _("Next stop"),
        "position": _("Position seen"),
        "occupancy": _("Space"),
        "vehicle": _("Vehicle"),
        "stale": _("it may have moved on"),
        "stale_short": _("old position"),
        "gone": _("this vehicle has left the map"),
        "line_page": _("Stops of this line"),
        "whole_board": _("The whole board of this stop"),
        "close": _("Close"),
        "more": _("and {count} more: move closer to see them listed"),
        "connection_starting": _("Connecting…"),
        "connection_live": _("Live · {count} vehicles · {age} old"),
        "connection_polling": _("Updated every few seconds · {count} vehicles · {age} old"),
        "connection_old": _("No new positions · {count} vehicles · {age} old"),
        "connection_lost": _("Connection lost · positions are {age} old"),
        **{f"occupancy_{level}": occupancy(level) for level in levels},
    }
