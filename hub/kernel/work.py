"""Work: one transaction with somebody in it, at one moment."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from sqlalchemy import Connection
from sqlalchemy.orm import Session

ActorKind = Literal["citizen", "officer", "partner", "device", "system", "nobody"]


@dataclass(frozen=True)
class Actor:
    """Who acts. ``id`` is the public id, never a name; ``session`` the sign-in it acts through,
    ``client`` the partner's app it acts through (None: the city's own).

    When somebody acts for another by a ``mandate`` (its public id), ``id`` is the person for whom,
    and ``act`` the person who does it: ``sub`` and ``act`` of RFC 8693.
    """

    kind: ActorKind
    id: str
    scopes: frozenset[str] = frozenset()
    session: str | None = None
    client: str | None = None
    act: str | None = None
    mandate: str | None = None


NOBODY = Actor("nobody", "nobody")
CLOCK = Actor("system", "clock")
SYSTEM = Actor("system", "hub")


@dataclass(frozen=True)
class Closing:
    """Rows that a transaction writes last, together with all other closings in one statement.

    ``sql`` is one or more named, comma-separated CTEs; it finds its rows, as JSON, in the
    parameter ``:<name>``. Example: ``entry AS (INSERT INTO t (a) SELECT a FROM
    jsonb_to_recordset(CAST(:entry AS jsonb)) AS row (a text))``.
    """

    name: str
    sql: str


class Happening(Protocol):
    """What can be emitted: an event of the outbox (hub/kernel/outbox.py)."""

    def store(self, work: "Work") -> None:
        """Leave a row of itself to the end of the transaction."""


@dataclass(eq=False)
class Work:
    """What a verb gets first: the session, the actor, and the time that counts as now.

    Verbs never commit and never read a clock. Events, audit lines and stored answers gather here
    and go to the database in one statement just before the commit: one round trip, not three.
    """

    session: Session
    actor: Actor
    now: datetime
    request_id: str | None = None
    closings: dict[Closing, list[dict[str, Any]]] = field(default_factory=dict)

    def emit(self, event: Happening) -> None:
        """Say what happened. Reactions run after the commit, at least once, never without it."""
        event.store(self)

    def leave(self, closing: Closing, row: dict[str, Any]) -> None:
        """Have a JSON-ready row written at the end of the transaction."""
        self.closings.setdefault(closing, []).append(row)


class Reading:
    """What a read that logs nothing gets: an autocommit connection, the reader and the time.

    The connection is taken at first use: a read that finds its answer in memory takes none.
    """

    def __init__(self, connect: Callable[[], Connection], actor: Actor, now: datetime) -> None:
        self._connect = connect
        self._connection: Connection | None = None
        self.actor = actor
        self.now = now

    @property
    def connection(self) -> Connection:
        """One round trip a statement; nothing to commit."""
        if self._connection is None:
            self._connection = self._connect()
        return self._connection

    def close(self) -> None:
        """Give the connection back, if one was taken."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
