"""What happened to schedules, told to whoever cares."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from hub.kernel import ids
from hub.kernel.outbox import Event


@dataclass(frozen=True, kw_only=True)
class ImportRequested(Event):
    """A publisher handed in a zip; it is stored and waits to be read."""

    type: ClassVar[str] = "transit.import_requested"
    feed_id: UUID
    import_id: UUID

    @property
    def subject(self) -> str:
        return ids.show("feed", self.feed_id)


@dataclass(frozen=True, kw_only=True)
class SchedulePublished(Event):
    """A new version of a feed is what passengers see from now on."""

    type: ClassVar[str] = "transit.schedule_published"
    feed_id: UUID
    version_id: UUID
    import_id: UUID

    @property
    def subject(self) -> str:
        return ids.show("feed", self.feed_id)


@dataclass(frozen=True, kw_only=True)
class ScheduleRefused(Event):
    """A zip was read and refused; the feed goes on with the version it has."""

    type: ClassVar[str] = "transit.schedule_refused"
    feed_id: UUID
    import_id: UUID

    @property
    def subject(self) -> str:
        return ids.show("feed", self.feed_id)
