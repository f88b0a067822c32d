"""What one officer asked for and another must decide."""

from typing import Any

from hub.identity import approvals
from hub.identity.officers import DESK
from hub.kernel import ids
from hub.kernel.paging import Page, id_place, place_after
from hub.kernel.work import Reading, Work
from hub.web import Blueprint, PageQuery, reads, requires, transaction
from hub.web.offices import desk

from .approval_shape import shown
from .schemas import Approval, ApprovalPage, DecisionEntry

bp = Blueprint("approvals", __name__, description="What takes two officers")


@bp.get("/v1/officers/approvals")
@requires(DESK, of="officer")
@reads
@bp.arguments(PageQuery, location="query")
@bp.response(200, ApprovalPage)
def waiting_approvals(reading: Reading, query: dict[str, Any]) -> Page[dict[str, Any]]:
    """List what waits for a decision and is within your roles, the oldest first; what you asked for
    yourself is among it, for a colleague to decide."""
    limit, after = query["limit"], id_place(query["after"], approvals.PREFIX)
    found = approvals.waiting(reading, desk().mine(), after=after, limit=limit)
    items = [shown(one) for one in found[:limit]]
    return Page(items, place_after((items[-1]["id"],)) if len(found) > limit else None)


@bp.post("/v1/officers/approvals/<approval_id>/decisions")
@requires(DESK, of="officer", at_once=True)
@transaction(once=True)
@bp.arguments(DecisionEntry)
@bp.response(201, Approval)
def decide_approval(work: Work, entry: dict[str, Any], approval_id: str) -> dict[str, Any]:
    """Decide what a colleague asked for. What you approve is done in the same moment.

    Nobody decides what they asked for themselves; a decision is taken once, within three days.
    """
    approve = entry["decision"] == "approved"
    return shown(decided(work, ids.read(approvals.PREFIX, approval_id), approve=approve))


def decided(work: Work, approval_id: Any, *, approve: bool) -> approvals.Approval:
    """Decide as the officer on duty, and do what was approved."""
    kind = desk().of(approvals.find(work, approval_id).kind)
    found = approvals.decide(work, approval_id, approve=approve)
    if approve:
        kind.does(work, found)
    return found
