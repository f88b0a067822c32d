"""Partner organisations, for the people who act for them."""

from typing import Any

from hub import partners
from hub.identity import LOA_STRONG
from hub.kernel import ids
from hub.kernel.paging import Page, id_place, place_after
from hub.kernel.work import Reading, Work
from hub.web import Blueprint, PageQuery, reads, requires, transaction

from .organisation_schemas import (
    Member,
    MemberEntry,
    Organisation,
    OrganisationEntry,
    OrganisationPage,
    OrganisationWhole,
)

PREFIX = "organisation"
bp = Blueprint("partner_organisations", __name__, description="Partners and their members")


@bp.post("/v1/partner-organisations")
@requires("partner.organisation:manage")
@transaction(once=True)
@bp.arguments(OrganisationEntry)
@bp.response(201, Organisation)
def found_organisation(work: Work, entry: dict[str, Any]) -> dict[str, Any]:
    """Found a partner organisation; you are its owner. Its clients begin in the sandbox."""
    return shown(partners.found(work, names=entry["names"], contact=entry["contact"]))


@bp.get("/v1/partner-organisations")
@requires("partner.organisation:read")
@reads
@bp.arguments(PageQuery, location="query")
@bp.response(200, OrganisationPage)
def my_organisations(reading: Reading, query: dict[str, Any]) -> Page[dict[str, Any]]:
    """List the organisations that you act for, the newest first."""
    return page_of(partners.mine, reading, query)


@bp.get("/v1/partner-organisations/<organisation_id>")
@requires("partner.organisation:read")
@reads
@bp.response(200, OrganisationWhole)
def my_organisation(reading: Reading, organisation_id: str) -> dict[str, Any]:
    """Show one of them with its members."""
    found, members = partners.one_of_mine(reading, ids.read(PREFIX, organisation_id))
    return shown(found) | {"members": [shown_member(one) for one in members]}


@bp.put("/v1/partner-organisations/<organisation_id>/members/<person_id>")
@requires("partner.organisation:manage", acr=LOA_STRONG)
@transaction()
@bp.arguments(MemberEntry)
@bp.response(200, Member)
def set_member(
    work: Work, entry: dict[str, Any], organisation_id: str, person_id: str
) -> dict[str, Any]:
    """Let somebody act for the organisation, by their `id` of `/v1/me`, or change what they are to
    it. For owners."""
    organisation, person = ids.read(PREFIX, organisation_id), ids.read("person", person_id)
    return shown_member(partners.set_member(work, organisation, person, entry["role"]))


@bp.delete("/v1/partner-organisations/<organisation_id>/members/<person_id>")
@requires("partner.organisation:manage", acr=LOA_STRONG)
@transaction()
@bp.response(204)
def remove_member(work: Work, organisation_id: str, person_id: str) -> None:
    """Let somebody act for the organisation no longer; everybody can leave by themselves, but for
    the last owner."""
    partners.remove_member(work, ids.read(PREFIX, organisation_id), ids.read("person", person_id))


def page_of(verb: Any, reading: Reading, query: dict[str, Any]) -> Page[dict[str, Any]]:
    """A page of organisations that a verb lists."""
    limit = query["limit"]
    listed = verb(reading, after=id_place(query["after"], PREFIX), limit=limit)
    items = [shown(one) for one in listed[:limit]]
    return Page(items, place_after((items[-1]["id"],)) if len(listed) > limit else None)


def shown(one: partners.Organisation) -> dict[str, Any]:
    """The `Organisation` of the schema."""
    return {
        "id": ids.show(PREFIX, one.id),
        "names": dict(one.names),
        "contact": one.contact,
        "state": one.state,
        "role": one.role,
        "created_at": one.created_at,
    }


def shown_member(one: partners.Member) -> dict[str, Any]:
    """The `Member` of the schema."""
    return {
        "person": ids.show("person", one.person_id),
        "role": one.role,
        "added_at": one.added_at,
    }
