"""Mandates: one person lets another act for them. Offered by the giver, accepted by the other.

Whatever could close a circle or pass a limit (acceptances, and guardians giving up) happens one at
a time, under one advisory lock held to the end of the transaction: two arrows with no person in
common can still close a circle together, so no row lock would do. All else is a conditional UPDATE.
"""

import secrets
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select, text, update

from hub.kernel import ids
from hub.kernel.db import retry_on
from hub.kernel.errors import NotFound
from hub.kernel.work import Work
from hub.keys import KeyRing

from . import limits
from .acting import Allowed, act_under, acts, afford, allows
from .mandate_ending import end, end_all_of, forget_old, note, one_at_a_time
from .mandate_errors import (
    AmountBeyondMandate,
    InvitationWrong,
    MandateHandedOn,
    MandateLoop,
    MandateNotValid,
    MandateOver,
    MandateToOneself,
    TooManyMandates,
)
from .mandate_events import MandateAccepted, MandateOffered
from .mandate_lists import Line, mine, of_mine
from .mandate_model import MandateRow
from .mandate_rules import (
    CODE_DIGITS,
    EVERYTHING,
    MOST_GIVEN,
    MOST_HELD,
    OFFER_LIVES,
    Mandate,
    Terms,
    faults,
    fits_within,
    would_loop,
)
from .model import Person
from .rules import WRONG_INVITATIONS

__all__ = [
    "Allowed",
    "AmountBeyondMandate",
    "Line",
    "Offered",
    "Terms",
    "accept",
    "act_under",
    "acts",
    "afford",
    "allows",
    "end",
    "end_all_of",
    "forget_old",
    "mine",
    "of_mine",
    "offer",
]

_CODE = "identity.mandate_code"
_AHEAD = text(
    """
    WITH RECURSIVE ahead (person) AS (
        SELECT CAST(:holder AS uuid)
        UNION
        SELECT m.holder_id FROM identity_mandate AS m JOIN ahead ON ahead.person = m.giver_id
        WHERE m.state = 'active' AND m.until > :now
    )
    SELECT m.giver_id, m.holder_id FROM identity_mandate AS m
    JOIN ahead ON ahead.person = m.giver_id
    WHERE m.state = 'active' AND m.until > :now
    """
)
retry_on("uq_identity_mandate_code_hmac")


@dataclass(frozen=True)
class Offered:
    """A mandate was offered. ``code`` is shown this once, to the giver; None when it was offered to
    a person by their id."""

    id: UUID
    code: str | None


@dataclass(frozen=True)
class Confirmed:
    """Where one side confirmed: in the app, or at an enrolled kiosk."""

    through: str = "app"
    device: UUID | None = None


def offer(work: Work, keyring: KeyRing, terms: Terms, *, delegable: frozenset[str]) -> Offered:
    """Offer that somebody acts for the acting person; both must confirm, this is the first word.

    Whoever acts for another by a mandate hands that on: one step, no more than they hold, and only
    where the giver allowed it; a guardian may offer another guardian. Refuses with MandateNotValid,
    MandateToOneself, MandateLoop, MandateHandedOn, NotFound (no such person).
    """
    giver_id = ids.read("person", work.actor.id)
    if work.actor.mandate is None:
        if terms.kind == "guardianship":
            detail = "Guardians are those of a child."
            raise MandateNotValid(errors=[{"pointer": "/kind", "detail": detail}])
        return enter_offer(work, keyring, terms, giver_id=giver_id, delegable=delegable)
    return _hand_on(work, keyring, terms, giver_id=giver_id, delegable=delegable)


def enter_offer(
    work: Work,
    keyring: KeyRing,
    terms: Terms,
    *,
    giver_id: UUID,
    delegable: frozenset[str],
    given_by: UUID | None = None,
    parent: MandateRow | None = None,
    confirmed: Confirmed = Confirmed(),
) -> Offered:
    """The first word, by whoever has shown to be ``given_by`` (usually the giver)."""
    wrong = faults(terms, now=work.now, delegable=delegable)
    if wrong:
        raise MandateNotValid(errors=wrong)
    given_by = given_by or giver_id
    if terms.to is not None:
        _may_hold(work, giver_id, given_by, terms.to)
    code = None if terms.to is not None else f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
    row = MandateRow(
        id=ids.new_id(),
        kind=terms.kind,
        state="offered",
        giver_id=giver_id,
        holder_id=terms.to,
        given_by=given_by,
        parent_id=parent.id if parent else None,
        scopes=sorted(terms.scopes),
        amount_limit=terms.amount_limit,
        acts_limit=terms.acts_limit,
        may_delegate=terms.may_delegate,
        starts_at=terms.starts_at or work.now,
        until=terms.until,
        code_hmac=_hmac(keyring, code) if code else None,
        offered_at=work.now,
        offer_until=min(terms.until, work.now + OFFER_LIVES),
        offered_through=confirmed.through,
        offered_device=confirmed.device,
    )
    work.session.add(row)
    work.session.flush()
    work.emit(MandateOffered(mandate_id=row.id, giver_id=giver_id, holder_id=terms.to))
    note(work, "offered", row.id, kind=row.kind, through=confirmed.through)
    return Offered(row.id, code)


def accept(
    work: Work, keyring: KeyRing, *, code: str | None = None, mandate_id: UUID | None = None
) -> UUID:
    """The second word, by the acting person: by the code of an invitation, or by the id of a
    mandate that was offered to them; the mandate's id.

    Refuses with MandateOver, MandateToOneself, MandateLoop, TooManyMandates; with NotFound for an
    id that is not theirs, and, remembered, with InvitationWrong.
    """
    person_id = ids.read("person", work.actor.id)
    return accepted(work, keyring, person_id, code=code, mandate_id=mandate_id)


