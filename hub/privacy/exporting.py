"""Exports: everything that is kept about a person and that its column says is theirs to have.

Asking only notes the wish; a job gathers (``gather``), somebody who knows words and paper writes it
down, and ``finish`` keeps the file, sealed, for seven days. One at a time; a newer one replaces the
one before.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from io import BytesIO
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Boolean,
    Column,
    Date,
    DateTime,
    Row,
    Table,
    Text,
    delete,
    select,
    update,
)

from hub import audit, files, identity
from hub.files import File, Vault
from hub.kernel import ids
from hub.kernel.db import Base
from hub.kernel.errors import NotFound
from hub.kernel.work import Reading, Work
from hub.keys import KeyRing, Unreadable

from .belonging import PERSON, columns, owners, tables_of_people, theirs
from .errors import ExportGone
from .events import ExportAsked, ExportReady
from .model import Export

KEPT = timedelta(days=7)
ZIP = "application/zip"


@dataclass(frozen=True)
class ExportSeen:
    """An export as its person sees it; ``size`` in bytes."""

    id: UUID
    state: str
    asked_at: datetime
    ready_at: datetime | None
    expires_at: datetime | None
    size: int | None


@dataclass(frozen=True)
class Waiting:
    """An export that is to be made, for whom and in which language."""

    id: UUID
    person_id: UUID
    language: str


@dataclass(frozen=True)
class Gathered:
    """What one table keeps about the person: why, and its rows as JSON takes them."""

    table: str
    purposes: tuple[str, ...]
    rows: list[dict[str, Any]]


def ask_for_export(work: Work) -> ExportSeen:
    """Ask for a copy of everything about the acting person; while one is being made it is that one.
    Refuses with StrongerSignInNeeded."""
    identity.demand(work)
    person_id = ids.read("person", work.actor.id)
    under_way = work.session.execute(
        select(*Export.__table__.columns).where(
            Export.person_id == person_id, Export.state == "waiting"
        )
    ).one_or_none()
    if under_way is not None:
        return _seen(under_way)
    asked = Export(id=ids.new_id(), person_id=person_id, state="waiting", asked_at=work.now)
    work.session.add(asked)
    work.session.flush()
    work.emit(ExportAsked(person_id=person_id, export_id=asked.id))
    audit.record(work, "privacy.export_asked", ids.show("export", asked.id))
    return _seen(asked)


def exports_of(reading: Reading, *, after: UUID | None, limit: int) -> list[ExportSeen]:
    """The acting person's exports that are being made or can be fetched, newest first; one more
    than ``limit`` if there are."""
    query = _mine(reading).order_by(Export.id.desc()).limit(limit + 1)
    if after is not None:
        query = query.where(Export.id < after)
    return [_seen(row) for row in reading.connection.execute(query)]


def one_export(reading: Reading, export_id: UUID) -> ExportSeen:
    """One of the acting person's exports; somebody else's is NotFound."""
    row = reading.connection.execute(_mine(reading).where(Export.id == export_id)).one_or_none()
    if row is None:
        raise NotFound
    return _seen(row)


def file_of(work: Work, export_id: UUID) -> File:
    """The file of one of the acting person's exports. Refuses with StrongerSignInNeeded, and with
    ExportGone when there is none (any more)."""
    identity.demand(work)
    file_id = work.session.scalar(
        select(Export.file_id).where(
            Export.id == export_id,
            Export.person_id == ids.read("person", work.actor.id),
            Export.expires_at > work.now,
        )
    )
    if file_id is None:
        raise ExportGone
    audit.record(work, "privacy.export_fetched", ids.show("export", export_id))
    return files.find(work, file_id)


def waiting(work: Work, export_id: UUID) -> Waiting | None:
    """What is still to be made of an export, if anything."""
    person = Base.metadata.tables[PERSON]
    row = work.session.execute(
        select(Export.person_id, person.c.language)
        .join(person, person.c.id == Export.person_id)
        .where(Export.id == export_id, Export.state == "waiting", person.c.state == "active")
    ).one_or_none()
    return None if row is None else Waiting(export_id, row.person_id, row.language)


def gather(
    work: Work, keyring: KeyRing, person_id: UUID, *, register: str, purpose: str
) -> list[Gathered]:
    """Everything about a person, by table; tables without a row of theirs are left out. That it was
    read stands in their access log, in the same transaction, under ``register`` and ``purpose``."""
    found = []
    for table in tables_of_people():
        personal = [said for _, said in columns(table) if said.export]
        if not personal:
            continue
        rows = work.session.execute(
            select(table).where(theirs(table, person_id)).order_by(*table.primary_key.columns)
        ).all()
        if rows:
            purposes = tuple(dict.fromkeys(said.purpose for said in personal))
            shown = [_plain(table, row, keyring) for row in rows]
            found.append(Gathered(str(table.fullname), purposes, shown))
    audit.read(
        work,
        about=person_id,
        register=register,
        purpose=purpose,
        basis="legal_duty",
        fields=[one.table for one in found],
    )
    return found


def finish(work: Work, vault: Vault, export_id: UUID, zipped: bytes) -> None:
    """Keep what was made of an export, and let go of the one before; nothing happens when somebody
    was faster, or the person is gone."""
    made = work.session.execute(
        select(Export.id, Export.person_id)
        .where(Export.id == export_id, Export.state == "waiting")
        .with_for_update()
    ).one_or_none()
    if made is None:
        return
    before = work.session.scalars(
        select(Export.id).where(Export.person_id == made.person_id, Export.state == "ready")
    ).all()
    _drop(work, vault, before)
    file = files.store(work, vault, BytesIO(zipped), ZIP)
    work.session.flush()
    work.session.execute(
        update(Export)
        .where(Export.id == export_id)
        .values(
            state="ready",
            ready_at=work.now,
            expires_at=work.now + KEPT,
            size=file.size,
            file_id=file.id,
        )
    )
    work.emit(ExportReady(person_id=made.person_id, export_id=export_id, until=work.now + KEPT))


def forget_exports(work: Work, vault: Vault) -> int:
    """Delete exports whose seven days are over; how many."""
    over = work.session.scalars(select(Export.id).where(Export.expires_at <= work.now)).all()
    return _drop(work, vault, over)


def drop_all_of(work: Work, vault: Vault, person_id: UUID) -> None:
    """Delete every export of a person."""
    _drop(
        work,
        vault,
        work.session.scalars(select(Export.id).where(Export.person_id == person_id)).all(),
    )


def _drop(work: Work, vault: Vault, export_ids: Sequence[UUID]) -> int:
    named = work.session.scalars(
        delete(Export).where(Export.id.in_(export_ids)).returning(Export.file_id)
    ).all()
    for file_id in named:
        if file_id is not None:
            # The bytes go first: a process killed before the commit comes back and finds a row
            # without bytes, never bytes without a row.
            sha256 = files.remove(work, files.find(work, file_id))
            work.session.flush()
            files.clear(work, vault, sha256)
    return len(named)


def _mine(reading: Reading) -> Any:
    return select(*Export.__table__.columns).where(
        Export.person_id == ids.read("person", reading.actor.id),
        Export.expires_at.is_(None) | (Export.expires_at > reading.now),
    )


def _seen(row: Any) -> ExportSeen:
    return ExportSeen(row.id, row.state, row.asked_at, row.ready_at, row.expires_at, row.size)


def _plain(table: Table, row: Row[Any], keyring: KeyRing) -> dict[str, Any]:
    shown = {}
    for column in table.columns:
        value = row._mapping[column.name]
        if value is None or not is_given(column):
            continue
        said = column.info.get("personal")
        if said is not None and said.sealed is not None:
            context = row._mapping[said.sealed.bound_to]
            try:
                value = keyring.open(said.sealed.purpose, value, context.bytes).decode()
            except Unreadable:
                value = None  # sealed under a key that is no more
        if isinstance(value, UUID) and column in owners(table):
            value = ids.show("person", value)
        shown[str(column.name)] = _json(value)
    return shown


def is_given(column: Column[Any]) -> bool:
    """What is declared for export; beside it whatever says when, how and in which state. Numbers,
    bytes and keys are the house's own, and names of who did it are others'."""
    said = column.info.get("personal")
    if said is not None:
        return bool(said.export)
    tells = isinstance(column.type, Text | Boolean | Date | DateTime | ARRAY)
    return tells and not column.foreign_keys and not column.name.endswith("_by")


def _json(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
    if isinstance(value, datetime | date):
        return value.isoformat().replace("+00:00", "Z")
    return str(value) if isinstance(value, UUID) else value
