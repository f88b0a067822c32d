"""What the pages show, from the same verbs as the API, in the API's own shapes."""

from typing import Any
from uuid import UUID

import msgspec

from blueprints.traffic.boards import live
from blueprints.traffic.by_version import directory
from hub.kernel.ids import show
from hub.kernel.work import Actor, Reading
from hub.parts import Parts
from hub.transit import favourites as kept
from hub.transit import queries
from hub.transit.errors import NoRoute, NoStop
from hub.transit.feeds import CurrentFeed
from hub.transit.network import network as whole_network
from hub.transit.queries import Asked
from hub.web import etag_of, parts

Json = dict[str, Any]
ON_A_PAGE = 100
FOUND = 20


def feeds(_reading: Reading) -> list[Json]:
    """Every city that has a timetable; the one that the hub opens on comes first."""
    first = parts().settings.default_feed
    known = [_feed(feed) for feed in parts().of(directory).feeds().values()]
    return sorted(known, key=lambda feed: feed["id"] != first)


def feed(_reading: Reading, slug: str) -> Json:
    """One city; refuses with NoTimetable."""
    return _feed(parts().of(directory).feed(slug))


def _feed(feed: CurrentFeed) -> Json:
    return {
        "id": feed.slug,
        "name": feed.name,
        "notice": feed.notice,
        "kind": feed.kind,
        "timezone": feed.timezone,
        "language": feed.language,
        "bounds": feed.bounds,
        "version": show("version", feed.version_id),
        "attribution": feed.attribution,
        "licence": feed.licence,
        "stream_url": f"{parts().settings.public_stream_url}/v1/transit/stream",
    }


def routes(reading: Reading, slug: str) -> list[Json]:
    """All lines of a city, in the operator's order."""
    asked = Asked([parts().of(directory).feed(slug)])
    found: list[Json] = []
    after: str | None = None
    while True:
        page = queries.routes(reading.connection, asked, None, limit=ON_A_PAGE, after=after)
        found += page.items
        after = page.next
        if after is None:
            return found


def route(reading: Reading, route_id: str) -> Json:
    """One line with its directions; refuses with NoRoute."""
    feed, key = _split(route_id, NoRoute)
    return queries.one_route(reading.connection, feed, key)


def stop(reading: Reading, stop_id: str) -> Json:
    """One stop; refuses with NoStop."""
    feed, key = _split(stop_id, NoStop)
    return queries.one_stop(reading.connection, feed, key)


def _split(public_id: str, missing: type[Exception]) -> tuple[CurrentFeed, str]:
    slug, _, key = public_id.partition(":")
    feed = parts().of(directory).feeds().get(slug)
    if feed is None:
        raise missing
    return feed, key


def board(reading: Reading, stop_id: str) -> Json:
    """The board of a stop: the tracker's, or by the timetable when no tracker is at work."""
    boards = live()
    found = boards.board(f"arrivals:{stop_id}")
    if found is not None:
        return _decoded(found.body)
    by_schedule = boards.scheduled.kept(stop_id, boards.now())
    if by_schedule is None:
        by_schedule = boards.scheduled.make(reading.connection, stop_id, reading.now)
    return _decoded(by_schedule)


def vehicles_of(_reading: Reading, route_id: str) -> list[Json]:
    """The buses of a line; none when no tracker is at work."""
    found = live().board(f"vehicles:{route_id}")
    return [] if found is None else list(_decoded(found.body)["vehicles"])


def alerts(_reading: Reading, slug: str) -> list[Json]:
    """What a city's operators announce."""
    found = live().board(f"alerts:{slug}")
    return [] if found is None else list(_decoded(found.body)["items"])


def network(reading: Reading, slug: str) -> tuple[bytes, str]:
    """Every line's course and every stop of a city, encoded, with its ETag."""
    feed = parts().of(directory).feed(slug)
    return parts().of(_Networks).encoded(reading, feed)


class _Networks:
    """The networks that this process has encoded: the current version of each feed."""

    def __init__(self, _: Parts) -> None:
        self._known: dict[str, tuple[UUID, bytes, str]] = {}

    def encoded(self, reading: Reading, feed: CurrentFeed) -> tuple[bytes, str]:
        known = self._known.get(feed.slug)
        if known is None or known[0] != feed.version_id:
            body = msgspec.json.encode(whole_network(reading.connection, feed))
            known = self._known[feed.slug] = (feed.version_id, body, etag_of(body))
        return known[1], known[2]


def search(reading: Reading, q: str) -> tuple[list[Json], list[Json]]:
    """Stops and lines by name, number or pinyin, in all cities."""
    asked = Asked(list(parts().of(directory).feeds().values()))
    stops = queries.stops_named(reading.connection, asked, q, limit=FOUND, after=None)
    lines = queries.routes(reading.connection, asked, q, limit=FOUND, after=None)
    return list(stops.items), list(lines.items)


def stops_near(reading: Reading, longitude: float, latitude: float, metres: float) -> list[Json]:
    """Stops within so many metres, the nearest first."""
    asked = Asked(list(parts().of(directory).feeds().values()))
    found = queries.stops_near(
        reading.connection, asked, longitude, latitude, metres, limit=FOUND, after=None
    )
    return list(found.items)


def favourites(reader: Actor) -> list[Json]:
    """What a signed-in person keeps at hand, oldest first."""
    found = parts().database.read(lambda own: kept.mine(own, limit=kept.MOST), reader)
    return [
        {
            "id": show("favourite", row.id),
            "kind": row.kind,
            "target": row.target,
            "label": row.label,
        }
        for row in found[: kept.MOST]
    ]


def _decoded(body: bytes) -> Json:
    decoded: Json = msgspec.json.decode(body)
    return decoded
