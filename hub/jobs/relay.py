"""The relay: hands committed events to the workers, in batches, each at least once.

It claims waiting rows of the outbox with SKIP LOCKED, so any number of relays may run, and writes
the jobs in the same transaction that marks the events as relayed: either both or neither.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import procrastinate
import psycopg

BATCH = 500

_CLAIM = """
    SELECT id, type FROM kernel_outbox
    WHERE relayed_at IS NULL AND held_at IS NULL
    ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
"""
_DONE = "UPDATE kernel_outbox SET relayed_at = now() WHERE id = ANY(%s)"

Subscriptions = Mapping[str, Sequence[tuple[str, str]]]
"""Event type to pairs of task and handler name."""


def relay(
    connection: psycopg.Connection, queue: procrastinate.App, subscriptions: Subscriptions
) -> int:
    """Hand over up to 500 waiting events; how many it were."""
    with connection.transaction():
        claimed = connection.execute(_CLAIM, (BATCH,)).fetchall()
        if not claimed:
            return 0
        jobs: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for event, kind in claimed:
            for task, handler in subscriptions.get(kind, ()):
                jobs[task].append({"event": str(event), "handler": handler})
        for task, arguments in jobs.items():
            deferrer = queue.configure_task(task, queue="events", connection=connection)
            deferrer.batch_defer(*arguments)
        connection.execute(_DONE, ([event for event, _ in claimed],))
    return len(claimed)
