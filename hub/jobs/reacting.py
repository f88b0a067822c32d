"""Reacting: from a stored event to what a sector declared should follow."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select, text

from hub.kernel.outbox import Event, OutboxEvent
from hub.kernel.work import Actor, Work
from hub.parts import Parts

from .queue import ERRAND, REACT

Reaction = Callable[[Work, Any], None]
Errand = Callable[[Parts, Any], None]

_FIRST = text(
    "INSERT INTO kernel_reaction (event_id, reaction, done_at) VALUES (:event, :reaction, :now)"
    " ON CONFLICT DO NOTHING RETURNING true"
)


@dataclass(frozen=True)
class Handlers:
    """Everything that follows on events, by name. A name is module and function: moving a handler
    while its jobs wait makes them fail and be retried, not vanish."""

    reactions: Mapping[str, tuple[type[Event], Reaction]]
    errands: Mapping[str, tuple[type[Event], Errand]]

    @classmethod
    def of(
        cls,
        reactions: Sequence[tuple[type[Event], Reaction]],
        errands: Sequence[tuple[type[Event], Errand]],
    ) -> "Handlers":
        """Named from what the sectors declare."""
        return cls(
            {name_of(handler): (kind, handler) for kind, handler in reactions},
            {name_of(handler): (kind, handler) for kind, handler in errands},
        )

    def subscriptions(self) -> dict[str, list[tuple[str, str]]]:
        """Which handlers an event of a type goes to."""
        found: dict[str, list[tuple[str, str]]] = {}
        for task, handlers in ((REACT, self.reactions), (ERRAND, self.errands)):
            for name, (kind, _) in handlers.items():
                found.setdefault(kind.type, []).append((task, name))
        return found

    def react(self, parts: Parts, event_id: UUID, name: str) -> None:
        """Run a reaction in one transaction with the note that it has run; once, however often the
        event is delivered."""
        kind, reaction = self.reactions[name]
        stored = _stored(parts, event_id)
        if stored is None:
            return
        event = msgspec.convert(stored.data, kind, strict=False)

        def act(work: Work) -> None:
            first = {"event": event_id, "reaction": name, "now": work.now}
            if work.session.execute(_FIRST, first).scalar():
                reaction(work, event)

        actor = Actor("system", name)
        parts.database.run(act, actor, request_id=stored.request_id)

    def run_errand(self, parts: Parts, event_id: UUID, name: str) -> None:
        """Run an errand, which opens transactions of its own and may be run again."""
        kind, errand = self.errands[name]
        stored = _stored(parts, event_id)
        if stored is not None:
            errand(parts, msgspec.convert(stored.data, kind, strict=False))


def name_of(handler: Callable[..., Any]) -> str:
    """The stable name of a handler."""
    return f"{handler.__module__}.{handler.__qualname__}"


def _stored(parts: Parts, event_id: UUID) -> Any:
    with parts.database.reads() as connection:
        return connection.execute(
            select(OutboxEvent.data, OutboxEvent.request_id).where(OutboxEvent.id == event_id)
        ).one_or_none()
