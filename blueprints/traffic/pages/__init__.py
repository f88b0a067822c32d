"""The pages of public transport: the live map, stops, lines, search. Complete without a script."""

from pathlib import Path

from hub.web.languages import speak_for
from hub.web.pages import Pages

speak_for(Path(__file__).parents[1])

bp = Pages("traffic_pages", __name__)

from . import favourites_page, line_page, map_page, search_page, stop_page  # noqa: E402, F401
