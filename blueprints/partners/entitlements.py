"""Yes or no about one entitlement of a person who agreed to it: never the record."""

from typing import Any

from marshmallow import fields

from hub import databank, identity
from hub.databank import ENTITLEMENTS
from hub.kernel import ids
from hub.kernel.errors import NotFound
from hub.kernel.work import Work
from hub.web import Blueprint, Enumeration, Schema, parts, refuses, requires, transaction

PURPOSE = "partner_check"
SCOPE = ENTITLEMENTS.scope(ENTITLEMENTS.purpose(PURPOSE))
KINDS = ("student", "senior", "disabled", "carer")

bp = Blueprint("partner_entitlements", __name__, description="What partners may ask")


class EntitlementAnswer(Schema):
    """Yes or no, on this day of the city."""

    kind = fields.String(
        required=True,
        validate=Enumeration("CheckedEntitlement", KINDS, "Which entitlement was asked about."),
        metadata={"example": "student"},
    )
    entitled = fields.Boolean(required=True, metadata={"example": True})
    on = fields.Date(required=True, metadata={"example": "2026-11-24"})


@bp.get("/v1/partner/entitlements/<kind>")
@requires(SCOPE)
@transaction()
@refuses(403, 404)
@bp.response(200, EntitlementAnswer)
def check_entitlement(work: Work, kind: str) -> dict[str, Any]:
    """Tell a partner's app whether the person behind its token has an entitlement today.

    Needs the person's consent to exactly this, asks the database each time, and leaves a row in the
    person's access log, whatever the answer. Yes or no is all that leaves the register.
    """
    if kind not in KINDS:
        raise NotFound
    today = identity.day_in(parts().settings.zone, work.now)
    entitled = databank.entitled(
        work,
        parts().keyring,
        person=ids.read("person", work.actor.id),
        kind=kind,
        on=today,
        purpose=PURPOSE,
    )
    return {"kind": kind, "entitled": entitled, "on": today}
