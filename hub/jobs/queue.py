"""The queue: procrastinate on the hub's own database, for reactions, errands and schedules."""

import procrastinate
import psycopg
from procrastinate import PsycopgConnector, RetryStrategy, SyncPsycopgConnector

# One task serves all reactions: which one is an argument, so that a new version of the hub takes
# over the waiting jobs of the old one.
REACT = "react"
ERRAND = "errand"
RETRIES = RetryStrategy(max_attempts=18, exponential_wait=2)  # three days; events stay for seven
_OPTIONS = "-c search_path=procrastinate,public -c timezone=UTC"


def queue(url: str) -> procrastinate.App:
    """The queue as a worker sees it; connects when opened."""
    connector = PsycopgConnector(
        conninfo=_plain(url), kwargs={"options": _OPTIONS}, min_size=1, max_size=4
    )
    return procrastinate.App(connector=connector)


def deferring_queue() -> procrastinate.App:
    """The queue as the relay sees it: it only ever defers on a connection that it is given."""
    return procrastinate.App(connector=SyncPsycopgConnector())


def jobs_connection(url: str) -> psycopg.Connection:
    """A connection that sees the queue's schema and the hub's tables."""
    return psycopg.connect(
        _plain(url), options=_OPTIONS, application_name="hub-relay", autocommit=True
    )


def _plain(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://", 1)
