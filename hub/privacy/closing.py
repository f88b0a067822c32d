"""Closing an account: asked for, waited for, then closed and erased.

``waiting`` for a week, in which a sign-in is enough to call it off; ``closed`` at its due time: the
account opens to nobody and its addresses are free; ``erased`` a quarter of an hour later, when no
process takes an old token any more. Every step is one transaction and may be done again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Table, delete, exists, insert, select, update

from hub import audit, identity
from hub.files import Vault
from hub.kernel import ids
from hub.kernel.work import Reading, Work

from .belonging import columns, tables_of_people, theirs
from .errors import ClosureUnderWay, NoClosure
from .events import ClosureAsked, ClosureCancelled
from .exporting import drop_all_of
from .model import Closure

WAITS = timedelta(days=7)
SETTLES = timedelta(minutes=15)
"""Longer than an access token lives: until then the rows of ended sessions are still needed."""

KEPT = timedelta(days=365 * 3)


@dataclass(frozen=True)
class ClosureSeen:
    """That an account will be closed, and when."""

    state: str
    asked_at: datetime
    due_at: datetime


def ask_to_close(work: Work, *, sign_out_everywhere: bool) -> ClosureSeen:
    """Ask for the acting person's account to be closed in a week.

    Refuses with StrongerSignInNeeded, ClosureUnderWay, LastGuardian. With ``sign_out_everywhere``
    every session ends now; whoever signs in again within the week can still call it off.
    """
    identity.demand(work)
    person_id = ids.read("person", work.actor.id)
    identity.children.demand_other_guardians(work, person_id)
    due_at = work.now + WAITS
    if _open(work, person_id) is not None:
        raise ClosureUnderWay
    closure_id = ids.new_id()
    work.session.execute(
        insert(Closure).values(
            id=closure_id,
            person_id=person_id,
            state="waiting",
            asked_at=work.now,
            due_at=due_at,
        )
    )
    audit.record(work, "privacy.closure_asked", ids.show("closure", closure_id))
    work.emit(ClosureAsked(person_id=person_id, closure_id=closure_id, due_at=due_at))
    if sign_out_everywhere:
        identity.end_all(work)
    return ClosureSeen("waiting", work.now, due_at)


def closure_of(reading: Reading) -> ClosureSeen | None:
    """Whether the acting person's account is going to be closed."""
    row = reading.connection.execute(
        select(Closure.state, Closure.asked_at, Closure.due_at).where(
            Closure.person_id == ids.read("person", reading.actor.id),
            Closure.state == "waiting",
        )
    ).one_or_none()
    return None if row is None else ClosureSeen(row.state, row.asked_at, row.due_at)


def cancel_closure(work: Work) -> None:
    """Keep the acting person's account after all; NoClosure when nobody asked to close it."""
    person_id = ids.read("person", work.actor.id)
    kept = work.session.scalar(
        update(Closure)
        .where(Closure.person_id == person_id, Closure.state == "waiting")
        .values(state="cancelled", cancelled_at=work.now)
        .returning(Closure.id)
    )
    if kept is None:
        raise NoClosure
    audit.record(work, "privacy.closure_cancelled", ids.show("closure", kept))
    work.emit(ClosureCancelled(person_id=person_id, closure_id=kept))


def closures_due(work: Work) -> Sequence[UUID]:
    """The closures whose week is over."""
    return work.session.scalars(
        select(Closure.id).where(Closure.state == "waiting", Closure.due_at <= work.now)
    ).all()


def erasures_due(work: Work) -> Sequence[UUID]:
    """The closed accounts that are to be erased now."""
    return work.session.scalars(
        select(Closure.id).where(Closure.state == "closed", Closure.closed_at <= work.now - SETTLES)
    ).all()


def close_due(work: Work, closure_id: UUID) -> None:
    """Close the account of a closure whose week is over; nothing happens when it was called off.

    Refuses with LastGuardian when the other guardian of a child has left in that week: then it
    waits until there is another one.
    """
    person_id = work.session.scalar(
        update(Closure)
        .where(Closure.id == closure_id, Closure.state == "waiting", Closure.due_at <= work.now)
        .values(state="closed", closed_at=work.now)
        .returning(Closure.person_id)
    )
    if person_id is not None:
        identity.children.demand_other_guardians(work, person_id)
        identity.close(work, person_id)


def erase_closed(work: Work, vault: Vault, closure_id: UUID) -> None:
    """Erase what was personal in a closed account, as every column declares. What is left: rows the
    law wants kept, and the bare id that they hang on.

    A row of the access log that is not sealed yet keeps all of it waiting for the next turn.
    """
    person_id = work.session.scalar(
        select(Closure.person_id)
        .where(Closure.id == closure_id, Closure.state == "closed")
        .with_for_update(skip_locked=True)
    )
    if person_id is None:
        return
    while audit.erase(work, person_id):
        pass
    tables = tables_of_people()
    if any(_is_there(work, table, person_id) for table in tables if _by_verb(table)):
        return
    identity.close(work, person_id)  # whatever was begun in the moment of closing
    drop_all_of(work, vault, person_id)
    work.session.flush()
    for table in reversed(tables):
        if not _by_verb(table):
            _erase(work, table, person_id)
    work.session.execute(
        update(Closure).where(Closure.id == closure_id).values(state="erased", erased_at=work.now)
    )
    audit.record(work, "privacy.account_erased", ids.show("closure", closure_id))


def forget_closures(work: Work) -> None:
    """Forget closures that were called off or done three years ago."""
    long_ago = work.now - KEPT
    work.session.execute(
        delete(Closure).where((Closure.cancelled_at < long_ago) | (Closure.erased_at < long_ago))
    )


def _open(work: Work, person_id: UUID) -> UUID | None:
    found: UUID | None = work.session.scalar(
        select(Closure.id).where(Closure.person_id == person_id, Closure.state != "cancelled")
    )
    return found


def _by_verb(table: Table) -> bool:
    said = table.info.get("whose")
    return said is not None and bool(said.by_verb)


def _is_there(work: Work, table: Table, person_id: UUID) -> bool:
    return bool(work.session.scalar(select(exists().where(theirs(table, person_id)))))


def _erase(work: Work, table: Table, person_id: UUID) -> None:
    said, mine = columns(table), theirs(table, person_id)
    if any(each.erase == "delete" for _, each in said):
        work.session.execute(delete(table).where(mine))
    elif blanks := {c.name: each.blank for c, each in said if each.erase == "blank"}:
        work.session.execute(update(table).where(mine).values(blanks))
