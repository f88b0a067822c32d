"""Appeals against refused entitlements: filed by the person, decided by an officer, kept with both.

An upheld appeal makes the next version of the record; the refused one stays readable before it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from hub import audit
from hub.identity import officers
from hub.kernel import ids
from hub.kernel.errors import NotFound
from hub.kernel.work import Work
from hub.keys import KeyRing

from .errors import NothingToAppeal
from .events import AppealDecided, AppealFiled
from .looking_up import Seen, look_up
from .model import KEPT, Appeal, Record
from .registers import DECIDES, ENTITLEMENTS, OWN_RECORD, STATEMENT
from .taking_in import append

Outcome = Literal["upheld", "dismissed"]

_STATEMENT = "databank.appeal_statement"
_ANSWER = "databank.appeal_answer"


@dataclass(frozen=True)
class AppealState:
    """An appeal as its person sees it."""

    id: UUID
    record_id: UUID
    state: str
    statement: str
    filed_at: datetime
    decided_at: datetime | None
    answer: str | None


def file(work: Work, keyring: KeyRing, record_id: UUID, statement: str) -> AppealState:
    """Appeal against a refused entitlement of the acting person. Somebody else's is NotFound; one
    that is not refused, not the newest, or appealed against before is NothingToAppeal."""
    person_id = ids.read("person", work.actor.id)
    known = work.session.scalar(
        select(Record.id).where(
            Record.id == record_id,
            Record.person_id == person_id,
            Record.register == ENTITLEMENTS.slug,
        )
    )
    if known is None:
        raise NotFound
    newest = _newest(work, keyring, person_id, OWN_RECORD, record_id)
    if newest is None or newest.values.get("state") != "refused":
        raise NothingToAppeal
    appeal_id = ids.new_id()
    filed = work.session.execute(
        insert(Appeal)
        .values(
            id=appeal_id,
            person_id=person_id,
            record_id=record_id,
            statement_sealed=keyring.seal(_STATEMENT, statement.encode(), appeal_id.bytes),
            state="filed",
            filed_at=work.now,
        )
        .on_conflict_do_nothing()
        .returning(Appeal.id)
    ).scalar()
    if filed is None:
        raise NothingToAppeal
    work.emit(AppealFiled(person_id=person_id, appeal_id=appeal_id))
    audit.record(work, "databank.appeal_filed", ids.show("appeal", appeal_id))
    return AppealState(appeal_id, record_id, "filed", statement, work.now, None, None)


def mine(work: Work, keyring: KeyRing) -> dict[UUID, AppealState]:
    """The acting person's appeals, by the version that they are against."""
    person_id = ids.read("person", work.actor.id)
    rows = work.session.scalars(select(Appeal).where(Appeal.person_id == person_id))
    return {row.record_id: _shown(keyring, row) for row in rows}


def waiting(work: Work, keyring: KeyRing, *, after: UUID | None, limit: int) -> list[AppealState]:
    """Appeals that nobody has decided, the oldest first, one more than ``limit`` if there are; for
    the office. Each person sees in their access log that their words were read."""
    query = select(Appeal).where(Appeal.state == "filed").order_by(Appeal.id).limit(limit + 1)
    if after is not None:
        query = query.where(Appeal.id > after)
    rows = work.session.scalars(query).all()
    for row in rows[:limit]:
        _noted(work, row.person_id)
    return [_shown(keyring, row) for row in rows]


def brief(work: Work, keyring: KeyRing, appeal_id: UUID) -> tuple[AppealState, Seen | None]:
    """An appeal and the refusal it is against (None once a newer decision took its place), for who
    decides it. The person sees in their access log that it was read; NotFound, and OwnDeed for an
    officer's own."""
    row = work.session.get(Appeal, appeal_id)
    if row is None:
        raise NotFound
    officers.forbid_own(work, row.person_id)
    _noted(work, row.person_id)
    refused = _newest(work, keyring, row.person_id, DECIDES, row.record_id)
    return _shown(keyring, row), refused


def _noted(work: Work, person_id: UUID) -> None:
    """Enter in the person's access log that the office reads what they wrote."""
    audit.read(
        work,
        about=person_id,
        register=ENTITLEMENTS.slug,
        purpose=DECIDES,
        basis=ENTITLEMENTS.purpose(DECIDES).basis,
        fields=[STATEMENT.slug],
    )


def decide(work: Work, keyring: KeyRing, appeal_id: UUID, *, outcome: Outcome, answer: str) -> None:
    """Decide an appeal once; NotFound when there is none that waits, OwnDeed for an officer's own.
    ``answer`` is for the person.

    Upheld, the entitlement is granted from now on by a version of its own, until the register says
    something new. The reading of the refused record is in the access log.
    """
    row = work.session.execute(
        update(Appeal)
        .where(Appeal.id == appeal_id, Appeal.state == "filed")
        .values(
            state=outcome,
            decided_at=work.now,
            decided_by=work.actor.id,
            answer_sealed=keyring.seal(_ANSWER, answer.encode(), appeal_id.bytes),
        )
        .returning(Appeal.person_id, Appeal.record_id)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if row is None:
        raise NotFound
    officers.forbid_own(work, row.person_id)
    refused = _newest(work, keyring, row.person_id, DECIDES, row.record_id)
    if outcome == "upheld" and refused is not None:
        corrected = {name: v for name, v in refused.values.items() if name != "reason"}
        append(
            work,
            keyring,
            row.person_id,
            ENTITLEMENTS,
            refused.key,
            {**corrected, "state": "granted"},
            origin="appeal",
            source=ENTITLEMENTS.keeper,
            as_of=work.now,
        )
    work.emit(AppealDecided(person_id=row.person_id, appeal_id=appeal_id, outcome=outcome))
    audit.record(work, "databank.appeal_decided", ids.show("appeal", appeal_id), outcome=outcome)


def forget_old(work: Work) -> None:
    """Delete appeals that were decided three years ago."""
    work.session.execute(delete(Appeal).where(Appeal.decided_at < work.now - KEPT))


def _newest(
    work: Work, keyring: KeyRing, person_id: UUID, purpose: str, record_id: UUID
) -> Seen | None:
    """This version, if no newer one has taken its place."""
    entry = look_up(
        work,
        keyring,
        register=ENTITLEMENTS,
        subject=person_id,
        purpose=purpose,
        fields=ENTITLEMENTS.purpose(purpose).fields,
    )
    return next((seen for seen in entry.records if seen.id == record_id), None)


def _shown(keyring: KeyRing, row: Appeal) -> AppealState:
    answer = row.answer_sealed
    return AppealState(
        id=row.id,
        record_id=row.record_id,
        state=row.state,
        statement=keyring.open(_STATEMENT, row.statement_sealed, row.id.bytes).decode(),
        filed_at=row.filed_at,
        decided_at=row.decided_at,
        answer=keyring.open(_ANSWER, answer, row.id.bytes).decode() if answer else None,
    )
