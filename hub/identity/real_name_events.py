"""What happened to real names."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from hub.kernel import ids
from hub.kernel.outbox import Event


@dataclass(frozen=True, kw_only=True)
class RealNameSubmitted(Event):
    """A person handed in a document; the register is to be asked."""

    type: ClassVar[str] = "identity.real_name_submitted"
    person_id: UUID
    claim_id: UUID

    @property
    def subject(self) -> str:
        return ids.show("person", self.person_id)


@dataclass(frozen=True, kw_only=True)
class RealNameVerified(Event):
    """The register confirmed a person's name and document."""

    type: ClassVar[str] = "identity.real_name_verified"
    person_id: UUID
    claim_id: UUID

    @property
    def subject(self) -> str:
        return ids.show("person", self.person_id)


@dataclass(frozen=True, kw_only=True)
class RealNameRefused(Event):
    """A document was not accepted; ``reason`` is one of real_names.REFUSALS."""

    type: ClassVar[str] = "identity.real_name_refused"
    person_id: UUID
    claim_id: UUID
    reason: str

    @property
    def subject(self) -> str:
        return ids.show("person", self.person_id)


@dataclass(frozen=True, kw_only=True)
class RealNameEnded(Event):
    """A real name is verified no more: withdrawn by the person, or released at a desk."""

    type: ClassVar[str] = "identity.real_name_ended"
    person_id: UUID
    claim_id: UUID
    reason: str

    @property
    def subject(self) -> str:
        return ids.show("person", self.person_id)
