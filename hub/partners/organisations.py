"""Organisations and who acts for them. To everybody who does not, they are NotFound."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from hub import audit, identity
from hub.kernel import ids
from hub.kernel.errors import NotFound
from hub.kernel.work import Reading, Work

from . import model
from .errors import LastOwner, OrganisationSuspended, OwnersOnly

PREFIX = "organisation"
Role = Literal["owner", "developer"]
State = Literal["active", "suspended"]


@dataclass(frozen=True)
class Organisation:
    """A partner; ``role`` is that of the acting person, None to officers."""

    id: UUID
    names: Mapping[str, str]
    contact: str
    state: str
    created_at: datetime
    role: str | None = None


@dataclass(frozen=True)
class Member:
    """A person who acts for an organisation."""

    person_id: UUID
    role: str
    added_at: datetime


def found(work: Work, *, names: Mapping[str, str], contact: str) -> Organisation:
    """Found an organisation; whoever acts is its owner."""
    row = model.Organisation(
        id=ids.new_id(),
        names=dict(names),
        contact=contact,
        state="active",
        created_at=work.now,
        changed_at=work.now,
    )
    work.session.add(row)
    work.session.flush()
    me = ids.read("person", work.actor.id)
    work.session.add(
        model.Member(organisation_id=row.id, person_id=me, role="owner", added_at=work.now)
    )
    audit.record(work, "partners.organisation_founded", ids.show(PREFIX, row.id))
    return _organisation(row, "owner")


def mine(reading: Reading, *, after: UUID | None, limit: int) -> list[Organisation]:
    """The organisations that the acting person acts for, the newest first; one more than
    ``limit`` if there are."""
    query = (
        select(*model.Organisation.__table__.columns, model.Member.role)
        .join(model.Member, model.Member.organisation_id == model.Organisation.id)
        .where(model.Member.person_id == ids.read("person", reading.actor.id))
        .order_by(model.Organisation.id.desc())
        .limit(limit + 1)
    )
    if after is not None:
        query = query.where(model.Organisation.id < after)
    return [_organisation(row, row.role) for row in reading.connection.execute(query)]


def one_of_mine(reading: Reading, organisation_id: UUID) -> tuple[Organisation, list[Member]]:
    """One of them, and everybody who acts for it; NotFound for anything else."""
    rows = reading.connection.execute(
        select(*model.Organisation.__table__.columns, model.Member.role)
        .join(model.Member, model.Member.organisation_id == model.Organisation.id)
        .where(
            model.Organisation.id == organisation_id,
            model.Member.person_id == ids.read("person", reading.actor.id),
        )
    )
    row = rows.one_or_none()
    if row is None:
        raise NotFound
    members = reading.connection.execute(
        select(model.Member.person_id, model.Member.role, model.Member.added_at)
        .where(model.Member.organisation_id == organisation_id)
        .order_by(model.Member.added_at, model.Member.person_id)
    )
    return _organisation(row, row.role), [Member(*member) for member in members]


def all_organisations(reading: Reading, *, after: UUID | None, limit: int) -> list[Organisation]:
    """Every organisation, the newest first, for officers; one more than ``limit``."""
    query = (
        select(*model.Organisation.__table__.columns)
        .order_by(model.Organisation.id.desc())
        .limit(limit + 1)
    )
    if after is not None:
        query = query.where(model.Organisation.id < after)
    return [_organisation(row, None) for row in reading.connection.execute(query)]


def set_member(work: Work, organisation_id: UUID, person_id: UUID, role: Role) -> Member:
    """Let a person act for an organisation, or change their role; refuses with OwnersOnly,
    LastOwner, and NotFound for nobody."""
    acting_for(work, organisation_id, owner=True)
    if not identity.is_active(work, person_id):
        raise NotFound
    if role != "owner":
        _another_owner(work, organisation_id, person_id)
    row = work.session.execute(
        insert(model.Member)
        .values(organisation_id=organisation_id, person_id=person_id, role=role, added_at=work.now)
        .on_conflict_do_update(
            index_elements=[model.Member.organisation_id, model.Member.person_id],
            set_={"role": role},
        )
        .returning(model.Member.person_id, model.Member.role, model.Member.added_at)
    ).one()
    shown = ids.show("person", person_id)
    audit.record(
        work, "partners.member_set", ids.show(PREFIX, organisation_id), member=shown, role=role
    )
    return Member(*row)


def remove_member(work: Work, organisation_id: UUID, person_id: UUID) -> None:
    """Let a person act for an organisation no longer: an owner anybody, everybody themselves.
    The last owner stays (LastOwner)."""
    leaving = ids.show("person", person_id) == work.actor.id
    acting_for(work, organisation_id, owner=not leaving)
    _another_owner(work, organisation_id, person_id)
    gone = work.session.execute(
        delete(model.Member)
        .where(model.Member.organisation_id == organisation_id, model.Member.person_id == person_id)
        .returning(model.Member.person_id)
    ).scalar()
    if gone is None:
        raise NotFound
    shown = ids.show("person", person_id)
    audit.record(work, "partners.member_removed", ids.show(PREFIX, organisation_id), member=shown)


def set_state(work: Work, organisation_id: UUID, state: State) -> Organisation:
    """Suspend an organisation, or end that (an officer). With it all its clients are out: no token
    of theirs opens a door any more, and they get none."""
    row = work.session.get(model.Organisation, organisation_id, with_for_update=True)
    if row is None:
        raise NotFound
    if row.state != state:
        row.state, row.changed_at = state, work.now
        clients = work.session.scalars(
            select(model.RegisteredApp.client_id)
            .where(model.RegisteredApp.organisation_id == organisation_id)
            .order_by(model.RegisteredApp.client_id)
        )
        identity.client_changes.set_state(work, list(clients), state)
        audit.record(work, f"partners.organisation_{state}", ids.show(PREFIX, organisation_id))
    return _organisation(row, None)


def acting_for(work: Work, organisation_id: UUID, *, owner: bool = False) -> Organisation:
    """The organisation under its lock, if the acting person acts for it; refuses with NotFound,
    OwnersOnly and OrganisationSuspended."""
    row = work.session.get(model.Organisation, organisation_id, with_for_update=True)
    role = work.session.scalar(
        select(model.Member.role).where(
            model.Member.organisation_id == organisation_id,
            model.Member.person_id == ids.read("person", work.actor.id),
        )
    )
    if row is None or role is None:
        raise NotFound
    if owner and role != "owner":
        raise OwnersOnly
    if row.state != "active":
        raise OrganisationSuspended
    return _organisation(row, role)


def _another_owner(work: Work, organisation_id: UUID, person_id: UUID) -> None:
    others = work.session.scalar(
        select(func.count())
        .select_from(model.Member)
        .where(
            model.Member.organisation_id == organisation_id,
            model.Member.role == "owner",
            model.Member.person_id != person_id,
        )
    )
    if not others:
        raise LastOwner


def _organisation(row: Any, role: str | None) -> Organisation:
    return Organisation(
        id=row.id,
        names=row.names,
        contact=row.contact,
        state=row.state,
        created_at=row.created_at,
        role=role,
    )
