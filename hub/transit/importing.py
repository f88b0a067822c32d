"""Imports: a zip is handed in, read in the background, and published whole or refused with reasons.

All rows of a version and the switch to it are one transaction. How far it is shows in transactions
of its own, so that a watcher sees it while the large one is open. After `kill -9` PostgreSQL
forgets the rows, the import still says `running`, and its job, run again, starts from the
beginning; until PostgreSQL has noticed, the job is refused and tried again later.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import IO, Any
from uuid import UUID

from sqlalchemy import func, select, text, update

from hub import audit, files
from hub.kernel.db import Database
from hub.kernel.errors import NotFound
from hub.kernel.ids import new_id, show
from hub.kernel.work import Actor, Reading, Work

from . import feeds
from .errors import ZipBeingRead
from .events import ImportRequested, SchedulePublished, ScheduleRefused
from .gtfs.problems import Problems
from .loading import Loaded, Watcher, ZipRefused, load_zip
from .model import Feed, Import

IMPORTER = Actor("system", "transit.import")

_UNDECIDED = ("queued", "running")
_ZIPS_STAY = timedelta(days=7)

# Reading a large zip takes minutes, in statements that wait for Python in between.
_PATIENCE = (
    "SET LOCAL statement_timeout = 0",
    "SET LOCAL idle_in_transaction_session_timeout = 0",
    "SET LOCAL lock_timeout = '60s'",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """How an import looks from outside. `problems` are the first of each kind; `errors` and
    `warnings` count all."""

    id: UUID
    feed: str
    state: str
    rows_read: int
    percent: int
    problems: list[dict[str, object]]
    errors: int
    warnings: int
    queued_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


_SEEN = tuple(name for name in Seen.__annotations__ if name != "feed")


def request(work: Work, slug: str, file_id: UUID) -> Seen:
    """Put a stored zip in line to become the next version of a feed."""
    wanted = queue(work, slug, file_id)
    work.emit(ImportRequested(feed_id=wanted.feed_id, import_id=wanted.id))
    audit.record(
        work,
        "transit.import_requested",
        show("feed", wanted.feed_id),
        import_id=show("import", wanted.id),
    )
    return _seen(wanted, slug)


def queue(work: Work, slug: str, file_id: UUID | None = None) -> Import:
    """Note an import without asking for a job: for a command that reads the zip itself."""
    feed = feeds.feed_named(work, slug)
    wanted = Import(
        id=new_id(),
        feed_id=feed.id,
        file_id=file_id,
        state="queued",
        rows_read=0,
        percent=0,
        problems=[],
        errors=0,
        warnings=0,
        requested_by=work.actor.id,
        queued_at=work.now,
    )
    work.session.add(wanted)
    work.session.flush()
    return wanted


def find(reading: Reading, import_id: UUID) -> Seen:
    """An import as its publisher follows it. What others asked for does not exist, as far as a
    publisher can tell."""
    row = reading.connection.execute(
        select(*Import.__table__.columns, Feed.slug.label("feed"))
        .join(Feed, Feed.id == Import.feed_id)
        .where(Import.id == import_id)
    ).one_or_none()
    if row is None or row.requested_by != reading.actor.id:
        raise NotFound
    return _seen(row, row.feed)


def _seen(found: Any, feed: str) -> Seen:
    return Seen(**{name: getattr(found, name) for name in _SEEN}, feed=feed)


def run_stored(database: Database, vault: files.Vault, import_id: UUID) -> None:
    """Read the zip that was stored with an import. May be run again at any time; refuses with
    ZipBeingRead, so that it is."""
    wanted = database.run(lambda work: _found(work, import_id), IMPORTER)
    if wanted.file_id is None or wanted.state not in _UNDECIDED:
        return
    file_id = wanted.file_id
    file = database.run(lambda work: files.find(work, file_id), IMPORTER)
    with files.read(vault, file) as source:
        run(database, wanted, source)


def run(
    database: Database, wanted: Import, source: IO[bytes], *, watch: Watcher | None = None
) -> Import:
    """Read a zip to its end and decide; the import as it then is. `watch` hears what is noted.

    What is decided stays decided: running it again decides nothing anew. Refuses with ZipBeingRead
    while another process is at it.
    """

    def note(rows_read: int, percent: int) -> None:
        database.run(lambda work: _note(work, wanted.id, rows_read, percent), IMPORTER)
        if watch is not None:
            watch(rows_read, percent)

    database.run(lambda work: _start(work, wanted.id), IMPORTER)
    try:
        with database.work(IMPORTER) as work:
            if _undecided(work, wanted):
                _publish(work, wanted, source, note)
    except ZipRefused as refused:
        problems, rows_read = refused.problems, refused.rows_read
        database.run(lambda work: _refuse(work, wanted, problems, rows_read), IMPORTER)
    return database.run(lambda work: _found(work, wanted.id), IMPORTER)


def remove_spent_zips(database: Database, vault: files.Vault) -> int:
    """Remove the zips of imports that were decided more than a week ago; how many. What came of
    them stays on record."""
    spent = database.run(_spent, IMPORTER)
    for import_id in spent:
        content = database.run(partial(_let_go, import_id=import_id), IMPORTER)
        if content is not None:
            database.run(partial(files.clear, vault=vault, sha256=content), IMPORTER)
    return len(spent)


def _spent(work: Work) -> list[UUID]:
    found = select(Import.id).where(
        Import.file_id.is_not(None),
        Import.state.not_in(_UNDECIDED),
        Import.finished_at < work.now - _ZIPS_STAY,
    )
    return list(work.session.scalars(found.order_by(Import.id)))


def _let_go(work: Work, import_id: UUID) -> bytes | None:
    found = select(Import).where(Import.id == import_id).with_for_update()
    wanted = work.session.scalars(found).one()
    if wanted.file_id is None:
        return None  # somebody was faster
    content = files.remove(work, files.find(work, wanted.file_id))
    wanted.file_id = None
    return content


def _start(work: Work, import_id: UUID) -> None:
    work.session.execute(
        update(Import)
        .where(Import.id == import_id, Import.state.in_(_UNDECIDED))
        .values(state="running", started_at=work.now)
    )


def _note(work: Work, import_id: UUID, rows_read: int, percent: int) -> None:
    work.session.execute(
        update(Import)
        .where(Import.id == import_id, Import.state == "running")
        .values(rows_read=rows_read, percent=percent)
    )


def _undecided(work: Work, wanted: Import) -> bool:
    """Whether the import is undecided, once no other process reads it: a lock says so that ends
    with its transaction. Who died may hold it until the server notices, hence a refusal: to go
    away in silence would leave the import to a dead process."""
    for setting in _PATIENCE:
        work.session.execute(text(setting))
    key = func.hashtextextended(f"transit_import {wanted.id}", 0)
    if not work.session.scalar(select(func.pg_try_advisory_xact_lock(key))):
        raise ZipBeingRead
    return work.session.scalar(select(Import.state).where(Import.id == wanted.id)) in _UNDECIDED


def _publish(work: Work, wanted: Import, source: IO[bytes], note: Watcher) -> None:
    version_id = new_id()
    loaded = load_zip(work, wanted.feed_id, version_id, source, watch=note)
    # The deferred foreign keys are checked before the feed is locked, not while others wait for it.
    work.session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    work.session.execute(select(Feed.id).where(Feed.id == wanted.feed_id).with_for_update())
    if _overtaken(work, wanted):
        loaded.problems.add(
            "newer_version_published", "A zip that was handed in later is published already."
        )
        raise ZipRefused(loaded.problems, loaded.rows_read)
    feeds.switch(work, wanted.feed_id, version_id)
    _decide(work, wanted, loaded, "published", version_id=version_id, percent=100)
    work.emit(SchedulePublished(feed_id=wanted.feed_id, version_id=version_id, import_id=wanted.id))
    audit.record(
        work,
        "transit.schedule_published",
        show("feed", wanted.feed_id),
        version=show("version", version_id),
        rows=loaded.rows_read,
    )


def _overtaken(work: Work, wanted: Import) -> bool:
    # Ids are UUIDv7: larger means handed in later.
    newer = select(Import.id).where(
        Import.feed_id == wanted.feed_id, Import.state == "published", Import.id > wanted.id
    )
    return work.session.scalar(select(newer.exists())) is True


def _refuse(work: Work, wanted: Import, problems: Problems, rows_read: int) -> None:
    if not _decide(work, wanted, Loaded(rows_read, problems), "refused"):
        return
    work.emit(ScheduleRefused(feed_id=wanted.feed_id, import_id=wanted.id))
    audit.record(
        work,
        "transit.schedule_refused",
        show("feed", wanted.feed_id),
        import_id=show("import", wanted.id),
        errors=problems.errors,
    )


def _decide(work: Work, wanted: Import, loaded: Loaded, state: str, **more: Any) -> bool:
    """Note what came of it; False when that was noted before."""
    problems = loaded.problems
    decided = work.session.scalar(
        update(Import)
        .where(Import.id == wanted.id, Import.state.in_(_UNDECIDED))
        .values(
            state=state,
            rows_read=loaded.rows_read,
            problems=problems.shown(),
            errors=problems.errors,
            warnings=problems.warnings,
            finished_at=work.now,
            **more,
        )
        .returning(Import.id)
    )
    return decided is not None


def _found(work: Work, import_id: UUID) -> Import:
    return work.session.scalars(select(Import).where(Import.id == import_id)).one()
