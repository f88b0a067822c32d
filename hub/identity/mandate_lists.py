"""The mandates that a person is part of, as they see them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast
from uuid import UUID

from sqlalchemy import Row, Select, or_, select
from sqlalchemy.orm import aliased

from hub.kernel import ids
from hub.kernel.errors import NotFound
from hub.kernel.work import Reading

from .mandate_model import Child, MandateRow
from .mandate_rules import Kind
from .model import Person

Part = Literal["giver", "holder", "between"]
Shown = Literal["offered", "active", "over", "ended"]


@dataclass(frozen=True)
class Line:
    """One mandate as one of its people sees it.

    ``part`` is theirs: the ``giver`` for whom is acted, the ``holder`` who acts, or who stands
    ``between`` because they handed it on. ``state`` is as of now; an offer or a mandate whose time
    has passed is ``over``. Names are None where nobody has a name or nobody has accepted.
    """

    id: UUID
    kind: Kind
    part: Part
    state: Shown
    giver_id: UUID
    giver_name: str | None
    holder_id: UUID | None
    holder_name: str | None
    scopes: tuple[str, ...]
    amount_limit: int | None
    acts_limit: int | None
    acts_done: int
    may_delegate: bool
    handed_on: bool
    starts_at: datetime
    until: datetime
    offer_until: datetime
    offered_at: datetime
    offered_through: str
    accepted_at: datetime | None
    accepted_through: str | None
    ended_at: datetime | None
    ended_because: str | None
    born_on: Any = None


def mine(reading: Reading, *, after: UUID | None, limit: int) -> list[Line]:
    """The mandates that the acting person gave, holds, handed on or is offered, newest first; one
    more than ``limit`` if there are."""
    me = ids.read("person", reading.actor.id)
    query = _of(me).order_by(MandateRow.id.desc()).limit(limit + 1)
    if after is not None:
        query = query.where(MandateRow.id < after)
    return [_line(row, me, reading.now) for row in reading.connection.execute(query)]


def of_mine(reading: Reading, mandate_id: UUID) -> Line:
    """One of them; somebody else's is NotFound."""
    me = ids.read("person", reading.actor.id)
    found = reading.connection.execute(_of(me).where(MandateRow.id == mandate_id)).one_or_none()
    if found is None:
        raise NotFound
    return _line(found, me, reading.now)


def _of(me: UUID) -> Select[Any]:
    giver, holder = aliased(Person), aliased(Person)
    return (
        select(
            *MandateRow.__table__.columns,
            giver.display_name.label("giver_name"),
            holder.display_name.label("holder_name"),
            Child.born_on,
        )
        .join(giver, giver.id == MandateRow.giver_id)
        .outerjoin(holder, holder.id == MandateRow.holder_id)
        .outerjoin(
            Child, (Child.person_id == MandateRow.giver_id) & (MandateRow.kind == "guardianship")
        )
        .where(
            or_(MandateRow.giver_id == me, MandateRow.holder_id == me, MandateRow.given_by == me)
        )
    )


def _line(row: Row[Any], me: UUID, now: datetime) -> Line:
    state: Shown = row.state
    ends = row.offer_until if state == "offered" else row.until
    if state != "ended" and now >= ends:
        state = "over"
    part: Part = "between"
    if me == row.giver_id:
        part = "giver"
    elif me == row.holder_id:
        part = "holder"
    # Offering something to an id must not tell whose it is.
    known = row.accepted_at is not None or part == "holder"
    return Line(
        id=row.id,
        kind=cast(Kind, row.kind),
        part=part,
        state=state,
        giver_id=row.giver_id,
        giver_name=row.giver_name,
        holder_id=row.holder_id,
        holder_name=row.holder_name if known else None,
        scopes=tuple(row.scopes),
        amount_limit=row.amount_limit,
        acts_limit=row.acts_limit,
        acts_done=row.acts_done,
        may_delegate=row.may_delegate,
        handed_on=row.parent_id is not None,
        starts_at=row.starts_at,
        until=row.until,
        offer_until=row.offer_until,
        offered_at=row.offered_at,
        offered_through=row.offered_through,
        accepted_at=row.accepted_at,
        accepted_through=row.accepted_through,
        ended_at=row.ended_at,
        ended_because=row.ended_because,
        born_on=row.born_on,
    )
