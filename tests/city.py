"""The world that tests act in, built through the hub's own verbs."""

from collections.abc import Sequence

from sqlalchemy import select, update

from hub.jobs.reacting import Handlers
from hub.kernel.outbox import OutboxEvent
from hub.kernel.work import SYSTEM, Work
from hub.parts import Parts
from hub.web import Sector


class Outbox:
    """The events of the transactions so far, and their delivery without a worker process."""

    def __init__(self, parts: Parts, sectors: Sequence[Sector]) -> None:
        self._parts = parts
        self._handlers = Handlers.of(
            [(k, h) for s in sectors for k, hs in s.reactions.items() for h in hs],
            [(k, h) for s in sectors for k, hs in s.errands.items() for h in hs],
        )

    def of(self, subject: str) -> list[str]:
        """The types of the events of a subject, in order."""
        with self._parts.database.reads() as connection:
            found = connection.scalars(
                select(OutboxEvent.type)
                .where(OutboxEvent.subject == subject)
                .order_by(OutboxEvent.sequence)
            )
            return list(found)

    def deliver(self) -> int:
        """Hand every waiting event to its handlers, as relay and worker would; how many events."""
        subscriptions = self._handlers.subscriptions()
        waiting = self._parts.database.run(_claim, SYSTEM)
        for event_id, kind in waiting:
            for task, name in subscriptions.get(kind, ()):
                act = self._handlers.react if task == "react" else self._handlers.run_errand
                act(self._parts, event_id, name)
        return len(waiting)


def _claim(work: Work) -> list[tuple]:
    waiting = work.session.execute(
        select(OutboxEvent.id, OutboxEvent.type)
        .where(OutboxEvent.relayed_at.is_(None), OutboxEvent.held_at.is_(None))
        .order_by(OutboxEvent.id)
    ).all()
    ids = [row.id for row in waiting]
    work.session.execute(
        update(OutboxEvent).where(OutboxEvent.id.in_(ids)).values(relayed_at=work.now)
    )
    return [tuple(row) for row in waiting]


class City:
    """Filled by the capabilities as they arrive."""
