"""Children: entered by their guardian, who acts for them until they are eighteen.

A child under fourteen exists only with a guardian (PIPL article 31) and has no address of its own,
so nobody can sign in as it. From fourteen on a guardian may open it a sign-in of its own.
"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, select
from sqlalchemy.orm import aliased

from hub import audit
from hub.kernel import ids
from hub.kernel.work import Work
from hub.keys import KeyRing

from . import people, signing_in
from .ages import day_in, guardianship_ends, is_adult, is_under_fourteen
from .errors import PersonGone
from .mandate_ending import one_at_a_time
from .mandate_errors import (
    AddressTaken,
    BirthDateNotValid,
    GuardianTooYoung,
    LastGuardian,
    NoChild,
    TooManyMandates,
    TooYoung,
)
from .mandate_events import ChildEntered, MandateAccepted
from .mandate_model import Child, MandateRow
from .mandate_rules import EVERYTHING, MOST_CHILDREN
from .model import Person

__all__ = ["BirthDateNotValid", "Entered", "demand_other_guardians", "enter", "open_sign_in"]


@dataclass(frozen=True)
class Entered:
    """A child, and the guardianship by which the guardian acts for it."""

    person_id: UUID
    mandate_id: UUID


def enter(work: Work, *, display_name: str, born_on: date, zone: str) -> Entered:
    """Enter a child of the acting person, its guardian from now on until it is eighteen.

    ``zone`` is the calendar that birthdays are counted on. Refuses with BirthDateNotValid,
    GuardianTooYoung and TooManyMandates (ten children).
    """
    guardian_id, today = ids.read("person", work.actor.id), day_in(zone, work.now)
    if born_on > today or is_adult(born_on, today):
        raise BirthDateNotValid(
            errors=[{"pointer": "/born_on", "detail": "A child is under eighteen."}]
        )
    one_at_a_time(work)
    guardian = work.session.get(Person, guardian_id)
    if guardian is None or guardian.state != "active":
        raise PersonGone
    own_birth = work.session.scalar(select(Child.born_on).where(Child.person_id == guardian_id))
    if own_birth is not None and not is_adult(own_birth, today):
        raise GuardianTooYoung
    if _children_of(work, guardian_id) >= MOST_CHILDREN:
        raise TooManyMandates
    child = Person(
        id=ids.new_id(),
        display_name=display_name,
        language=guardian.language,
        synthetic=guardian.synthetic,
        created_at=work.now,
    )
    work.session.add(child)
    work.session.flush()
    work.session.add(
        Child(person_id=child.id, born_on=born_on, entered_by=guardian_id, entered_at=work.now)
    )
    mandate_id = _guardianship(work, child.id, guardian_id, born_on, zone)
    work.emit(ChildEntered(person_id=child.id, guardian_id=guardian_id))
    audit.record(work, "identity.child_entered", ids.show("person", child.id))
    return Entered(child.id, mandate_id)


def open_sign_in(
    work: Work, keyring: KeyRing, child_id: UUID, *, login: str, code: str, client: str, zone: str
) -> None:
    """Give a child of fourteen or more a sign-in of its own, at the address that ``login`` and
    ``code`` (as for signing in) show to be at hand.

    Refuses with NoChild, TooYoung, AddressTaken; with SignInOver and, remembered, CodeWrong.
    """
    guardian_id = ids.read("person", work.actor.id)
    born_on = work.session.scalar(
        select(Child.born_on)
        .join(MandateRow, MandateRow.giver_id == Child.person_id)
        .where(
            Child.person_id == child_id,
            MandateRow.holder_id == guardian_id,
            MandateRow.kind == "guardianship",
            MandateRow.state == "active",
            MandateRow.until > work.now,
        )
    )
    if born_on is None:
        raise NoChild
    if is_under_fourteen(born_on, day_in(zone, work.now)):
        raise TooYoung
    shown = signing_in.show_address(work, keyring, login=login, code=code, client=client)
    if not people.add_address(work, keyring, child_id, shown.address):
        raise AddressTaken
    audit.record(work, "identity.child_may_sign_in", ids.show("person", child_id))


def demand_other_guardians(work: Work, person_id: UUID) -> None:
    """Refuse with LastGuardian as long as some child of this person has no other guardian, for
    their account is to be closed. Of two who leave at once the second is refused."""
    one_at_a_time(work)
    own, other = aliased(MandateRow), aliased(MandateRow)

    def in_force(row: type[MandateRow]) -> ColumnElement[bool]:
        return and_(row.kind == "guardianship", row.state == "active", row.until > work.now)

    alone = work.session.scalar(
        select(own.id)
        .where(
            own.holder_id == person_id,
            in_force(own),
            ~exists().where(
                other.giver_id == own.giver_id, other.holder_id != person_id, in_force(other)
            ),
        )
        .limit(1)
    )
    if alone is not None:
        raise LastGuardian


def _children_of(work: Work, guardian_id: UUID) -> int:
    count = work.session.scalar(
        select(func.count()).where(
            MandateRow.holder_id == guardian_id,
            MandateRow.kind == "guardianship",
            MandateRow.state == "active",
            MandateRow.until > work.now,
        )
    )
    return count or 0


def _guardianship(work: Work, child_id: UUID, guardian_id: UUID, born_on: date, zone: str) -> UUID:
    """In force by law, so there is no offer that awaits an answer."""
    ends = guardianship_ends(born_on, zone)
    row = MandateRow(
        id=ids.new_id(),
        kind="guardianship",
        state="active",
        giver_id=child_id,
        holder_id=guardian_id,
        given_by=guardian_id,
        scopes=[EVERYTHING],
        may_delegate=True,
        starts_at=work.now,
        until=ends,
        offered_at=work.now,
        offer_until=ends,
        offered_through="app",
        accepted_at=work.now,
        accepted_through="app",
    )
    work.session.add(row)
    work.session.flush()
    work.emit(MandateAccepted(mandate_id=row.id, giver_id=child_id, holder_id=guardian_id))
    return row.id
