"""Officers: people of the city's staff, the roles they are appointed to, and being on duty.

A role reads ``<sector>:<role>`` and stands for scopes that its sector declares. An officer signs in
like anybody, surely (``urn:city:loa:2``), and then goes on duty: that is a session of its own, and
only its tokens carry the scopes of the roles. It ends after a working day, with the first of the
appointments it stands on, and at once when one of them is ended.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert

from hub import audit
from hub.kernel import ids
from hub.kernel.errors import NotFound
from hub.kernel.work import Reading, Work

from . import officer_model as model
from .ending import end_sessions
from .errors import StrongerSignInNeeded
from .events import AppointmentEnded, OfficerAppointed
from .model import Grant, Session
from .officer_errors import AppointmentNotUsable, NotInOffice, OwnDeed
from .people import is_active
from .refreshing import Tokens, first_generation, tokens_of
from .rules import LOA_STRONG, RECENT, reaches
from .sessions import acting
from .tokens import CITY_DESK, Issuer

PREFIX = "appointment"
DUTY_LIVES = timedelta(hours=12)
LONGEST_TERM = timedelta(days=2 * 365)
ADMINISTRATOR = "identity:administrator"
"""Whoever appoints; appointing one of these takes two."""

DESK = "identity.desk:use"
"""What every officer on duty may: see their own desk, and decide what is theirs to decide."""

_FORGET = text("SELECT identity_forget_officers(:before)")

Roles = Mapping[str, frozenset[str]]
"""The declared roles, ``<sector>:<role>``, and the scopes that each stands for."""


@dataclass(frozen=True)
class Appointment:
    """One line of the list of appointments."""

    id: UUID
    officer_id: UUID
    service_name: str
    role: str
    appointed_by: str
    appointed_at: datetime
    until: datetime
    ended_by: str | None
    ended_at: datetime | None


def check(work: Work, roles: Roles, *, person_id: UUID, role: str, until: datetime) -> None:
    """Whether this appointment could be made now by whoever acts; refuses with
    AppointmentNotUsable, NotFound (no such person) and OwnDeed."""
    if role not in roles:
        detail = "No sector declares this role."
        raise AppointmentNotUsable(errors=[{"pointer": "/role", "detail": detail}])
    if not work.now < until <= work.now + LONGEST_TERM:
        detail = "Between now and two years from now."
        raise AppointmentNotUsable(errors=[{"pointer": "/until", "detail": detail}])
    if not is_active(work, person_id):
        raise NotFound
    forbid_own(work, person_id)


def forbid_own(work: Work, person_id: UUID) -> None:
    """Refuse with OwnDeed when the acting officer is this very person: nobody decides about
    themselves. Whoever acts as no officer is let through."""
    known = work.session.scalar(
        select(model.Officer.id).where(model.Officer.person_id == person_id)
    )
    if known is not None and ids.show("officer", known) == work.actor.id:
        raise OwnDeed


def appoint(
    work: Work, roles: Roles, *, person_id: UUID, role: str, service_name: str, until: datetime
) -> Appointment:
    """Appoint a person to a role until a day. They are told apart from the citizen they also are
    by an officer's number of their own. Refuses as ``check`` does."""
    check(work, roles, person_id=person_id, role=role, until=until)
    officer = model.Officer
    officer_id = work.session.execute(
        insert(officer)
        .values(
            id=ids.new_id(), person_id=person_id, service_name=service_name, created_at=work.now
        )
        .on_conflict_do_update(
            index_elements=[officer.person_id], set_={"service_name": service_name}
        )
        .returning(officer.id)
    ).scalar_one()
    made = model.Appointment(
        id=ids.new_id(),
        officer_id=officer_id,
        role=role,
        appointed_by=work.actor.id,
        appointed_at=work.now,
        until=until,
    )
    work.session.add(made)
    work.session.flush()
    work.emit(OfficerAppointed(officer_id=officer_id, appointment_id=made.id, role=role))
    shown = ids.show(PREFIX, made.id)
    audit.record(
        work,
        "identity.officer_appointed",
        shown,
        role=role,
        officer=ids.show("officer", officer_id),
    )
    return _found(work, made.id)


def end_appointment(work: Work, appointment_id: UUID) -> Appointment:
    """End an appointment before its day. Its officer is off duty at once, everywhere; with what
    other appointments they hold they can go on duty again. Twice is harmless."""
    found = _found(work, appointment_id)
    _lock(work, model.Officer.id == found.officer_id)
    ended = work.session.execute(
        insert(model.AppointmentEnd)
        .values(appointment_id=appointment_id, ended_by=work.actor.id, ended_at=work.now)
        .on_conflict_do_nothing()
        .returning(model.AppointmentEnd.appointment_id)
    ).scalar()
    if ended is not None:
        on_duty = work.session.scalars(
            select(Session.id).where(
                Session.officer_id == found.officer_id, Session.revoked_at.is_(None)
            )
        ).all()
        end_sessions(work, on_duty, because="appointment_ended")
        work.emit(
            AppointmentEnded(
                officer_id=found.officer_id, appointment_id=appointment_id, role=found.role
            )
        )
        shown = ids.show(PREFIX, appointment_id)
        audit.record(work, "identity.appointment_ended", shown, role=found.role)
    return _found(work, appointment_id)


