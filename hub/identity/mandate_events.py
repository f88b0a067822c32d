"""What happened to mandates; ids only. Each is an event of the giver."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from hub.kernel import ids
from hub.kernel.outbox import Event


@dataclass(frozen=True, kw_only=True)
class _OfMandate(Event):
    mandate_id: UUID
    giver_id: UUID
    holder_id: UUID | None

    @property
    def subject(self) -> str:
        return ids.show("mandate", self.mandate_id)


@dataclass(frozen=True, kw_only=True)
class MandateOffered(_OfMandate):
    """Somebody offered another, or whoever gets the code, to act for the giver."""

    type: ClassVar[str] = "identity.mandate_offered"


@dataclass(frozen=True, kw_only=True)
class MandateAccepted(_OfMandate):
    """Both have confirmed: the mandate is in force from its first day on."""

    type: ClassVar[str] = "identity.mandate_accepted"


@dataclass(frozen=True, kw_only=True)
class MandateEnded(_OfMandate):
    """A mandate or its offer was ended before its time."""

    type: ClassVar[str] = "identity.mandate_ended"
    reason: str


@dataclass(frozen=True, kw_only=True)
class ChildEntered(Event):
    """A guardian entered a child."""

    type: ClassVar[str] = "identity.child_entered"
    person_id: UUID
    guardian_id: UUID

    @property
    def subject(self) -> str:
        return ids.show("person", self.person_id)
