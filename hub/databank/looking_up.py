"""The one way to a record: purpose, basis, fields, trace; then the content.

A house test sees to it that no other function of the hub opens what a record holds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on

from hub import audit, consent
from hub.kernel import ids
from hub.kernel.errors import NotFound
from hub.kernel.work import ActorKind, Work
from hub.keys import KeyRing

from .definitions import Purpose, Register
from .errors import ConsentMissing, FieldOutsidePurpose, PurposeNotYours
from .model import Freshness, Record

CONTENT = "databank.content"


@dataclass(frozen=True)
class Seen:
    """One record as far as the purpose shows it. ``source`` said it at ``as_of``; an absent field
    is one that the register does not hold."""

    id: UUID
    key: str
    version: int
    source: str
    as_of: datetime
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Entry:
    """What a register says about somebody. ``as_of`` is when its office last confirmed all of it,
    None when it never was asked; ``source_away`` that it did not answer when last asked."""

    register: Register
    as_of: datetime | None
    source_away: bool
    records: Sequence[Seen]


def look_up(
    work: Work,
    keyring: KeyRing,
    *,
    register: Register,
    subject: UUID,
    purpose: str,
    fields: Sequence[str],
    key: str | None = None,
    recipient: str | None = None,
) -> Entry:
    """What a register says about the person ``subject``: ``fields`` of their newest records, or of
    the one with ``key``.

    ``purpose`` is a slug of the register's declaration. ``recipient`` is the client id of the
    partner that gets to know something, empty when the city itself does; a person's token in a
    partner's app asks as that partner. A purpose on consent needs one that covers exactly that.

    Refuses with PurposeNotYours, FieldOutsidePurpose, NotFound when a citizen asks for somebody
    else, and, remembered, ConsentMissing. Every call that does not refuse leaves a row in the
    access log, also when nothing is found.
    """
    declared = register.purpose(purpose)
    asker: ActorKind = "partner" if work.actor.client else work.actor.kind
    if asker not in declared.askers:
        raise PurposeNotYours
    if {*fields} - {*declared.fields}:
        raise FieldOutsidePurpose
    if work.actor.kind == "citizen" and ids.show("person", subject) != work.actor.id:
        raise NotFound
    recipient = work.actor.client or recipient
    _demand_basis(work, register, declared, subject, recipient)
    audit.read(
        work,
        about=subject,
        register=register.slug,
        purpose=declared.slug,
        basis=declared.basis,
        fields=fields,
        client_id=recipient,
    )
    asked_at, answered_at = _freshness(work, register, subject)
    return Entry(
        register=register,
        as_of=answered_at,
        source_away=asked_at is not None and (answered_at is None or asked_at > answered_at),
        records=_opened(work, keyring, register, subject, fields, key),
    )


def _demand_basis(
    work: Work, register: Register, purpose: Purpose, subject: UUID, recipient: str | None
) -> None:
    if purpose.basis != "consent":
        return
    scope, whom = register.scope(purpose), recipient or purpose.recipient
    if consent.covers(work, person_id=subject, recipient=whom, scope=scope):
        return
    about = ids.show("person", subject)
    audit.record(work, "databank.consent_missing", about, recipient=whom, scope=scope)
    raise ConsentMissing(keep=True, extra={"scope": scope})


def _freshness(
    work: Work, register: Register, subject: UUID
) -> tuple[datetime | None, datetime | None]:
    row = work.session.execute(
        select(Freshness.asked_at, Freshness.answered_at).where(
            Freshness.person_id == subject, Freshness.register == register.slug
        )
    ).one_or_none()
    return (None, None) if row is None else (row.asked_at, row.answered_at)


def _opened(
    work: Work,
    keyring: KeyRing,
    register: Register,
    subject: UUID,
    fields: Sequence[str],
    key: str | None,
) -> list[Seen]:
    query = (
        select(Record)
        .where(Record.person_id == subject, Record.register == register.slug)
        .ext(distinct_on(Record.key))
        .order_by(Record.key, Record.version.desc())
    )
    if key is not None:
        query = query.where(Record.key == key)
    found = []
    for row in work.session.scalars(query):
        content = msgspec.json.decode(keyring.open(CONTENT, row.content_sealed, row.id.bytes))
        values = {
            name: register.field(name).shown(content[name])
            for name in fields
            if content.get(name) is not None
        }
        found.append(Seen(row.id, row.key, row.version, row.source, row.as_of, values))
    return found
