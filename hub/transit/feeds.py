"""Feeds: which there are, which version is current, and going back to the one before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from threading import Lock
from typing import Literal
from uuid import UUID

from sqlalchemy import Connection, delete, select, text, update
from sqlalchemy.dialects.postgresql import insert

from hub import audit
from hub.kernel.changes import Watch, announce
from hub.kernel.db import Database, refuse_on
from hub.kernel.ids import new_id, show
from hub.kernel.work import Work

from .errors import NoSlug, NothingToGoBackTo, NoTimetable
from .model import Feed, Version
from .timetable import LocalText

TOPIC = "transit_feed"
"""The topic of kernel/changes under which a new version is announced; the key is the slug."""

refuse_on("ck_transit_feed_slug", NoSlug)

FeedKind = Literal["synthetic", "recorded", "live"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentFeed:
    """A feed with its current version."""

    slug: str
    name: LocalText
    kind: str
    notice: LocalText | None
    licence: str | None
    version_id: UUID
    timezone: str
    language: str
    bounds: Sequence[float]
    valid_from: date
    valid_until: date
    attribution: str


_CURRENT = text(
    """
    SELECT f.slug, f.name, f.kind, f.notice, f.licence, v.id AS version_id, v.timezone, v.language,
           v.bounds, v.valid_from, v.valid_until, v.attribution
    FROM transit_feed f JOIN transit_version v ON v.id = f.current_version_id
    ORDER BY f.slug
    """
)


class Directory:
    """The current feeds as one process knows them, at most two seconds old.

    A version never changes, so whoever has seen its id has seen all of it: reads of the schedule
    answer 304 from here without asking the database.
    """

    def __init__(self, database: Database, watch: Watch) -> None:
        self._database = database
        self._watch = watch
        self._known: Mapping[str, CurrentFeed] | None = None
        self._asked = 0
        self._lock = Lock()
        watch.on(TOPIC, lambda _slug: self._forget())
        watch.on_gap(self._forget)

    def feeds(self) -> Mapping[str, CurrentFeed]:
        """All feeds that have a timetable, by slug, in the order of the slugs."""
        known = self._known
        if known is not None and self._watch.fresh:
            return known
        with self._lock:
            asked = self._asked
        with self._database.reads() as connection:
            found = current_feeds(connection)
        with self._lock:
            # What was announced while we read may not be in what we read.
            if asked == self._asked:
                self._known = found
        return found

    def feed(self, slug: str) -> CurrentFeed:
        """One feed; refuses with NoTimetable."""
        found = self.feeds().get(slug)
        if found is None:
            raise NoTimetable
        return found

    def _forget(self) -> None:
        with self._lock:
            self._asked += 1
            self._known = None


def current_feeds(connection: Connection) -> Mapping[str, CurrentFeed]:
    """All feeds that have a timetable, by slug, in the order of the slugs."""
    return {row.slug: CurrentFeed(**row._mapping) for row in connection.execute(_CURRENT)}


def register(
    work: Work,
    slug: str,
    *,
    name: LocalText,
    kind: FeedKind,
    notice: LocalText | None = None,
    licence: str | None = None,
) -> Feed:
    """Make a feed known, or correct what is said of it. Refuses with NoSlug."""
    said = {
        "name": dict(name),
        "kind": kind,
        "notice": dict(notice) if notice else None,
        "licence": licence,
    }
    work.session.execute(
        insert(Feed)
        .values(id=new_id(), slug=slug, created_at=work.now, **said)
        .on_conflict_do_update(index_elements=["slug"], set_=said)
    )
    announce(work, TOPIC, slug)
    return feed_named(work, slug)


def feed_named(work: Work, slug: str) -> Feed:
    """The feed of this slug, with a timetable or without; refuses with NoTimetable."""
    feed = work.session.scalar(
        select(Feed).where(Feed.slug == slug).execution_options(populate_existing=True)
    )
    if feed is None:
        raise NoTimetable
    return feed


def switch(work: Work, feed_id: UUID, version_id: UUID) -> None:
    """Make a version the one that everybody reads, in one UPDATE."""
    slug = work.session.scalar(
        update(Feed)
        .where(Feed.id == feed_id)
        .values(current_version_id=version_id)
        .returning(Feed.slug)
    )
    announce(work, TOPIC, str(slug))


def go_back(work: Work, slug: str) -> Version:
    """Return to the version before the current one, which is kept for this. The next import goes
    forward again."""
    feed = feed_named(work, slug)
    versions = work.session.scalars(
        select(Version).where(Version.feed_id == feed.id).order_by(Version.published_at.desc())
    ).all()
    ids = [version.id for version in versions]
    after = ids.index(feed.current_version_id) + 1 if feed.current_version_id in ids else len(ids)
    if after >= len(versions):
        raise NothingToGoBackTo
    earlier = versions[after]
    switch(work, feed.id, earlier.id)
    audit.record(
        work,
        "transit.schedule_taken_back",
        show("feed", feed.id),
        version=show("version", earlier.id),
    )
    return earlier


_SPENT = text(
    """
    SELECT v.id
    FROM transit_version v JOIN transit_feed f ON f.id = v.feed_id
    WHERE v.id <> f.current_version_id
      AND v.published_at < :before
      AND v.id NOT IN (
          SELECT DISTINCT ON (feed_id) earlier.id
          FROM transit_version earlier JOIN transit_feed owner ON owner.id = earlier.feed_id
          WHERE earlier.id <> owner.current_version_id
          ORDER BY feed_id, earlier.published_at DESC)
    ORDER BY v.published_at
    """
)
_ROWS = (
    "transit_frequency",
    "transit_trip",
    "transit_service_day",
    "transit_call",
    "transit_pattern",
    "transit_shape",
    "transit_route",
    "transit_stop",
    "transit_agency",
)
_READERS_NEED = timedelta(hours=1)


def remove_spent(work: Work) -> int:
    """Remove versions that nobody reads any more; how many. The current one and the one before it
    stay, and whatever was published within the hour."""
    work.session.execute(text("SET LOCAL statement_timeout = 0"))
    before = work.now - _READERS_NEED
    spent = work.session.scalars(_SPENT, {"before": before}).all()
    for version in spent:
        for table in _ROWS:
            work.session.execute(
                text(f"DELETE FROM {table} WHERE version_id = :version"),  # noqa: S608 (our names)
                {"version": version},
            )
        work.session.execute(delete(Version).where(Version.id == version))
        audit.record(work, "transit.version_removed", show("version", version))
    return len(spent)
