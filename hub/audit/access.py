"""Verbs of the access log: that something about a person was read, and what was."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from hub.kernel import ids
from hub.kernel.errors import NotFound
from hub.kernel.work import Closing, Reading, Work

from .access_model import Access, Leaf
from .rows import Content, new_salt

ACCESS = Closing(
    "access",
    """
    access AS (
        INSERT INTO audit_access (id, at, person_id, actor_kind, actor_id, for_whom, client_id,
                                  register, purpose, basis, fields, salt)
        SELECT id, at, person_id, actor_kind, actor_id, for_whom, client_id,
               register, purpose, basis, fields, decode(salt, 'hex')
        FROM jsonb_to_recordset(CAST(:access AS jsonb)) AS row (
            id uuid, at timestamptz, person_id uuid, actor_kind text, actor_id text,
            for_whom text, client_id text, register text, purpose text, basis text,
            fields text[], salt text)
    )""",
)


def read(
    work: Work,
    *,
    about: UUID,
    register: str,
    purpose: str,
    basis: str,
    fields: Sequence[str],
    client_id: str | None = None,
    for_whom: str | None = None,
) -> None:
    """Note that the acting party reads ``fields`` of a person's record in a ``register``.

    Call it in the transaction of the read: the row is committed with it or not at all, by one
    INSERT at its end that shares no lock with any other. The person sees it at once, under
    ``/v1/me/access-log``; within two seconds it is sealed (sealing.py). ``basis`` is one of the
    words of ``hub.kernel.personal.Basis``, ``fields`` are names of columns, never values;
    ``for_whom`` is the public id of whom the acting party acts for, ``client_id`` the partner or
    app it acts through, if that is not the actor's own. Who acts by a mandate is the one who read.
    """
    acting = work.actor.act
    leave(
        work,
        Content(
            id=ids.new_id(),
            at=work.now,
            about=about,
            actor_kind=work.actor.kind,
            actor_id=acting or work.actor.id,
            for_whom=for_whom or (work.actor.id if acting else None),
            client_id=client_id or work.actor.client,
            register=register,
            purpose=purpose,
            basis=basis,
            fields=fields,
        ),
    )


def leave(work: Work, content: Content) -> None:
    """Leave a row to the end of the transaction."""
    work.leave(
        ACCESS,
        {
            "id": content.id,
            "at": content.at.isoformat(),
            "person_id": content.about,
            "actor_kind": content.actor_kind,
            "actor_id": content.actor_id,
            "for_whom": content.for_whom,
            "client_id": content.client_id,
            "register": content.register,
            "purpose": content.purpose,
            "basis": content.basis,
            "fields": list(content.fields),
            "salt": new_salt().hex(),
        },
    )


def mine(reading: Reading, *, after: UUID | None, limit: int) -> Sequence[Any]:
    """Who read something about the acting person, newest first; one more than ``limit`` if there
    are. ``sealed`` says whether the row is in the tree."""
    query = (
        select(*Access.__table__.columns, Leaf.position.is_not(None).label("sealed"))
        .outerjoin(Leaf, Leaf.access_id == Access.id)
        .where(Access.person_id == ids.read("person", reading.actor.id))
        .order_by(Access.id.desc())
        .limit(limit + 1)
    )
    if after is not None:
        query = query.where(Access.id < after)
    return reading.connection.execute(query).all()


def one_of_mine(reading: Reading, access_id: UUID) -> Any:
    """One row about the acting person; NotFound for anybody else's."""
    found = reading.connection.execute(
        select(*Access.__table__.columns).where(
            Access.id == access_id, Access.person_id == ids.read("person", reading.actor.id)
        )
    ).one_or_none()
    if found is None:
        raise NotFound
    return found
