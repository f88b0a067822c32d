"""Feeds of a test: made known, read and published through verbs."""

from dataclasses import dataclass
from io import BytesIO
from uuid import UUID, uuid4

from hub.kernel.db import Database
from hub.kernel.ids import new_id
from hub.kernel.work import SYSTEM
from hub.transit import feeds, importing
from hub.transit.gtfs.archive import Limits
from hub.transit.gtfs.problems import Problem
from hub.transit.loading import ZipRefused, load_zip


def a_slug() -> str:
    """A slug that no other test uses."""
    return f"town-{uuid4().hex[:12]}"


def a_feed(db: Database, slug: str | None = None) -> str:
    """A feed that is known and has no timetable yet."""
    slug = slug or a_slug()
    db.run(
        lambda work: feeds.register(
            work,
            slug,
            name={"en": "Town", "zh-CN": "小城"},
            kind="synthetic",
            notice={"en": "Invented."},
            licence="CC0-1.0",
        ),
        SYSTEM,
    )
    return slug


def published(db: Database, content: bytes, slug: str | None = None) -> str:
    """The slug of a feed with this zip as its current version."""
    slug = a_feed(db, slug)
    done = imported(db, slug, content)
    assert done.state == "published", done.problems
    return slug


def imported(db: Database, slug: str, content: bytes):
    """The import of a zip into a feed, decided."""
    wanted = db.run(lambda work: importing.queue(work, slug), SYSTEM)
    return importing.run(db, wanted, BytesIO(content))


@dataclass(frozen=True)
class Verdict:
    """What reading a zip found."""

    refused: bool
    problems: list[Problem]

    @property
    def rules(self) -> set[str]:
        return {problem.rule for problem in self.problems}

    @property
    def errors(self) -> set[str]:
        return {problem.rule for problem in self.problems if problem.severity == "error"}

    def of(self, rule: str) -> Problem:
        """The first finding of a rule."""
        return next(problem for problem in self.problems if problem.rule == rule)


class _Forgotten(Exception):
    """Takes back what was written for a verdict."""


def verdict(db: Database, content: bytes, limits: Limits | None = None) -> Verdict:
    """Read a zip and take everything back."""
    found: list[Verdict] = []
    slug = a_slug()
    try:
        with db.work(SYSTEM) as work:
            feed: UUID = feeds.register(work, slug, name={"en": "Town"}, kind="synthetic").id
            try:
                loaded = load_zip(work, feed, new_id(), BytesIO(content), limits=limits)
                found.append(Verdict(False, loaded.problems.kept))
            except ZipRefused as refused:
                found.append(Verdict(True, refused.problems.kept))
            raise _Forgotten
    except _Forgotten:
        return found[0]
