"""Asking the register about a document, in three steps: inquiry_of, the gateway's call, conclude.

The call itself is not here: no transaction is open while it lasts.
"""

from datetime import date
from typing import Literal
from uuid import UUID

from sqlalchemy import exists, or_, select, update
from sqlalchemy.orm import aliased

from hub import audit
from hub.kernel import ids
from hub.kernel.db import retry_on
from hub.kernel.work import Work
from hub.keys import KeyRing

from .ages import is_under_fourteen
from .population_gateway import Answer, Inquiry
from .real_name_events import RealNameRefused, RealNameVerified
from .real_name_model import RealName

Reason = Literal["no_match", "not_current", "under_14", "taken", "register_away"]

PREFIX = "document"
REAL_NAME_CHECK = "real_name_check"
"""The purpose of asking, as the population register declares it (hub/databank)."""
NUMBER = "identity.document_number"
NAME = "identity.document_name"
REGISTER = "identity.register_person"
ERASED = {"number_sealed": None, "number_index": None, "name_sealed": None}

# Two accounts whose checks end at the same moment: the second looks again, and is refused.
retry_on("uq_identity_real_name_number_index")
retry_on("uq_identity_real_name_register_index")


def inquiry_of(work: Work, keyring: KeyRing, claim_id: UUID) -> Inquiry | None:
    """What to ask the register; None when there is nothing to ask any more. Counts the attempt, and
    leaves a row in the person's access log."""
    row = work.session.execute(
        update(RealName)
        .where(RealName.id == claim_id, RealName.state == "pending")
        .values(attempts=RealName.attempts + 1)
        .returning(
            RealName.person_id,
            RealName.kind,
            RealName.issuing_state,
            RealName.number_sealed,
            RealName.name_sealed,
        )
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if row is None:
        return None
    audit.read(
        work,
        about=row.person_id,
        register="population",
        purpose=REAL_NAME_CHECK,
        basis="consent",
        fields=("name", "document"),
    )
    assert row.number_sealed is not None  # both by a constraint of the table
    assert row.name_sealed is not None
    return Inquiry(
        key=ids.show(PREFIX, claim_id),
        kind=row.kind,
        issuing_state=row.issuing_state,
        number=keyring.open(NUMBER, row.number_sealed, claim_id.bytes).decode(),
        name=keyring.open(NAME, row.name_sealed, claim_id.bytes).decode(),
    )


def conclude(work: Work, keyring: KeyRing, claim_id: UUID, answer: Answer, *, today: date) -> None:
    """What follows from the register's answer. Nothing when the document was withdrawn meanwhile,
    or when the same answer comes twice."""
    if answer.outcome != "match" or answer.person is None:
        reason: Reason = "not_current" if answer.outcome == "not_current" else "no_match"
        refuse(work, claim_id, reason, answer.reference)
    elif answer.born_on is not None and is_under_fourteen(answer.born_on, today):
        refuse(work, claim_id, "under_14", answer.reference)
    elif not _verify(work, keyring, claim_id, answer):
        refuse(work, claim_id, "taken", answer.reference)


def _verify(work: Work, keyring: KeyRing, claim_id: UUID, answer: Answer) -> bool:
    """Whether the name is this account's now, or was before; False when another account has it."""
    assert answer.person is not None
    index = keyring.blind(REGISTER, answer.person.encode())
    other = aliased(RealName)
    held = exists().where(
        other.state == "verified",
        or_(other.number_index == RealName.number_index, other.register_index == index),
    )
    person_id = work.session.execute(
        update(RealName)
        .where(RealName.id == claim_id, RealName.state == "pending", ~held)
        .values(
            state="verified",
            provider_reference=answer.reference,
            register_index=index,
            register_reference_sealed=keyring.seal(
                REGISTER, answer.person.encode(), claim_id.bytes
            ),
            decided_at=work.now,
        )
        .returning(RealName.person_id)
        .execution_options(synchronize_session=False)
    ).scalar()
    if person_id is None:
        state = work.session.scalar(select(RealName.state).where(RealName.id == claim_id))
        return state != "pending"
    work.emit(RealNameVerified(person_id=person_id, claim_id=claim_id))
    audit.record(work, "identity.real_name_verified", ids.show(PREFIX, claim_id))
    return True


def refuse(work: Work, claim_id: UUID, reason: Reason, reference: str | None) -> None:
    """End a pending document with a reason, and erase what was kept of it."""
    person_id = work.session.execute(
        update(RealName)
        .where(RealName.id == claim_id, RealName.state == "pending")
        .values(
            state="refused",
            reason=reason,
            provider_reference=reference,
            decided_at=work.now,
            **ERASED,
        )
        .returning(RealName.person_id)
        .execution_options(synchronize_session=False)
    ).scalar()
    if person_id is None:
        return
    work.emit(RealNameRefused(person_id=person_id, claim_id=claim_id, reason=reason))
    audit.record(work, "identity.real_name_refused", ids.show(PREFIX, claim_id), reason=reason)
