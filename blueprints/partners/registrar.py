"""The partner desk: officers let clients out of the sandbox, and organisations out of the hub."""

from typing import Any

from hub import partners
from hub.identity import Approval, approvals
from hub.kernel import ids
from hub.kernel.paging import Page, id_place, place_after
from hub.kernel.work import Reading, Work
from hub.web import Blueprint, PageQuery, parts, reads, requires, scopes_of, transaction

from .clients import shown_request
from .organisation_schemas import (
    Organisation,
    OrganisationPage,
    ScopeDecisionAnswer,
    ScopeDecisionEntry,
    ScopeRequestPage,
    StateEntry,
)
from .organisations import PREFIX, page_of, shown

SENSITIVE_SCOPES = "partners.sensitive_scopes"
REQUEST = "scoperequest"

bp = Blueprint("partner_desk", __name__, description="The city's partner desk")


@bp.get("/v1/officers/partner-organisations")
@requires("partner.registration:read", of="officer")
@reads
@bp.arguments(PageQuery, location="query")
@bp.response(200, OrganisationPage)
def partner_organisations(reading: Reading, query: dict[str, Any]) -> Page[dict[str, Any]]:
    """List all partner organisations, the newest first."""
    return page_of(partners.all_organisations, reading, query)


@bp.put("/v1/officers/partner-organisations/<organisation_id>/state")
@requires("partner.registration:decide", of="officer", at_once=True)
@transaction()
@bp.arguments(StateEntry)
@bp.response(200, Organisation)
def set_organisation_state(
    work: Work, entry: dict[str, Any], organisation_id: str
) -> dict[str, Any]:
    """Suspend an organisation, or let it in again: all its clients are out with their next
    request."""
    organisation = ids.read(PREFIX, organisation_id)
    return shown(partners.set_state(work, organisation, entry["state"]))


@bp.get("/v1/officers/scope-requests")
@requires("partner.registration:read", of="officer")
@reads
@bp.arguments(PageQuery, location="query")
@bp.response(200, ScopeRequestPage)
def waiting_scope_requests(reading: Reading, query: dict[str, Any]) -> Page[dict[str, Any]]:
    """List what partners ask and nobody has decided, the oldest first."""
    limit = query["limit"]
    found = partners.waiting(reading, after=id_place(query["after"], REQUEST), limit=limit)
    items = [shown_request(one) for one in found[:limit]]
    return Page(items, place_after((items[-1]["id"],)) if len(found) > limit else None)


@bp.post("/v1/officers/scope-requests/<request_id>/decisions")
@requires("partner.registration:decide", of="officer", at_once=True)
@transaction(once=True)
@bp.arguments(ScopeDecisionEntry)
@bp.response(201, ScopeDecisionAnswer)
def decide_scope_request(work: Work, entry: dict[str, Any], request_id: str) -> dict[str, Any]:
    """Grant or refuse what a partner asks. With a sensitive scope in it, granting waits for a
    second officer at `/v1/officers/approvals`."""
    return decided(work, ids.read(REQUEST, request_id), granted=entry["decision"] == "granted")


def decided(work: Work, request_id: Any, *, granted: bool) -> dict[str, Any]:
    """Decide as the officer on duty."""
    if not granted:
        partners.turn_down(work, request_id)
        return {"outcome": "refused"}
    asked = partners.request_of(work, request_id)
    if not scopes_of(parts()).sensitive() & set(asked.scopes):
        partners.grant(work, request_id)
        return {"outcome": "granted"}
    request, client = ids.show(REQUEST, asked.id), ids.show("client", asked.client_id)
    said = {"request": request, "client": client, "scopes": " ".join(asked.scopes)}
    waits = approvals.ask(work, SENSITIVE_SCOPES, client, said)
    return {"outcome": "waiting_for_second", "approval": ids.show(approvals.PREFIX, waits.id)}


def grant_as_asked(work: Work, approval: Approval) -> None:
    """A second officer agreed: grant what the first would have."""
    partners.grant(work, ids.read(REQUEST, approval.payload["request"]))
