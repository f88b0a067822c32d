"""What happened to consents. The authorization server hears of withdrawals and tells the partner
(back-channel logout)."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from hub.kernel import ids
from hub.kernel.outbox import Event


@dataclass(frozen=True, kw_only=True)
class ConsentGiven(Event):
    """A person let ``recipient`` (a client id or ``city:<purpose>``) use something of theirs."""

    type: ClassVar[str] = "consent.consent_given"
    person_id: UUID
    consent_id: UUID
    recipient: str

    @property
    def subject(self) -> str:
        return ids.show("person", self.person_id)


@dataclass(frozen=True, kw_only=True)
class ConsentWithdrawn(Event):
    """A person took a consent back; the recipient's grants ended in the same transaction."""

    type: ClassVar[str] = "consent.consent_withdrawn"
    person_id: UUID
    consent_id: UUID
    recipient: str

    @property
    def subject(self) -> str:
        return ids.show("person", self.person_id)
