"""Appeals against refused entitlements, for the officers who decide them."""

from typing import Any

from marshmallow import fields, validate

from hub.databank import appeals
from hub.databank.appeals import AppealState
from hub.kernel import ids
from hub.kernel.paging import Page, id_place, place_after
from hub.kernel.work import Work
from hub.web import (
    Blueprint,
    Enumeration,
    Instant,
    PageQuery,
    Schema,
    page_schema,
    parts,
    refuses,
    requires,
    transaction,
)

APPEAL_OUTCOME = Enumeration(
    "AppealOutcome",
    ("upheld", "dismissed"),
    "Whether the person is right, or the refusal stands.",
)

bp = Blueprint("appeals", __name__, description="Appeals against refused entitlements")


class WaitingAppeal(Schema):
    """An appeal that nobody has decided yet."""

    id = fields.String(required=True, metadata={"example": "appeal_01k9z3m8q4v7x2c5n1b6h0j8rt"})
    statement = fields.String(required=True, metadata={"example": "The certificate is enclosed."})
    filed_at = Instant(required=True)


WaitingAppealPage = page_schema(WaitingAppeal, "WaitingAppealPage")


class AppealBrief(WaitingAppeal):
    """An appeal with the refusal that it is against; without, once a newer decision stands."""

    kind = fields.String(metadata={"example": "carer"})
    issuer = fields.String(metadata={"example": "Office of care"})
    evidence = fields.String(metadata={"example": "Application SYN-C-1"})
    reason = fields.String(metadata={"example": "No certificate of care was enclosed."})


class AppealDecision(Schema):
    """What the office decides, and what it tells the person."""

    outcome = fields.String(required=True, validate=APPEAL_OUTCOME, metadata={"example": "upheld"})
    answer = fields.String(
        required=True,
        validate=validate.Length(1, 4000),
        metadata={"example": "The certificate had been overlooked."},
    )


@bp.get("/v1/databank/appeals")
@requires("databank.appeal:read", of="officer")
@transaction()
@bp.arguments(PageQuery, location="query")
@bp.response(200, WaitingAppealPage)
def waiting_appeals(work: Work, query: dict[str, Any]) -> Page[dict[str, Any]]:
    """List the appeals that wait for a decision, the oldest first."""
    limit, after = query["limit"], id_place(query["after"], "appeal")
    found = appeals.waiting(work, parts().keyring, after=after, limit=limit)
    items = [_shown(appeal) for appeal in found[:limit]]
    return Page(items, place_after((items[-1]["id"],)) if len(found) > limit else None)


@bp.get("/v1/databank/appeals/<appeal_id>")
@requires("databank.appeal:read", of="officer")
@transaction()
@bp.response(200, AppealBrief)
def appeal_brief(work: Work, appeal_id: str) -> dict[str, Any]:
    """Show an appeal with the refused entitlement; the person sees in their access log who read."""
    appeal, refused = appeals.brief(work, parts().keyring, ids.read("appeal", appeal_id))
    known = {} if refused is None else refused.values
    wanted = ("kind", "issuer", "evidence", "reason")
    return {**_shown(appeal), **{name: known[name] for name in wanted if name in known}}


@bp.post("/v1/databank/appeals/<appeal_id>/decisions")
@requires("databank.appeal:decide", of="officer", at_once=True)
@transaction(once=True)
@refuses(404)
@bp.arguments(AppealDecision)
@bp.response(204)
def decide_appeal(work: Work, decided: dict[str, Any], appeal_id: str) -> None:
    """Decide an appeal, once. Upheld, the entitlement is granted from now on."""
    appeals.decide(
        work,
        parts().keyring,
        ids.read("appeal", appeal_id),
        outcome=decided["outcome"],
        answer=decided["answer"],
    )


def _shown(appeal: AppealState) -> dict[str, Any]:
    return {
        "id": ids.show("appeal", appeal.id),
        "statement": appeal.statement,
        "filed_at": appeal.filed_at,
    }
