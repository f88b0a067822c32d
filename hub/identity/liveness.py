"""Liveness: whether the session or grant behind a token still lives, asked on every request.

An access token lives ten minutes, so only what ended in the last ten minutes matters: each process
remembers those sessions and grants, hears of new ones from the change table within two seconds, and
asks the database whenever it may have missed something, or when the caller cannot wait two seconds.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from hub.kernel.changes import Watch
from hub.kernel.db import Database

from .ending import TOPIC
from .model import Grant, Session
from .rules import ACCESS_LIVES

_REMEMBERED = ACCESS_LIVES + timedelta(minutes=1)


class Liveness:
    """Which sessions and grants have ended lately; one per process."""

    def __init__(self, database: Database, watch: Watch) -> None:
        self._database = database
        self._watch = watch
        self._ended: dict[UUID, datetime] = {}
        self._gaps = 0
        self._complete_at_gap = -1
        watch.on(TOPIC, self._heard)
        watch.on_gap(self._missed)

    def lives(self, session_id: UUID, *, now: datetime, at_once: bool = False) -> bool:
        """Whether the session may act. ``at_once`` asks the database: for money and health."""
        return self._alive(session_id, now, at_once, self._session_asked)

    def grant_lives(self, grant_id: UUID, *, now: datetime, at_once: bool = False) -> bool:
        """Whether a partner's app may still do what it was allowed."""
        return self._alive(grant_id, now, at_once, self._grant_asked)

    def _alive(
        self, one: UUID, now: datetime, at_once: bool, ask: Callable[[UUID, datetime], bool]
    ) -> bool:
        if one in self._ended:
            return False
        if at_once or not self._watch.fresh:
            return ask(one, now)
        if self._complete_at_gap != self._gaps:
            self._catch_up(now)
        return one not in self._ended

    def _heard(self, key: str) -> None:
        now = self._database.clock()
        while self._ended:
            oldest = next(iter(self._ended))
            if self._ended[oldest] > now - _REMEMBERED:
                break
            del self._ended[oldest]
        self._ended[UUID(key)] = now

    def _missed(self) -> None:
        self._gaps += 1

    def _catch_up(self, now: datetime) -> None:
        gaps, lately = self._gaps, now - _REMEMBERED
        with self._database.reads() as connection:
            ended = [
                *connection.scalars(select(Session.id).where(Session.revoked_at > lately)),
                *connection.scalars(select(Grant.id).where(Grant.revoked_at > lately)),
            ]
        self._ended.update(dict.fromkeys(ended, now))
        self._complete_at_gap = gaps

    def _session_asked(self, session_id: UUID, now: datetime) -> bool:
        with self._database.reads() as connection:
            found = connection.scalar(
                select(Session.id).where(
                    Session.id == session_id,
                    Session.revoked_at.is_(None),
                    Session.expires_at > now,
                )
            )
        return found is not None

    def _grant_asked(self, grant_id: UUID, now: datetime) -> bool:
        session_lives = Session.revoked_at.is_(None) & (Session.expires_at > now)
        with self._database.reads() as connection:
            found = connection.scalar(
                select(Grant.id)
                .join(Session, Session.id == Grant.session_id)
                .where(
                    Grant.id == grant_id,
                    Grant.revoked_at.is_(None),
                    Grant.expires_at > now,
                    Grant.offline | session_lives,
                )
            )
        return found is not None
