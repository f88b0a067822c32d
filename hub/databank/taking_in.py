"""Taking in what a register says: a new version when something is new, else only the time."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import delete, select, text
from sqlalchemy.dialects.postgresql import distinct_on, insert

from hub import audit
from hub.kernel import ids
from hub.kernel.db import retry_on
from hub.kernel.work import Work
from hub.keys import KeyRing

from .definitions import Register
from .looking_up import CONTENT
from .model import Freshness, Record

Origin = Literal["register", "appeal"]

# A delivery and a decision at once: the second looks again at which version is the newest.
retry_on("uq_databank_record_person_id_version")

_ANSWERED = text(
    """
    INSERT INTO databank_freshness AS known (person_id, register, asked_at, answered_at)
    VALUES (:person_id, :register, :now, :answered)
    ON CONFLICT (person_id, register) DO UPDATE
    SET asked_at = GREATEST(known.asked_at, excluded.asked_at),
        answered_at = GREATEST(known.answered_at, excluded.answered_at)
    """
)


def asked_in_vain(work: Work, person_id: UUID, register: Register) -> None:
    """Note that a register was asked about somebody and did not answer."""
    _note(work, person_id, register, answered=None)


def take_in(
    work: Work,
    keyring: KeyRing,
    person_id: UUID,
    register: Register,
    records: Mapping[str, Mapping[str, Any]],
    *,
    as_of: datetime,
) -> int:
    """Take in all that a register says about somebody, by key; how many versions that made.

    What is as it was delivered last time makes no version, so that a correction by appeal stands
    until the register says something new. What the register no longer holds ends with a version
    whose state is ``ended``.
    """
    # The row of the time is locked from here on: of two deliveries at once the second compares with
    # what the first has made of it.
    _note(work, person_id, register, answered=work.now)
    delivered = _last_delivered(work, person_id, register)
    gone = {key: {"kind": key, "state": "ended"} for key in delivered if key not in records}
    made = 0
    for key, content in sorted({**gone, **records}.items()):
        digest = _digest(keyring, content)
        if delivered.get(key) != digest:
            append(
                work,
                keyring,
                person_id,
                register,
                key,
                content,
                origin="register",
                source=register.keeper,
                as_of=as_of,
            )
            made += 1
    return made


def append(
    work: Work,
    keyring: KeyRing,
    person_id: UUID,
    register: Register,
    key: str,
    content: Mapping[str, Any],
    *,
    origin: Origin,
    source: str,
    as_of: datetime,
) -> UUID:
    """The next version of a record; its id."""
    record_id = ids.new_id()
    known = work.session.scalar(
        select(Record.version)
        .where(Record.person_id == person_id, Record.register == register.slug, Record.key == key)
        .order_by(Record.version.desc())
        .limit(1)
    )
    version = (known or 0) + 1
    work.session.execute(
        insert(Record).values(
            id=record_id,
            person_id=person_id,
            register=register.slug,
            key=key,
            version=version,
            origin=origin,
            source=source,
            as_of=as_of,
            taken_in_at=work.now,
            content_sealed=keyring.seal(CONTENT, _plain(content), record_id.bytes),
            digest=_digest(keyring, content),
        )
    )
    audit.record(
        work,
        "databank.version_appended",
        ids.show("record", record_id),
        register=register.slug,
        version=version,
        origin=origin,
    )
    return record_id


def forget(work: Work, person_id: UUID) -> None:
    """Delete the hub's copies about somebody: once their name is verified no more, no register can
    be asked about them. The registers themselves keep what they have."""
    for table in (Record, Freshness):
        work.session.execute(delete(table).where(table.person_id == person_id))


def _last_delivered(work: Work, person_id: UUID, register: Register) -> dict[str, bytes]:
    rows = work.session.execute(
        select(Record.key, Record.digest)
        .where(
            Record.person_id == person_id,
            Record.register == register.slug,
            Record.origin == "register",
        )
        .ext(distinct_on(Record.key))
        .order_by(Record.key, Record.version.desc())
    )
    return {row.key: row.digest for row in rows}


def _note(work: Work, person_id: UUID, register: Register, *, answered: datetime | None) -> None:
    work.session.execute(
        _ANSWERED,
        {
            "person_id": person_id,
            "register": register.slug,
            "now": work.now,
            "answered": answered,
        },
    )


def _digest(keyring: KeyRing, content: Mapping[str, Any]) -> bytes:
    return keyring.blind(CONTENT, _plain(content))


def _plain(content: Mapping[str, Any]) -> bytes:
    return msgspec.json.encode(content, order="sorted")
