"""The database: the only place that begins, commits and rolls back.

One request or job is one transaction, opened and closed at the edge by ``Database.run``. A refusal
rolls back, except one raised with ``keep=True``. Deadlocks, serialization failures and declared
unique races are settled by running the whole work again, three times at most, with a fresh Work.

Lock order, for whoever takes more than one row lock in a transaction (all others settle races by
one conditional UPDATE): idempotency key, login, authorization code, partner organisation, client,
person, officer, session, grant, refresh token, feed, import, vehicle; rows of one table by
ascending id; event sequences last (the closing statement).
"""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from typing import Any, ClassVar, TypeVar
from uuid import UUID

import msgspec
from sqlalchemy import DateTime, MetaData, Text, Uuid, create_engine, text
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import DeclarativeBase, Session

from .errors import Conflict, Invalid, Refusal, Unavailable
from .work import Actor, Closing, Reading, Work

T = TypeVar("T")

_ATTEMPTS = 4
_AGAIN = {"40001", "40P01"}  # serialization failure, deadlock
_LOCK_NOT_AVAILABLE = "55P03"
_QUERY_CANCELED = "57014"
_UNIQUE = "23505"


class Base(DeclarativeBase):
    """Every table of the hub; constraints get their names from one convention."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: DateTime(timezone=True),
        str: Text,
        UUID: Uuid,
    }


class StillBusy(Conflict):
    """The same thing is being done right now by another request and did not finish within two
    seconds. Wait a moment and send the request again, with the same Idempotency-Key."""

    title = "This is being done just now"


_retried: set[str] = set()
_refused: dict[str, type[Refusal]] = {}


def retry_on(constraint: str) -> None:
    """Declare a unique constraint whose violation means: somebody was faster, look again."""
    _retried.add(constraint)


def refuse_on(constraint: str, refusal: type[Refusal]) -> None:
    """Declare a constraint whose violation is a refusal with a name of its own."""
    _refused[constraint] = refusal


class Database:
    """Transactions on one PostgreSQL; cheap to make, connects at first use (after a fork)."""

    def __init__(
        self,
        url: str,
        *,
        pool_size: int = 4,
        pooled: bool = False,
        application: str = "hub",
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """``pooled`` says that a transaction pooler stands between: then nothing is prepared and
        no session parameter is sent, see docs/operations.md for what the pooler must set."""
        self.clock = clock
        connect_args: dict[str, Any] = {"connect_timeout": 5, "application_name": application}
        if pooled:
            connect_args["prepare_threshold"] = None
        else:
            connect_args["options"] = (
                "-c lock_timeout=2s -c statement_timeout=30s -c timezone=UTC"
                " -c idle_in_transaction_session_timeout=60s"
            )
        self._url, self._pool_size, self._connect_args = url, pool_size, connect_args

    @cached_property
    def engine(self) -> Engine:
        """The pool of connections; made at first use, after a server has forked."""
        if not self._url:
            raise SystemExit("DATABASE_URL is not set: see docs/operations.md, or use `make run`.")
        return create_engine(
            with_driver(self._url),
            pool_size=self._pool_size,
            max_overflow=2,
            pool_timeout=5,
            pool_recycle=1800,
            connect_args=self._connect_args,
            json_serializer=lambda value: msgspec.json.encode(value).decode(),
            json_deserializer=msgspec.json.decode,
        )

    @cached_property
    def _reads(self) -> Engine:
        return self.engine.execution_options(isolation_level="AUTOCOMMIT")

    @contextmanager
    def work(
        self,
        actor: Actor,
        *,
        now: datetime | None = None,
        request_id: str | None = None,
    ) -> Iterator[Work]:
        """One transaction. Commits at the end; rolls back on any exception, except that a
        ``Refusal(keep=True)`` commits before it goes on its way."""
        with _translated(), Session(self.engine, expire_on_commit=False) as session:
            work = Work(session, actor, now or self.clock(), request_id)
            try:
                yield work
            except Refusal as refusal:
                if refusal.keep:
                    _close(work)
                raise
            _close(work)

    def run(
        self,
        act: Callable[[Work], T],
        actor: Actor,
        *,
        now: datetime | None = None,
        request_id: str | None = None,
    ) -> T:
        """``act`` in a transaction, run again when the database asks for it."""
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                with self.work(actor, now=now, request_id=request_id) as work:
                    return act(work)
            except DBAPIError as error:
                if attempt == _ATTEMPTS or not _worth_another(error):
                    raise
                time.sleep(random.uniform(0.005, 0.02) * 2**attempt)  # noqa: S311 (jitter)
        raise AssertionError("unreachable")

    @contextmanager
    def reading(self, actor: Actor, *, now: datetime | None = None) -> Iterator[Reading]:
        """An autocommit connection for reads that log nothing: one round trip a statement."""
        reading = Reading(self._reads.connect, actor, now or self.clock())
        try:
            with _translated():
                yield reading
        finally:
            reading.close()

    @contextmanager
    def reads(self) -> Iterator[Connection]:
        """The bare autocommit connection, for processes that follow tables."""
        with _translated(), self._reads.connect() as connection:
            yield connection

    def read(self, act: Callable[[Reading], T], actor: Actor) -> T:
        """``act`` on an autocommit connection; asks once more after a lost connection."""
        try:
            with self.reading(actor) as reading:
                return act(reading)
        except LostConnection:
            with self.reading(actor) as reading:
                return act(reading)

    def dispose(self) -> None:
        """Close all pooled connections."""
        self.engine.dispose()


class LostConnection(Unavailable):
    """The database restarted under your request. Nothing was changed, or your write is stored
    under its Idempotency-Key: send the same request again with the same key."""

    title = "The database was away for a moment"


def _close(work: Work) -> None:
    if not work.closings and not work.session.in_transaction():
        return  # nothing was read or added: a token for a machine, for example
    work.session.flush()
    if work.closings:
        rows = {c.name: msgspec.json.encode(r).decode() for c, r in work.closings.items()}
        work.session.execute(_closing_statement(tuple(work.closings)), rows)
    work.session.commit()


@lru_cache(maxsize=256)
def _closing_statement(closings: tuple[Closing, ...]) -> Any:
    return text("WITH " + ",".join(closing.sql for closing in closings) + " SELECT 1")


@contextmanager
def _translated() -> Iterator[None]:
    """Database failures that a caller can understand become refusals, here and nowhere else."""
    try:
        yield
    except IntegrityError as error:
        refusal = _refused.get(_constraint_of(error) or "")
        if refusal is None:
            raise
        raise refusal() from error
    except DataError as error:
        # Whatever a schema let through and a column cannot hold is the caller's to correct.
        raise Invalid("A value is outside of what can be stored.") from error
    except PoolTimeout as error:
        raise Unavailable(retry_after=2) from error
    except OperationalError as error:
        state = getattr(error.orig, "sqlstate", None)
        if state == _LOCK_NOT_AVAILABLE:
            raise StillBusy from error
        if state == _QUERY_CANCELED:
            raise Unavailable("This took too long.") from error
        if error.connection_invalidated or state is None or state.startswith(("08", "57P")):
            raise LostConnection(retry_after=2) from error
        raise


def _worth_another(error: DBAPIError) -> bool:
    state = getattr(error.orig, "sqlstate", None)
    return state in _AGAIN or (state == _UNIQUE and _constraint_of(error) in _retried)


def _constraint_of(error: DBAPIError) -> str | None:
    diagnostics = getattr(error.orig, "diag", None)
    return getattr(diagnostics, "constraint_name", None)


def with_driver(url: str) -> str:
    """Plain ``postgresql://`` means psycopg 3."""
    scheme, _, rest = url.partition("://")
    return f"postgresql+psycopg://{rest}" if scheme in {"postgres", "postgresql"} else url
