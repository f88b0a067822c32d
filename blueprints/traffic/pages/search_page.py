"""Finding stops and lines by name, number or pinyin, and the stops near a place."""

from hub.kernel.errors import Malformed
from hub.kernel.work import Reading
from hub.web import public, reads
from hub.web.pages import Answer, asked, page

from . import bp, sources

LONGEST_QUESTION = 100
NEARBY_METRES = 1_500


class PlaceNotUnderstood(Malformed):
    """``near`` is a longitude and a latitude in degrees with a comma between, for example
    ``126.6270,45.7700``."""

    title = "This is not a place on the map"


@bp.get("/search")
@public
@reads
def search_page(reading: Reading) -> Answer:
    """Stops and lines for ``?q=``."""
    q = asked("q").strip()[:LONGEST_QUESTION]
    stops, routes = sources.search(reading, q) if q else ([], [])
    return page("traffic/search.html", q=q, stops=stops, routes=routes)


@bp.get("/nearby")
@public
@reads
def nearby_page(reading: Reading) -> Answer:
    """Stops within a walk of ``?near=lon,lat``. The position is not stored, and not logged."""
    try:
        longitude, latitude = (float(part) for part in asked("near").split(","))
    except ValueError:
        raise PlaceNotUnderstood from None
    if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
        raise PlaceNotUnderstood
    stops = sources.stops_near(reading, longitude, latitude, NEARBY_METRES)
    return page("traffic/nearby.html", private=True, stops=stops)
