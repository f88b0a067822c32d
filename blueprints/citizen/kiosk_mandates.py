"""Mandates at enrolled kiosks and counters, for whoever has no smartphone.

The kiosk asks for a one-time code at ``/v1/sign-in/codes``; the person reads or hears it on their
telephone and types it in. The kiosk signs the request and stands in the record of the mandate.
"""

from typing import Any

from hub.identity import at_kiosk
from hub.kernel import ids
from hub.kernel.work import Work
from hub.web import (
    Blueprint,
    client_address,
    parts,
    refuses,
    scopes_for_others,
    signed,
    transaction,
)

from .mandate_schemas import Accepted, KioskAcceptance, KioskMandate, MandateOffered
from .mandates import terms

bp = Blueprint("kiosk_mandates", __name__, description="Mandates at kiosks and counters")
CONFIRMS = "citizen.mandate:confirm"


@bp.post("/v1/kiosk/mandates")
@signed(CONFIRMS)
@transaction(once=True)
@refuses(404)
@bp.arguments(KioskMandate)
@bp.response(201, MandateOffered)
def offer_mandate_at_kiosk(work: Work, wanted: dict[str, Any]) -> dict[str, Any]:
    """Offer a mandate in the name of whoever received the one-time code at this kiosk."""
    offered = at_kiosk.offer(
        work,
        parts().keyring,
        terms(wanted),
        login=wanted["login"],
        code=wanted["login_code"],
        client=client_address(),
        delegable=scopes_for_others(),
    )
    return {"id": ids.show("mandate", offered.id), "code": offered.code}


@bp.post("/v1/kiosk/mandate-acceptances")
@signed(CONFIRMS)
@transaction(once=True)
@refuses(404)
@bp.arguments(KioskAcceptance)
@bp.response(201, Accepted)
def accept_mandate_at_kiosk(work: Work, given: dict[str, Any]) -> dict[str, str]:
    """Accept an invitation in the name of whoever received the one-time code at this kiosk."""
    accepted = at_kiosk.accept(
        work,
        parts().keyring,
        login=given["login"],
        code=given["login_code"],
        client=client_address(),
        invitation=given["invitation"],
    )
    return {"id": ids.show("mandate", accepted)}
