"""The board of a stop: whole in HTML, refreshed in place where scripts run."""

from typing import Any

from hub.kernel.work import Reading
from hub.web import public, reads
from hub.web.pages import Answer, asked, fragment, page

from . import bp, sources
from .reading_citizen import favourites_of_visitor
from .wording import rows, summary, zone_name

# The board of a feed holds at most as many; a page begins with what a waiting rider needs.
MOST_ROWS = 30
FIRST_ROWS = 12


@bp.get("/stops/<path:stop_id>")
@public
@reads
def stop_page(reading: Reading, stop_id: str) -> Answer:
    """What comes next at a stop. ``?size=large`` prints it large; ``?refresh=30`` lets a browser
    without scripts reload it, because the reader asked for that."""
    return page(
        "traffic/stop.html",
        stop=sources.stop(reading, stop_id),
        large_print=asked("size") == "large",
        refresh=asked("refresh") == "30",
        favourites=favourites_of_visitor(),
        most=MOST_ROWS,
        **board_of(reading, stop_id),
    )


@bp.get("/stops/<path:stop_id>/board")
@public
@reads
def stop_board(reading: Reading, stop_id: str) -> Answer:
    """The board alone, for the scripts that keep it fresh or show it beside the map (``brief``)."""
    return fragment("traffic/board.html", brief=asked("brief") == "1", **board_of(reading, stop_id))


def board_of(reading: Reading, stop_id: str) -> dict[str, Any]:
    """What the board's template needs; ``?rows=`` says how many departures, twelve unless told."""
    wanted = asked("rows")[:4]
    shown = min(max(int(wanted), 1), MOST_ROWS) if wanted.isdecimal() else FIRST_ROWS
    board = sources.board(reading, stop_id)
    feed = sources.feed(reading, stop_id.partition(":")[0])
    zone = feed["timezone"]
    lines = rows(board["arrivals"][:shown], reading.now, zone)
    return {
        "board": board,
        "feed": feed,
        "rows": lines,
        "shown": shown,
        "summary": summary(lines),
        "zone": zone,
        "zone_name": zone_name(zone),
    }
