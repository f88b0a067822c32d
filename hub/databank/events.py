"""What happened in the databank, told to whoever cares."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from hub.kernel import ids
from hub.kernel.outbox import Event


@dataclass(frozen=True, kw_only=True)
class AppealFiled(Event):
    """A person appealed against a refusal."""

    type: ClassVar[str] = "databank.appeal_filed"
    person_id: UUID
    appeal_id: UUID

    @property
    def subject(self) -> str:
        return ids.show("appeal", self.appeal_id)


@dataclass(frozen=True, kw_only=True)
class AppealDecided(Event):
    """An appeal was decided: ``outcome`` is upheld or dismissed."""

    type: ClassVar[str] = "databank.appeal_decided"
    person_id: UUID
    appeal_id: UUID
    outcome: str

    @property
    def subject(self) -> str:
        return ids.show("appeal", self.appeal_id)
