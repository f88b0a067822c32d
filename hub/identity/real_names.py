"""Real names: a document is handed in, the register is asked, one person has one verified account.

``none → pending → verified → revoked``, or ``pending → refused`` with a reason. Handing in only
checks the form; whether name and number belong together the register says, in a job, while no
transaction is open (`real_name_checks`). That an account has this name already is found out only
after the register has confirmed it: whoever merely knows a number learns nothing by typing it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import ColumnElement, delete, exists, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from hub import audit
from hub.kernel import ids
from hub.kernel.errors import Refusal
from hub.kernel.work import Reading, Work
from hub.keys import KeyRing

from . import limits
from .documents import Document, masked_number
from .names import canonical_name, masked_name
from .real_name_checks import ERASED, NAME, NUMBER, PREFIX, REGISTER, refuse
from .real_name_errors import (
    DocumentNotCurrent,
    GuardianNeeded,
    NoRealName,
    RealNameNotConfirmed,
    RealNameStands,
    RealNameTaken,
    RealNameUnderWay,
    RegisterUnreachable,
    SensitiveConsentNeeded,
)
from .real_name_events import RealNameEnded, RealNameSubmitted
from .real_name_model import RealName
from .rules import REAL_NAMES_PER_DOCUMENT, REAL_NAMES_PER_PERSON

Ending = Literal["withdrawn", "released"]

REFUSALS: dict[str, type[Refusal]] = {
    "no_match": RealNameNotConfirmed,
    "not_current": DocumentNotCurrent,
    "under_14": GuardianNeeded,
    "taken": RealNameTaken,
    "register_away": RegisterUnreachable,
}
"""Each reason of a refusal, and the page of the manual that says what to do."""

GIVES_UP_AFTER = timedelta(days=3)
KEPT_AFTER_END = timedelta(days=90)
_UNLINKED = {"register_index": None, "register_reference_sealed": None}


@dataclass(frozen=True)
class RealNameState:
    """Where a person stands; number and name are masked, and gone once nothing is done with them.
    ``reason`` is of a refusal or of an ending."""

    state: str
    kind: str | None = None
    issuing_state: str | None = None
    number: str | None = None
    name: str | None = None
    reason: str | None = None
    provider_reference: str | None = None
    submitted_at: datetime | None = None
    decided_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def refusal(self) -> type[Refusal] | None:
        """The page of the manual for a refused document."""
        return REFUSALS.get(self.reason or "") if self.state == "refused" else None


def submit(
    work: Work, keyring: KeyRing, document: Document, name: str, *, sensitive_consent: bool
) -> RealNameState:
    """Hand in a document of the acting person. ``name`` is as it is printed.

    Refuses with SensitiveConsentNeeded (PIPL article 29), RealNameUnderWay, RealNameStands, and
    AskedTooOften after five documents in a row; more than twenty tries at one document count over
    all accounts.
    """
    if not sensitive_consent:
        raise SensitiveConsentNeeded
    person_id = ids.read("person", work.actor.id)
    printed = canonical_name(document.kind, name)
    _none_open(work, person_id)
    index = keyring.blind(NUMBER, document.key)
    limits.take(work, keyring, REAL_NAMES_PER_PERSON, person_id.bytes)
    limits.take(work, keyring, REAL_NAMES_PER_DOCUMENT, index)
    claim_id = ids.new_id()
    made = work.session.execute(
        insert(RealName)
        .values(
            id=claim_id,
            person_id=person_id,
            kind=document.kind.value,
            issuing_state=document.issuing_state,
            number_sealed=keyring.seal(NUMBER, document.number.encode(), claim_id.bytes),
            number_index=index,
            name_sealed=keyring.seal(NAME, printed.encode(), claim_id.bytes),
            state="pending",
            attempts=0,
            consented_at=work.now,
            submitted_at=work.now,
        )
        .on_conflict_do_nothing()
        .returning(RealName.id)
    ).scalar()
    if made is None:  # the same person, at the same moment, from elsewhere
        raise RealNameUnderWay
    work.emit(RealNameSubmitted(person_id=person_id, claim_id=claim_id))
    audit.record(
        work, "identity.real_name_submitted", ids.show(PREFIX, claim_id), kind=document.kind.value
    )
    return RealNameState(
        state="pending",
        kind=document.kind.value,
        issuing_state=document.issuing_state,
        number=masked_number(document.number),
        name=masked_name(printed),
        submitted_at=work.now,
    )


def mine(reading: Reading, keyring: KeyRing) -> RealNameState:
    """Where the acting person stands: their newest document, or ``none``."""
    row = reading.connection.execute(
        select(RealName.__table__)
        .where(RealName.person_id == ids.read("person", reading.actor.id))
        .order_by(RealName.id.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return RealNameState("none")
    number = name = None
    if row.number_sealed is not None:
        plain = keyring.open(NUMBER, row.number_sealed, row.id.bytes).decode()
        number = masked_number(plain)
        name = masked_name(keyring.open(NAME, row.name_sealed, row.id.bytes).decode())
    return RealNameState(
        state=row.state,
        kind=row.kind,
        issuing_state=row.issuing_state,
        number=number,
        name=name,
        reason=row.reason,
        provider_reference=row.provider_reference,
        submitted_at=row.submitted_at,
        decided_at=row.decided_at,
        ended_at=row.ended_at,
    )


def is_verified(work: Work, person_id: UUID) -> bool:
    """Whether a person's real name is verified at this moment."""
    found = exists().where(RealName.person_id == person_id, RealName.state == "verified")
    return bool(work.session.scalar(select(found)))


