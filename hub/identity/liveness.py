"""Liveness: whether the session behind a token still lives, asked on every request.

An access token lives ten minutes, so only sessions ended in the last ten minutes matter: each
process remembers those, hears of new ones from the change table within two seconds, and asks the
database whenever it may have missed something, or when the caller cannot wait two seconds.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from hub.kernel.changes import Watch
from hub.kernel.db import Database

from .model import Session
from .rules import ACCESS_LIVES
from .sessions import TOPIC

_REMEMBERED = ACCESS_LIVES + timedelta(minutes=1)


class Liveness:
    """Which sessions have ended lately; one per process."""

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
        if session_id in self._ended:
            return False
        if at_once or not self._watch.fresh:
            return self._asked(session_id, now)
        if self._complete_at_gap != self._gaps:
            self._catch_up(now)
        return session_id not in self._ended

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
        gaps = self._gaps
        with self._database.reads() as connection:
            ended = connection.scalars(
                select(Session.id).where(Session.revoked_at > now - _REMEMBERED)
            ).all()
        self._ended.update(dict.fromkeys(ended, now))
        self._complete_at_gap = gaps

    def _asked(self, session_id: UUID, now: datetime) -> bool:
        with self._database.reads() as connection:
            found = connection.scalar(
                select(Session.id).where(
                    Session.id == session_id,
                    Session.revoked_at.is_(None),
                    Session.expires_at > now,
                )
            )
        return found is not None
