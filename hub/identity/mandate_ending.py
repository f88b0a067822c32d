"""How mandates end: by word of either side, with an account, with what they stand on, with time."""

from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, text, update

from hub import audit
from hub.kernel import ids
from hub.kernel.errors import NotFound
from hub.kernel.work import Work

from .ages import day_in, is_under_fourteen
from .mandate_errors import LastGuardian, UnderGuardianship
from .mandate_events import MandateEnded
from .mandate_model import KEPT, Child, MandateRow
from .mandate_rules import OFFER_LIVES

_ALONE = text("SELECT pg_advisory_xact_lock(hashtext('identity.mandate'))")


def one_at_a_time(work: Work) -> None:
    """Wait until nobody else accepts a mandate or leaves a child, to the end of the transaction."""
    work.session.execute(_ALONE)


def end(work: Work, mandate_id: UUID, *, zone: str) -> None:
    """End a mandate or its offer from either side, at once; what was handed on from it ends too.
    Somebody else's is NotFound; what has ended stays ended.

    A guardianship is ended by its guardian alone: others are refused with UnderGuardianship, the
    last one with LastGuardian as long as the child is under fourteen on the calendar of ``zone``.
    """
    me = ids.read("person", work.actor.id)
    row = work.session.get(MandateRow, mandate_id)
    if row is None or me not in {row.giver_id, row.holder_id, row.given_by}:
        raise NotFound
    if row.kind == "guardianship" and row.state == "active" and row.until > work.now:
        _guardianship_may_end(work, row, me, zone)
    because = "withdrawn"
    if me == row.holder_id:
        because = "given_up" if row.state == "active" else "declined"
    if _ended(work, MandateRow.id == mandate_id, because):
        _ended(work, _stands_on(row), "ended_with_another")


def end_all_of(work: Work, person_id: UUID) -> None:
    """End whatever somebody lets others do and others let them do, offers too: their account was
    closed. What they had handed on ends with it; another guardian whom they had offered stays."""
    offered = (MandateRow.given_by == person_id) & (MandateRow.state == "offered")
    theirs = or_(MandateRow.giver_id == person_id, MandateRow.holder_id == person_id, offered)
    ended = _ended(work, theirs, "ended_with_another")
    _ended(work, MandateRow.parent_id.in_(ended), "ended_with_another")


def forget_old(work: Work) -> None:
    """Delete mandates three years after their end, and offers that nobody accepted a week after
    they lapsed."""
    lapsed = MandateRow.accepted_at.is_(None) & (MandateRow.offer_until < work.now - OFFER_LIVES)
    over = func.coalesce(MandateRow.ended_at, MandateRow.until) < work.now - KEPT
    work.session.execute(
        delete(MandateRow).where(lapsed | over).execution_options(synchronize_session=False)
    )


def _guardianship_may_end(work: Work, row: MandateRow, me: UUID, zone: str) -> None:
    if me != row.holder_id:
        raise UnderGuardianship
    one_at_a_time(work)
    born_on = work.session.scalar(select(Child.born_on).where(Child.person_id == row.giver_id))
    others = work.session.scalar(
        select(func.count()).where(
            MandateRow.giver_id == row.giver_id,
            MandateRow.kind == "guardianship",
            MandateRow.state == "active",
            MandateRow.until > work.now,
            MandateRow.id != row.id,
        )
    )
    if not others and born_on is not None and is_under_fourteen(born_on, day_in(zone, work.now)):
        raise LastGuardian


def _stands_on(row: MandateRow) -> ColumnElement[bool]:
    """What was handed on from a mandate; and other guardians whom this one offered and who have not
    accepted yet."""
    handed_on = MandateRow.parent_id == row.id
    if row.kind != "guardianship":
        return handed_on
    return handed_on | and_(
        MandateRow.kind == "guardianship",
        MandateRow.state == "offered",
        MandateRow.giver_id == row.giver_id,
        MandateRow.given_by == row.holder_id,
    )


def _ended(work: Work, which: object, because: str) -> list[UUID]:
    # What time has ended already keeps its own end: by that it is forgotten, after its parts.
    rows = work.session.execute(
        update(MandateRow)
        .where(
            which,  # type: ignore[arg-type]
            MandateRow.state.in_(("offered", "active")),
            MandateRow.until > work.now,
        )
        .values(
            state="ended",
            ended_at=work.now,
            ended_by=work.actor.act or work.actor.id,
            ended_because=because,
        )
        .execution_options(synchronize_session=False)
        .returning(MandateRow.id, MandateRow.giver_id, MandateRow.holder_id)
    ).all()
    for row in rows:
        work.emit(
            MandateEnded(
                mandate_id=row.id, giver_id=row.giver_id, holder_id=row.holder_id, reason=because
            )
        )
        note(work, "ended", row.id, because=because)
    return [row.id for row in rows]


def note(work: Work, what: str, mandate_id: UUID, **details: str) -> None:
    """An act on a mandate, in the audit."""
    audit.record(work, f"identity.mandate_{what}", ids.show("mandate", mandate_id), **details)