def register_reference(work: Work, keyring: KeyRing, person_id: UUID) -> str | None:
    """How the population register calls a verified person; None while they are not verified. They
    stay verified until this transaction ends, so that whoever forgets then sees what it wrote."""
    row = work.session.execute(
        select(RealName.id, RealName.register_reference_sealed)
        .where(RealName.person_id == person_id, RealName.state == "verified")
        .with_for_update(read=True)
    ).one_or_none()
    if row is None or row.register_reference_sealed is None:
        return None
    return keyring.open(REGISTER, row.register_reference_sealed, row.id.bytes).decode()


def withdraw(work: Work) -> None:
    """End the acting person's document, pending or verified, and erase what was kept of it.

    The next sign-in or refresh is ``loa:2`` at most; access tokens already given out say what was
    true for ten minutes at most. Refuses with NoRealName.
    """
    if not end_of(work, ids.read("person", work.actor.id)):
        raise NoRealName


def end_of(work: Work, person_id: UUID) -> int:
    """The same for a person whose agreement has ended; how many documents it was (0 or 1)."""
    return _end(work, RealName.person_id == person_id, "withdrawn")


def release(work: Work, keyring: KeyRing, document: Document, *, evidence: str) -> int:
    """Take a verified document away from whichever account has it: for a service desk that has
    seen the document and its holder. How many accounts it was (0 or 1). ``evidence`` is the number
    of the desk's own record, and stays in the audit."""
    index = keyring.blind(NUMBER, document.key)
    found = (RealName.number_index == index) & (RealName.state == "verified")
    return _end(work, found, "released", evidence=evidence)


def forget_old(work: Work) -> None:
    """Give up what the register did not answer for three days; forget endings after ninety days."""
    long_pending = work.session.scalars(
        select(RealName.id).where(
            RealName.state == "pending", RealName.submitted_at < work.now - GIVES_UP_AFTER
        )
    ).all()
    for claim_id in long_pending:
        refuse(work, claim_id, "register_away", None)
    work.session.execute(
        delete(RealName).where(
            RealName.state.in_(("refused", "revoked")),
            RealName.submitted_at < work.now - KEPT_AFTER_END,
            or_(RealName.ended_at.is_(None), RealName.ended_at < work.now - KEPT_AFTER_END),
        )
    )


def _none_open(work: Work, person_id: UUID) -> None:
    state = work.session.scalar(
        select(RealName.state).where(
            RealName.person_id == person_id, RealName.state.in_(("pending", "verified"))
        )
    )
    if state is not None:
        raise RealNameStands if state == "verified" else RealNameUnderWay


def _end(work: Work, whose: ColumnElement[bool], reason: Ending, **details: str) -> int:
    ended = work.session.execute(
        update(RealName)
        .where(whose, RealName.state.in_(("pending", "verified")))
        .values(state="revoked", reason=reason, ended_at=work.now, **ERASED, **_UNLINKED)
        .returning(RealName.id, RealName.person_id)
        .execution_options(synchronize_session=False)
    ).all()
    for row in ended:
        work.emit(RealNameEnded(person_id=row.person_id, claim_id=row.id, reason=reason))
        audit.record(
            work, "identity.real_name_ended", ids.show(PREFIX, row.id), reason=reason, **details
        )
    return len(ended)
