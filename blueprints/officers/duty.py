"""Going on duty and off it: the only way to act in office."""

from typing import Any

from hub import identity
from hub.identity import officers
from hub.kernel import ids
from hub.kernel.work import Reading, Work
from hub.web import Blueprint, issuer, reads, requires, transaction
from hub.web.offices import roles

from .appointments import shown
from .schemas import DutyEntry, DutyTokens, OfficerOnDuty

bp = Blueprint("duty", __name__, description="Officers on duty")


@bp.post("/v1/officers/duties")
@requires("identity.duty:begin", acr=identity.LOA_STRONG, max_age=identity.RECENT)
@transaction(once=True)
@bp.arguments(DutyEntry)
@bp.response(201, DutyTokens)
def go_on_duty(work: Work, entry: dict[str, Any]) -> dict[str, Any]:
    """Begin a duty: tokens of a session in office, with the scopes of your roles.

    It takes a sign-in of the last ten minutes at `urn:city:loa:2`. The duty ends after twelve
    hours, with the first of your appointments, or when you end it; your sign-in as a citizen stays
    what it was.
    """
    begun = officers.go_on_duty(work, issuer(), roles(), device_name=entry["device_name"])
    return {
        "access_token": begun.access_token,
        "token_type": begun.token_type,
        "expires_in": begun.expires_in,
        "refresh_token": begun.refresh_token,
        "scope": " ".join(sorted(begun.scopes)),
        "session": ids.show("session", begun.session_id),
        "officer": begun.subject,
    }


@bp.get("/v1/officers/me")
@requires(officers.DESK, of="officer")
@reads
@bp.response(200, OfficerOnDuty)
def officer_on_duty(reading: Reading) -> dict[str, Any]:
    """Tell which officer is on duty, and by which appointments."""
    return {
        "id": reading.actor.id,
        "scopes": sorted(reading.actor.scopes),
        "appointments": [shown(one) for one in officers.my_appointments(reading)],
    }


@bp.delete("/v1/officers/duties/current")
@requires(officers.DESK, of="officer")
@transaction()
@bp.response(204)
def end_duty(work: Work) -> None:
    """Go off duty: this session in office ends, at once and everywhere."""
    officers.end_duty(work)
