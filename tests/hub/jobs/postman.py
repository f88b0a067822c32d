"""A worker process with one event and one reaction, for the tests beside it."""

from dataclasses import dataclass
from typing import ClassVar

from hub import audit
from hub.jobs.reacting import Handlers
from hub.jobs.worker import work
from hub.kernel.outbox import Event
from hub.kernel.work import Work
from hub.parts import build_parts
from hub.settings import Settings


@dataclass(frozen=True, kw_only=True)
class LetterPosted(Event):
    type: ClassVar[str] = "post.letter_posted"
    letter_id: str

    @property
    def subject(self) -> str:
        return self.letter_id


def stamp(work: Work, event: LetterPosted) -> None:
    """Leaves one audit line a letter; a second run would leave a second line."""
    audit.record(work, "post.stamped", event.letter_id)


HANDLERS = Handlers.of([(LetterPosted, stamp)], [])

if __name__ == "__main__":
    work(build_parts(Settings.from_env(), pool_size=8), HANDLERS)
