"""Reads of the schedule: the same until a new version is published, so 304 needs no database."""

import hashlib
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

import msgspec
from flask import Response, g, request

import hub
from hub.kernel.errors import NotFound
from hub.parts import Parts
from hub.transit.errors import NoTimetable
from hub.transit.feeds import CurrentFeed, Directory
from hub.transit.queries import Asked
from hub.web import encoded, parts, reads

View = Callable[..., Any]
MAX_AGE = 60


def by_version(view: View) -> View:
    """Run a view that reads nothing but current versions; it gets a Reading first.

    The ETag is made of the versions of all feeds and the address asked for: whoever sends it back
    has the answer already.
    """
    read = reads(view)

    @wraps(read)
    def within(*args: Any, **kwargs: Any) -> Any:
        g.feeds = parts().of(directory).feeds()
        g.version_tag = _tag(g.feeds, request.full_path)
        if request.if_none_match.contains_weak(g.version_tag):
            return encoded(b"", g.version_tag, max_age=MAX_AGE)
        return read(*args, **kwargs)

    return within


def told(answer: object) -> Response:
    """A JSON-ready answer of a `by_version` view, with the ETag of what it was read from."""
    return encoded(msgspec.json.encode(answer), g.version_tag, max_age=MAX_AGE)


def feeds() -> Mapping[str, CurrentFeed]:
    """The feeds that this request reads."""
    found: Mapping[str, CurrentFeed] = g.feeds
    return found


def feed_of(public_id: str, missing: type[NotFound]) -> tuple[CurrentFeed, str]:
    """The feed and the GTFS id behind `<feed>:<id>`; refuses with `missing`."""
    slug, _, key = public_id.partition(":")
    feed = feeds().get(slug)
    if feed is None:
        raise missing
    return feed, key


def asked(feed: str | None, crs: str = "wgs84") -> Asked:
    """The feeds of a list: the one that was named, or all; refuses with NoTimetable."""
    if feed is None:
        return Asked(list(feeds().values()), crs)
    if feed not in feeds():
        raise NoTimetable
    return Asked([feeds()[feed]], crs)


def directory(built: Parts) -> Directory:
    """The directory of this process."""
    return Directory(built.database, built.watch)


def version_tag(built: Parts, address: str) -> str:
    """The ETag of what a `by_version` view answers at this address."""
    return _tag(built.of(directory).feeds(), address)


def _tag(current: Mapping[str, CurrentFeed], address: str) -> str:
    versions = " ".join(f"{feed.slug}={feed.version_id}" for feed in current.values())
    named = f"{hub.__version__} {versions} {address}"
    return hashlib.blake2b(named.encode(), digest_size=12).hexdigest()