def accepted(
    work: Work,
    keyring: KeyRing,
    person_id: UUID,
    *,
    code: str | None = None,
    mandate_id: UUID | None = None,
    confirmed: Confirmed = Confirmed(),
) -> UUID:
    """The second word, by whoever has shown to be ``person_id``."""
    if code is not None:
        limits.take(work, keyring, WRONG_INVITATIONS, person_id.bytes)
        which = MandateRow.code_hmac == _hmac(keyring, code)
    else:
        which = MandateRow.id == mandate_id
    one_at_a_time(work)
    row = work.session.execute(select(MandateRow).where(which)).scalar_one_or_none()
    if row is None or row.holder_id not in {None, person_id}:
        raise NotFound if code is None else InvitationWrong(keep=True)
    if code is not None:
        limits.give_back(work, keyring, WRONG_INVITATIONS, person_id.bytes)
    _may_hold(work, row.giver_id, row.given_by, person_id)
    if row.parent_id is not None and not _lives(work, row.parent_id):
        raise MandateOver
    _not_too_many(work, row.giver_id, person_id)
    won = work.session.execute(
        update(MandateRow)
        .where(
            MandateRow.id == row.id,
            MandateRow.state == "offered",
            MandateRow.offer_until > work.now,
        )
        .values(
            state="active",
            holder_id=person_id,
            accepted_at=work.now,
            accepted_through=confirmed.through,
            accepted_device=confirmed.device,
        )
        .execution_options(synchronize_session=False)
        .returning(MandateRow.id)
    ).scalar()
    if won is None:
        raise MandateOver
    work.emit(MandateAccepted(mandate_id=won, giver_id=row.giver_id, holder_id=person_id))
    note(work, "accepted", won, through=confirmed.through)
    return won


def _hand_on(
    work: Work, keyring: KeyRing, terms: Terms, *, giver_id: UUID, delegable: frozenset[str]
) -> Offered:
    held = work.session.get(MandateRow, ids.read("mandate", work.actor.mandate or ""))
    if held is None or held.parent_id is not None or not held.may_delegate:
        raise MandateHandedOn
    me = ids.read("person", work.actor.act or "")
    if terms.kind == "guardianship":
        if held.kind != "guardianship":
            raise MandateHandedOn
        terms = Terms(
            kind="guardianship",
            scopes=frozenset({EVERYTHING}),
            until=held.until,
            may_delegate=True,
            to=terms.to,
        )
        return enter_offer(
            work,
            keyring,
            terms,
            giver_id=giver_id,
            given_by=me,
            delegable=delegable | {EVERYTHING},
        )
    part = Mandate(
        kind=terms.kind,
        scopes=terms.scopes,
        starts_at=terms.starts_at or work.now,
        until=terms.until,
        amount_limit=terms.amount_limit,
        acts_limit=terms.acts_limit,
        may_delegate=terms.may_delegate,
    )
    whole = Mandate(
        kind="guardianship" if held.kind == "guardianship" else "mandate",
        scopes=frozenset(held.scopes),
        starts_at=held.starts_at,
        until=held.until,
        amount_limit=held.amount_limit,
        acts_limit=held.acts_limit,
    )
    if not fits_within(part, whole):
        raise _invalid("/", "What is handed on is no more than what you hold.")
    return enter_offer(
        work,
        keyring,
        terms,
        giver_id=giver_id,
        given_by=me,
        parent=held,
        delegable=delegable,
    )


def _may_hold(work: Work, giver_id: UUID, given_by: UUID, holder_id: UUID) -> None:
    if holder_id in {giver_id, given_by}:
        raise MandateToOneself
    active = set(
        work.session.scalars(
            select(Person.id).where(Person.id.in_({giver_id, holder_id}), Person.state == "active")
        )
    )
    if holder_id not in active:
        raise NotFound
    if giver_id not in active:
        raise MandateOver
    ahead = work.session.execute(_AHEAD, {"holder": holder_id, "now": work.now}).all()
    if would_loop([(row[0], row[1]) for row in ahead], giver_id, holder_id):
        raise MandateLoop


def _not_too_many(work: Work, giver_id: UUID, holder_id: UUID) -> None:
    in_force = select(func.count()).where(MandateRow.state == "active", MandateRow.until > work.now)
    given = work.session.scalar(in_force.where(MandateRow.giver_id == giver_id)) or 0
    held = work.session.scalar(in_force.where(MandateRow.holder_id == holder_id)) or 0
    if given >= MOST_GIVEN or held >= MOST_HELD:
        raise TooManyMandates


def _lives(work: Work, mandate_id: UUID) -> bool:
    """Whether a mandate is in force, and stays so until this transaction ends."""
    found = work.session.execute(
        select(MandateRow.id)
        .where(
            MandateRow.id == mandate_id,
            MandateRow.state == "active",
            MandateRow.until > work.now,
        )
        .with_for_update(read=True)
    ).scalar()
    return found is not None


def _invalid(pointer: str, detail: str) -> MandateNotValid:
    return MandateNotValid(errors=[{"pointer": pointer, "detail": detail}])


def _hmac(keyring: KeyRing, code: str) -> bytes:
    return keyring.blind(_CODE, code.encode("utf-8", "surrogatepass"))
