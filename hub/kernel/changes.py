"""Changes: what every process must hear of within two seconds.

Revocations, keys, clients and feeds are announced as rows of one table, in the transaction of the
change, and every process follows that table each second (hub/kernel/following.py).
"""

import threading
import time
from collections.abc import Callable
from datetime import datetime
from weakref import WeakSet

import structlog
from sqlalchemy import BigInteger, Identity, Index, Text, event, text
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped, mapped_column

from .db import Base, Database
from .following import UNREAD, Unread
from .work import Closing, Work

CHANGES = Closing(
    "changes",
    """
    changes AS (
        INSERT INTO kernel_change (topic, key, announced_at)
        SELECT topic, key, announced_at FROM jsonb_to_recordset(CAST(:changes AS jsonb))
            AS row (topic text, key text, announced_at timestamptz)
    )""",
)

FRESH_SECONDS = 2.0
_POLL_SECONDS = 1.0


log = structlog.get_logger()


class Change(Base):
    """One announcement. Kept for a day; ``transaction`` is the id of the announcing transaction."""

    __tablename__ = "kernel_change"
    __table_args__ = (Index("ix_kernel_change_transaction", "transaction"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    topic: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(Text)
    announced_at: Mapped[datetime]
    transaction: Mapped[int] = mapped_column(
        BigInteger, server_default=text("(pg_current_xact_id()::text::bigint)")
    )


def announce(work: Work, topic: str, key: str) -> None:
    """Tell every process, once this transaction has committed, that ``key`` of ``topic`` changed.

    This process hears it with the commit: whoever signs out here is out on the next request.
    """
    work.leave(CHANGES, {"topic": topic, "key": key, "announced_at": work.now.isoformat()})
    for watch in list(_watches):
        event.listen(work.session, "after_commit", watch.hearer(topic, key), once=True)


_NEWS = text(f"SELECT topic, key, transaction FROM kernel_change WHERE {UNREAD} ORDER BY id")  # noqa: S608


class Follower:
    """Reads each committed announcement once, whatever the order of commits."""

    def __init__(self, connection: Connection) -> None:
        self._unread = Unread()
        self._unread.ask(connection)
        self._unread.note(())

    def news(self, connection: Connection) -> list[tuple[str, str]]:
        """The (topic, key) pairs committed since the last call."""
        rows = connection.execute(_NEWS, self._unread.ask(connection)).all()
        self._unread.note(row.transaction for row in rows)
        return [(row.topic, row.key) for row in rows]


_watches: "WeakSet[Watch]" = WeakSet()


class Watch:
    """A thread that follows the change table for one process and calls who listens."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._listeners: dict[str, list[Callable[[str], None]]] = {}
        self._resets: list[Callable[[], None]] = []
        self._heard_at = 0.0
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        _watches.add(self)

    def on(self, topic: str, listener: Callable[[str], None]) -> None:
        """Call ``listener`` with the key of each change of ``topic``."""
        self._listeners.setdefault(topic, []).append(listener)

    def hearer(self, topic: str, key: str) -> Callable[[object], None]:
        """What tells the listeners of one change, whatever it is called with."""

        def hear(_: object) -> None:
            for listener in self._listeners.get(topic, ()):
                listener(key)

        return hear

    def on_gap(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` whenever announcements may have been missed: forget what you know."""
        self._resets.append(listener)

    @property
    def fresh(self) -> bool:
        """Whether all announcements older than two seconds have been heard. When not, ask the
        database instead of a cache."""
        self._begin()
        return time.monotonic() - self._heard_at < FRESH_SECONDS

    def stop(self) -> None:
        """End the thread (tests and orderly shutdown)."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=5)
            self._thread = None

    def _begin(self) -> None:
        # Started at first use, not in create_app: a server that forks would lose the thread.
        if self._thread is None or not self._thread.is_alive():
            with self._lock:
                if self._thread is None or not self._thread.is_alive():
                    self._stop.clear()
                    self._thread = threading.Thread(
                        target=self._follow, name="changes", daemon=True
                    )
                    self._thread.start()

    def _follow(self) -> None:
        while not self._stop.is_set():
            try:
                self._listen()
            except Exception as error:  # noqa: BLE001 (the edge of a thread: it must not end unseen)
                log.warning("changes interrupted", error=type(error).__name__)
                self._stop.wait(_POLL_SECONDS)

    def _listen(self) -> None:
        with self._database.reads() as connection:
            follower = Follower(connection)
            for reset in self._resets:
                reset()
            while not self._stop.is_set():
                asked_at = time.monotonic()
                for topic, key in follower.news(connection):
                    self.hearer(topic, key)(None)
                self._heard_at = asked_at
                self._stop.wait(_POLL_SECONDS)
