"""Who is appointed to which role, by whom, until when."""

from datetime import datetime
from typing import Any

from hub.identity import Appointment, Approval, approvals, officers
from hub.kernel import ids
from hub.kernel.paging import Page, id_place, place_after
from hub.kernel.work import Reading, Work
from hub.web import Blueprint, PageQuery, reads, requires, transaction
from hub.web.offices import roles

from .approval_shape import shown as shown_approval
from .schemas import Appointment as AppointmentShape
from .schemas import AppointmentAnswer, AppointmentEntry, AppointmentPage

NEW_ADMINISTRATOR = "identity.administrator"

bp = Blueprint("appointments", __name__, description="Roles of the city's officers")


@bp.get("/v1/officers/appointments")
@requires("identity.appointment:read", of="officer")
@reads
@bp.arguments(PageQuery, location="query")
@bp.response(200, AppointmentPage)
def appointments(reading: Reading, query: dict[str, Any]) -> Page[dict[str, Any]]:
    """List every appointment ever made, the newest first."""
    limit, after = query["limit"], id_place(query["after"], officers.PREFIX)
    found = officers.appointments(reading, after=after, limit=limit)
    items = [shown(one) for one in found[:limit]]
    return Page(items, place_after((items[-1]["id"],)) if len(found) > limit else None)


@bp.post("/v1/officers/appointments")
@requires("identity.appointment:manage", of="officer", at_once=True)
@transaction(once=True)
@bp.arguments(AppointmentEntry)
@bp.response(201, AppointmentAnswer)
def appoint(work: Work, wanted: dict[str, Any]) -> dict[str, Any]:
    """Appoint a person to a role until a day.

    An administrator takes two: the answer then holds an `approval` that waits for another
    administrator, and there is no appointment before they agree.
    """
    person_id, role, until = ids.read("person", wanted["person"]), wanted["role"], wanted["until"]
    name = wanted["service_name"]
    if role == officers.ADMINISTRATOR:
        officers.check(work, roles(), person_id=person_id, role=role, until=until)
        asked = approvals.ask(
            work,
            NEW_ADMINISTRATOR,
            wanted["person"],
            {"person": wanted["person"], "service_name": name, "until": until.isoformat()},
        )
        return {"state": "waiting", "approval": shown_approval(asked)}
    made = officers.appoint(
        work, roles(), person_id=person_id, role=role, service_name=name, until=until
    )
    return {"state": "in_force", "appointment": shown(made)}


@bp.delete("/v1/officers/appointments/<appointment_id>")
@requires("identity.appointment:manage", of="officer", at_once=True)
@transaction()
@bp.response(200, AppointmentShape)
def end_appointment(work: Work, appointment_id: str) -> dict[str, Any]:
    """End an appointment before its day: its officer is off duty with their next request."""
    return shown(officers.end_appointment(work, ids.read(officers.PREFIX, appointment_id)))


def appoint_as_asked(work: Work, approval: Approval) -> None:
    """A second administrator agreed: appoint the first's candidate."""
    asked = approval.payload
    officers.appoint(
        work,
        roles(),
        person_id=ids.read("person", asked["person"]),
        role=officers.ADMINISTRATOR,
        service_name=asked["service_name"],
        until=datetime.fromisoformat(asked["until"]),
    )


def shown(one: Appointment) -> dict[str, Any]:
    """The `Appointment` of the schema."""
    return {
        "id": ids.show(officers.PREFIX, one.id),
        "officer": ids.show("officer", one.officer_id),
        "service_name": one.service_name,
        "role": one.role,
        "appointed_by": one.appointed_by,
        "appointed_at": one.appointed_at,
        "until": one.until,
        "ended_by": one.ended_by,
        "ended_at": one.ended_at,
    }
