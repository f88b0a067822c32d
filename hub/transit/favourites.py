"""Favourites: the stops and lines that a citizen wants at hand.

They name public ids, not rows of a version: a stop that a new timetable drops stays in the list and
comes back when the stop does.
"""

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from hub.kernel.errors import Invalid, NotFound
from hub.kernel.ids import new_id
from hub.kernel.work import Reading, Work

from .errors import NoRoute, NoStop, NoTimetable
from .feeds import feed_named
from .model import Favourite, Route, Stop

MOST = 200
Kind = Literal["stop", "route"]


class TooManyFavourites(Invalid):
    """You keep two hundred stops and lines already. Remove some before you add another."""

    title = "Your list is full"


def keep(work: Work, kind: Kind, target: str, label: str | None) -> Favourite:
    """Keep a stop or a line of the current timetable. Keeping it again changes the label."""
    _must_exist(work, kind, target)
    kept = work.session.scalars(
        insert(Favourite)
        .values(
            id=new_id(),
            person=work.actor.id,
            kind=kind,
            target=target,
            label=label,
            created_at=work.now,
        )
        .on_conflict_do_update(constraint="uq_transit_favourite_target", set_={"label": label})
        .returning(Favourite)
    ).one()
    mine = select(func.count()).where(Favourite.person == work.actor.id)
    if (work.session.scalar(mine) or 0) > MOST:
        raise TooManyFavourites
    return kept


def mine(reading: Reading, *, limit: int, after: UUID | None = None) -> Sequence[Favourite]:
    """The acting citizen's favourites, oldest first; one more than `limit` when there are more."""
    asked = select(*Favourite.__table__.columns).where(Favourite.person == reading.actor.id)
    if after is not None:
        asked = asked.where(Favourite.id > after)
    return reading.connection.execute(asked.order_by(Favourite.id).limit(limit + 1)).all()  # type: ignore[return-value]


def open_mine(work: Work, favourite_id: UUID) -> Favourite:
    """One of the acting citizen's own. Somebody else's does not exist, as far as they can tell."""
    found = work.session.get(Favourite, favourite_id)
    if found is None or found.person != work.actor.id:
        raise NotFound
    return found


def drop(work: Work, favourite_id: UUID) -> None:
    """Let go of one."""
    work.session.delete(open_mine(work, favourite_id))


def _must_exist(work: Work, kind: Kind, target: str) -> None:
    slug, _, key = target.partition(":")
    table, missing = (Stop, NoStop) if kind == "stop" else (Route, NoRoute)
    try:
        version = feed_named(work, slug).current_version_id
    except NoTimetable:
        raise missing from None
    if version is None or work.session.get(table, (version, key)) is None:
        raise missing
