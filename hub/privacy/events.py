"""What happened in privacy."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from hub.kernel import ids
from hub.kernel.outbox import Event


@dataclass(frozen=True, kw_only=True)
class _OfPerson(Event):
    person_id: UUID

    @property
    def subject(self) -> str:
        return ids.show("person", self.person_id)


@dataclass(frozen=True, kw_only=True)
class ExportAsked(_OfPerson):
    """A person wants a copy of what is kept about them."""

    type: ClassVar[str] = "privacy.export_asked"
    export_id: UUID


@dataclass(frozen=True, kw_only=True)
class ExportReady(_OfPerson):
    """The copy can be fetched for seven days."""

    type: ClassVar[str] = "privacy.export_ready"
    export_id: UUID
    until: datetime


@dataclass(frozen=True, kw_only=True)
class ClosureAsked(_OfPerson):
    """A person wants their account closed; it can be called off until it is due."""

    type: ClassVar[str] = "privacy.closure_asked"
    closure_id: UUID
    due_at: datetime


@dataclass(frozen=True, kw_only=True)
class ClosureCancelled(_OfPerson):
    """The account stays."""

    type: ClassVar[str] = "privacy.closure_cancelled"
    closure_id: UUID
