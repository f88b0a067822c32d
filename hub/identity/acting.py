"""Acting for somebody else: whether a mandate allows it now, and the stamp of each act.

The database is asked on every request, so what was withdrawn is refused on the next one. A change
is counted by one conditional UPDATE in the transaction of the act: eight at once are eight acts,
and whoever withdraws waits for the act under way or is there before it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Row, select, text, update

from hub import audit
from hub.kernel import ids
from hub.kernel.work import Reading, Work

from .mandate_errors import AmountBeyondMandate, NoMandate
from .mandate_model import MandateRow
from .mandate_rules import Kind, Mandate, State, affords, may_act

ACTED = "identity.acted_for"
"""The action under which the audit keeps each act and read by a mandate; its subject."""

_FOUND = """
    SELECT m.id, m.kind, m.state, m.scopes, m.amount_limit, m.acts_limit, m.acts_done,
           m.may_delegate, m.starts_at, m.until,
           giver.state = 'active' AND holder.state = 'active' AS people_active,
           p.id AS p_id, p.kind AS p_kind, p.state AS p_state, p.scopes AS p_scopes,
           p.amount_limit AS p_amount_limit, p.acts_limit AS p_acts_limit,
           p.acts_done AS p_acts_done, p.may_delegate AS p_may_delegate,
           p.starts_at AS p_starts_at, p.until AS p_until,
           between.state = 'active' AS p_people_active
    FROM identity_mandate AS m
    JOIN identity_person AS giver ON giver.id = m.giver_id
    JOIN identity_person AS holder ON holder.id = m.holder_id
    LEFT JOIN identity_mandate AS p ON p.id = m.parent_id
    LEFT JOIN identity_person AS between ON between.id = p.holder_id
"""
_BETWEEN = text(
    _FOUND + "WHERE m.giver_id = :giver AND m.holder_id = :holder AND m.state = 'active'"
    " AND m.until > :now ORDER BY m.id"
)
_ONE = text(_FOUND + "WHERE m.id = :id")


@dataclass(frozen=True)
class Allowed:
    """A mandate that allows an act, and what it says."""

    id: UUID
    mandate: Mandate


def allows(
    work: Work | Reading,
    *,
    principal_person: UUID,
    acting_person: UUID,
    scope: str,
    amount: int | None = None,
    changes: bool = True,
) -> Allowed | None:
    """The mandate by which ``acting_person`` may use ``scope`` for ``principal_person`` now; the
    oldest when several would do, None when none does. Counts nothing: ``act_under`` does.

    ``amount`` is what the act would move, in minor units of the yuan.
    """
    asked = {"giver": principal_person, "holder": acting_person, "now": work.now}
    rows = (
        work.session.execute(_BETWEEN, asked)
        if isinstance(work, Work)
        else work.connection.execute(_BETWEEN, asked)
    )
    for row in rows.all():
        mandate = _read(row)
        if may_act(mandate, scope, amount, work.now, changes=changes).allowed:
            return Allowed(row.id, mandate)
    return None


def act_under(work: Work, *, scope: str, operation: str, changes: bool = True) -> None:
    """Stamp the acting person's act with the mandate it is done by, and count it if it changes
    something; refuses with NoMandate when that mandate has just ended or is used up."""
    mandate_id = _mandate_of(work)
    if changes:
        _count(work, mandate_id)
    row = work.session.execute(_ONE, {"id": mandate_id}).one_or_none()
    # The act itself is counted already, so its number is not looked at again.
    if row is None or not may_act(_read(row), scope, None, work.now, changes=False).allowed:
        raise NoMandate
    shown = ids.show("mandate", mandate_id)
    audit.record(work, ACTED, shown, scope=scope, operation=operation, changes=changes)


def afford(work: Work, amount: int) -> None:
    """For verbs that move money: refuse with AmountBeyondMandate what the mandate does not cover
    (``amount`` in minor units of the yuan). Whoever acts for themselves passes. That the mandate is
    in force, ``act_under`` has seen in this transaction."""
    if work.actor.mandate is None:
        return
    row = work.session.execute(_ONE, {"id": _mandate_of(work)}).one()
    mandate = _read(row)
    for each in (mandate, mandate.parent):
        if each is not None and not affords(each, amount):
            raise AmountBeyondMandate(extra={"limit": each.amount_limit or 0})


def acts(reading: Reading, mandate_id: UUID, *, after: int | None, limit: int) -> Sequence[Any]:
    """What was done or read by a mandate, newest first; one more than ``limit`` if there are.
    The caller has opened the mandate (``mandates.of_mine``) before."""
    shown = ids.show("mandate", mandate_id)
    return audit.about(reading, shown, action=ACTED, after=after, limit=limit)


def _count(work: Work, mandate_id: UUID) -> None:
    """One act of a mandate, and of the one that it was handed on from; refuses with NoMandate."""
    parent_id = work.session.scalar(select(MandateRow.parent_id).where(MandateRow.id == mandate_id))
    for each in (parent_id, mandate_id):  # by ascending id
        if each is not None and not _counted(work, each):
            raise NoMandate


def _counted(work: Work, mandate_id: UUID) -> bool:
    counted = work.session.execute(
        update(MandateRow)
        .where(
            MandateRow.id == mandate_id,
            MandateRow.state == "active",
            MandateRow.starts_at <= work.now,
            MandateRow.until > work.now,
            MandateRow.acts_limit.is_(None) | (MandateRow.acts_done < MandateRow.acts_limit),
        )
        .values(acts_done=MandateRow.acts_done + 1)
        .execution_options(synchronize_session=False)
        .returning(MandateRow.id)
    ).scalar()
    return counted is not None


def _mandate_of(work: Work) -> UUID:
    if work.actor.mandate is None:
        raise NoMandate
    return ids.read("mandate", work.actor.mandate)


def _read(row: Row[Any]) -> Mandate:
    return _mandate(row, "", None if row.p_id is None else _mandate(row, "p_", None))


def _mandate(row: Row[Any], prefix: str, parent: Mandate | None) -> Mandate:
    def of(name: str) -> Any:
        return getattr(row, prefix + name)

    return Mandate(
        kind=cast(Kind, of("kind")),
        state=cast(State, of("state")),
        scopes=frozenset(of("scopes")),
        amount_limit=of("amount_limit"),
        acts_limit=of("acts_limit"),
        acts_done=of("acts_done"),
        may_delegate=of("may_delegate"),
        starts_at=of("starts_at"),
        until=of("until"),
        people_active=bool(of("people_active")),
        parent=parent,
    )
