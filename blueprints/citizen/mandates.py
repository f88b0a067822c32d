"""One person lets another act for them: offered, accepted, seen and ended here."""

from typing import Any

from hub import identity
from hub.identity import mandates
from hub.kernel import ids
from hub.kernel.paging import Page, id_place, page_of, place, place_after
from hub.kernel.work import Reading, Work
from hub.web import (
    Blueprint,
    PageQuery,
    parts,
    reads,
    refuses,
    requires,
    scopes_for_others,
    transaction,
)

from .mandate_schemas import (
    Acceptance,
    Accepted,
    Mandate,
    MandateActPage,
    MandateOffered,
    MandatePage,
    NewMandate,
)

bp = Blueprint("mandates", __name__, description="Who may act for whom")


@bp.post("/v1/me/mandates")
@requires(identity.DELEGATING, for_others=True)
@transaction(once=True)
@refuses(404)
@bp.arguments(NewMandate)
@bp.response(201, MandateOffered)
def offer_mandate(work: Work, wanted: dict[str, Any]) -> dict[str, Any]:
    """Let somebody act for you, in what you name and until when; they must accept it.

    With `X-Acting-For` a mandate that allows it is handed on, one step; a guardian offers another
    guardian of the child.
    """
    offered = mandates.offer(work, parts().keyring, terms(wanted), delegable=scopes_for_others())
    return {"id": ids.show("mandate", offered.id), "code": offered.code}


@bp.post("/v1/mandates/acceptances")
@requires(identity.DELEGATING)
@transaction(once=True)
@refuses(404)
@bp.arguments(Acceptance)
@bp.response(201, Accepted)
def accept_mandate(work: Work, given: dict[str, Any]) -> dict[str, str]:
    """Accept to act for somebody: by the code they told you, or by the id of what they offered."""
    mandate_id = ids.read("mandate", given["mandate"]) if given["mandate"] else None
    accepted = mandates.accept(work, parts().keyring, code=given["code"], mandate_id=mandate_id)
    return {"id": ids.show("mandate", accepted)}


@bp.get("/v1/me/mandates")
@requires("citizen.mandate:read")
@reads
@bp.arguments(PageQuery, location="query")
@bp.response(200, MandatePage)
def my_mandates(reading: Reading, query: dict[str, Any]) -> Page[dict[str, Any]]:
    """List who may act for you and for whom you may act, also what is over, the newest first."""
    limit = query["limit"]
    found = mandates.mine(reading, after=id_place(query["after"], "mandate"), limit=limit)
    items = [shown(line) for line in found[:limit]]
    return Page(items, place_after((items[-1]["id"],)) if len(found) > limit else None)


@bp.get("/v1/me/mandates/<mandate_id>")
@requires("citizen.mandate:read")
@reads
@bp.response(200, Mandate)
def my_mandate(reading: Reading, mandate_id: str) -> dict[str, Any]:
    """Show one mandate: who, for whom, what, how much, until when."""
    return shown(mandates.of_mine(reading, ids.read("mandate", mandate_id)))


@bp.get("/v1/me/mandates/<mandate_id>/acts")
@requires("citizen.mandate:read")
@reads
@bp.arguments(PageQuery, location="query")
@bp.response(200, MandateActPage)
def mandate_acts(reading: Reading, query: dict[str, Any], mandate_id: str) -> Page[dict[str, Any]]:
    """List what was done and read by a mandate, out of the audit, the newest first."""
    limit = query["limit"]
    after = None if query["after"] is None else int(place(query["after"], int)[0])
    opened = mandates.of_mine(reading, ids.read("mandate", mandate_id))
    page = page_of(
        mandates.acts(reading, opened.id, after=after, limit=limit), limit, lambda row: (row.id,)
    )
    return Page([act_shown(row) for row in page.items], page.next)


@bp.delete("/v1/me/mandates/<mandate_id>")
@requires(identity.DELEGATING)
@transaction()
@refuses(409)
@bp.response(204)
def end_mandate(work: Work, mandate_id: str) -> None:
    """End a mandate or decline an offer, from either side, at once; what was handed on ends too."""
    mandates.end(work, ids.read("mandate", mandate_id), zone=parts().settings.zone)


def terms(wanted: dict[str, Any]) -> mandates.Terms:
    """What the body offers. A guardianship takes its term from the guardian's own."""
    money = wanted["amount_limit"]
    return mandates.Terms(
        kind=wanted["kind"],
        scopes=frozenset(wanted["scopes"]),
        starts_at=wanted["starts_at"],
        until=wanted["until"] or parts().database.clock(),
        amount_limit=money and money["amount"],
        acts_limit=wanted["acts_limit"],
        may_delegate=wanted["may_delegate"],
        to=ids.read("person", wanted["to"]) if wanted["to"] else None,
    )


def shown(line: mandates.Line) -> dict[str, Any]:
    """The `Mandate` of the schema."""
    holder = line.holder_id
    limit = line.amount_limit
    return {
        "id": ids.show("mandate", line.id),
        "kind": line.kind,
        "part": line.part,
        "state": line.state,
        "giver": {"id": ids.show("person", line.giver_id), "name": line.giver_name},
        "holder": holder and {"id": ids.show("person", holder), "name": line.holder_name},
        "scopes": line.scopes,
        "amount_limit": None if limit is None else {"amount": limit, "currency": "CNY"},
        "acts_limit": line.acts_limit,
        "acts_done": line.acts_done,
        "may_delegate": line.may_delegate,
        "handed_on": line.handed_on,
        "starts_at": line.starts_at,
        "until": line.until,
        "offered_at": line.offered_at,
        "offered_through": line.offered_through,
        "accepted_at": line.accepted_at,
        "accepted_through": line.accepted_through,
        "ended_at": line.ended_at,
        "ended_because": line.ended_because,
    }


def act_shown(row: Any) -> dict[str, Any]:
    """The `MandateAct` of the schema."""
    return {
        "at": row.at,
        "by": row.act,
        "scope": row.details["scope"],
        "operation": row.details["operation"],
        "changes": row.details["changes"],
    }