def go_on_duty(work: Work, issuer: Issuer, roles: Roles, *, device_name: str | None) -> Tokens:
    """A session in office for the acting person, with the scopes of the roles they hold today.

    Refuses with StrongerSignInNeeded unless they have just shown surely who they are, and with
    NotInOffice.
    """
    # Under the lock of the officer, so that an appointment ended meanwhile ends this session too.
    officer_id = _lock(work, model.Officer.person_id == ids.read("person", work.actor.id))
    shown = acting(work)
    if not reaches(shown.acr, LOA_STRONG) or shown.auth_time < work.now - RECENT:
        raise StrongerSignInNeeded(acr=LOA_STRONG, max_age=RECENT)
    held = [
        row for row in work.session.execute(_in_force(officer_id, work.now)) if row.role in roles
    ]
    if officer_id is None or not held:
        raise NotInOffice
    session = Session(
        id=ids.new_id(),
        person_id=shown.person_id,
        officer_id=officer_id,
        device_name=device_name,
        acr=shown.acr,
        amr=list(shown.amr),
        auth_time=shown.auth_time,
        last_seen_at=work.now,
        expires_at=min(work.now + DUTY_LIVES, *(row.until for row in held)),
    )
    grant = Grant(
        id=ids.new_id(),
        session_id=session.id,
        person_id=shown.person_id,
        client_id=CITY_DESK,
        scopes=sorted(frozenset({DESK}).union(*(roles[row.role] for row in held))),
        created_at=work.now,
    )
    for row in (session, grant):
        work.session.add(row)
        work.session.flush()
    audit.record(
        work,
        "identity.duty_begun",
        ids.show("session", session.id),
        officer=ids.show("officer", officer_id),
        roles=" ".join(sorted(row.role for row in held)),
    )
    refresh_token = first_generation(work, grant.id, session.expires_at)
    return tokens_of(work, issuer, session, grant, refresh_token)


def end_duty(work: Work) -> None:
    """The acting officer goes off duty: this session of theirs ends."""
    end_sessions(work, [acting(work).id], because="signed_out")


def appointments(reading: Reading, *, after: UUID | None, limit: int) -> list[Appointment]:
    """Every appointment ever made, the newest first; one more than ``limit`` if there are."""
    query = _SELECT.order_by(model.Appointment.id.desc()).limit(limit + 1)
    if after is not None:
        query = query.where(model.Appointment.id < after)
    return [Appointment(**row._mapping) for row in reading.connection.execute(query)]


def my_appointments(reading: Reading) -> list[Appointment]:
    """The appointments in force of the acting officer, the oldest first."""
    me = ids.read("officer", reading.actor.id)
    query = _in_force(me, reading.now).order_by(model.Appointment.id)
    return [Appointment(**row._mapping) for row in reading.connection.execute(query)]


def in_force(work: Work) -> list[Appointment]:
    """The appointments in force of all officers, the oldest first."""
    query = _SELECT.where(
        model.Appointment.until > work.now, model.AppointmentEnd.ended_at.is_(None)
    ).order_by(model.Appointment.id)
    return [Appointment(**row._mapping) for row in work.session.execute(query)]


def all_appointments(work: Work) -> list[Appointment]:
    """Every appointment ever made, the oldest first."""
    rows = work.session.execute(_SELECT.order_by(model.Appointment.id))
    return [Appointment(**row._mapping) for row in rows]


_SELECT = (
    select(
        model.Appointment.id,
        model.Appointment.officer_id,
        model.Officer.service_name,
        model.Appointment.role,
        model.Appointment.appointed_by,
        model.Appointment.appointed_at,
        model.Appointment.until,
        model.AppointmentEnd.ended_by,
        model.AppointmentEnd.ended_at,
    )
    .join(model.Officer, model.Officer.id == model.Appointment.officer_id)
    .outerjoin(model.AppointmentEnd, model.AppointmentEnd.appointment_id == model.Appointment.id)
)


def forget_old(work: Work) -> None:
    """Forget what was done in office ten years after it was over. The history is append-only for
    the application, so a function of the owner does it."""
    work.session.execute(_FORGET, {"before": work.now - model.KEPT})


def _in_force(officer_id: UUID | None, now: datetime) -> Any:
    return _SELECT.where(
        model.Appointment.officer_id == officer_id,
        model.Appointment.until > now,
        model.AppointmentEnd.ended_at.is_(None),
    )


def _found(work: Work, appointment_id: UUID) -> Appointment:
    row = work.session.execute(_SELECT.where(model.Appointment.id == appointment_id)).one_or_none()
    if row is None:
        raise NotFound
    return Appointment(**row._mapping)


def _lock(work: Work, which: Any) -> UUID | None:
    return work.session.scalar(select(model.Officer.id).where(which).with_for_update())
