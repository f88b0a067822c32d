"""The hub with one more sector: routes that show what a single measure costs."""

from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from marshmallow import fields
from sqlalchemy import text

from blueprints import SECTORS
from hub import audit
from hub.app import create_app
from hub.kernel.ids import new_id
from hub.kernel.outbox import Event
from hub.kernel.work import Work
from hub.settings import Settings
from hub.web import Blueprint, Schema, Sector, public, requires, transaction

bp = Blueprint("bench", __name__)
SCOPE = "citizen.profile:read"
_NOTE = text("INSERT INTO bench_note (id, person, said) VALUES (:id, :person, :said)")


class Note(Schema):
    """What is written."""

    said = fields.String(required=True)


@dataclass(frozen=True, kw_only=True)
class NoteWritten(Event):
    """A note was written."""

    type: ClassVar[str] = "bench.note_written"
    note_id: UUID

    @property
    def subject(self) -> str:
        """The note."""
        return str(self.note_id)


class Hello(Schema):
    """A greeting."""

    hello = fields.String(required=True)


@bp.get("/bench/public")
@public
@bp.response(200, Hello)
def bench_public() -> dict[str, Any]:
    """Answer through the house's decorators alone."""
    return {"hello": "world"}


@bp.get("/bench/token")
@requires(SCOPE)
@bp.response(200, Hello)
def bench_token() -> dict[str, Any]:
    """Answer whoever has a good token."""
    return {"hello": "world"}


@bp.post("/bench/notes")
@requires(SCOPE)
@transaction(once=True)
@bp.arguments(Note)
@bp.response(201, Note)
def bench_write(work: Work, note: dict[str, Any]) -> dict[str, Any]:
    """Write one row, its event and its audit line, once."""
    note_id = new_id()
    work.session.execute(_NOTE, {"id": note_id, "person": work.actor.id, "said": note["said"]})
    work.emit(NoteWritten(note_id=note_id))
    audit.record(work, "bench.note_written", str(note_id))
    return note


BENCH = Sector(slug="bench", title="Bench", blueprints=(bp,))
app = create_app(Settings.from_env(), (*SECTORS, BENCH))
