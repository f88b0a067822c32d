"""The clients of a partner organisation: self-service for its members."""

from typing import Any
from uuid import UUID

from hub import oauth, partners
from hub.identity import LOA_STRONG, Client, ClientNotUsable, Registered
from hub.kernel import ids
from hub.kernel.work import Reading, Work
from hub.web import Blueprint, parts, reads, requires, scopes_of, transaction

from .organisation_schemas import (
    ClientEntry,
    ClientList,
    KeysEntry,
    NewClient,
    NewSecret,
    OrganisationClient,
    ScopeRequest,
    ScopeRequestList,
    ScopesEntry,
)
from .organisations import PREFIX

bp = Blueprint("partner_clients", __name__, description="Clients of partners")
_HERE = "/v1/partner-organisations/<organisation_id>"
_CLIENT = _HERE + "/clients/<client_id>"


@bp.post(_HERE + "/clients")
@requires("partner.organisation:manage")
@transaction(once=True)
@bp.arguments(ClientEntry)
@bp.response(201, NewClient)
def register_client(work: Work, entry: dict[str, Any], organisation_id: str) -> dict[str, Any]:
    """Register a client, at once, into the sandbox.

    There it has scopes that do no harm, and only members of the organisation and the invented
    people of the demonstration can let it in. Redirect URIs are `https`, an app's own scheme, or,
    in the demonstration, a loopback address.
    """
    made = register(work, ids.read(PREFIX, organisation_id), entry)
    return shown(made.client) | {"client_secret": made.secret}


@bp.get(_HERE + "/clients")
@requires("partner.organisation:read")
@reads
@bp.response(200, ClientList)
def organisation_clients(reading: Reading, organisation_id: str) -> dict[str, Any]:
    """List the clients of an organisation of yours, the oldest first."""
    organisation = ids.read(PREFIX, organisation_id)
    partners.one_of_mine(reading, organisation)
    found = partners.clients_of(reading, organisation)
    return {"items": [shown(one.client) | {"live_at": one.live_at} for one in found]}


@bp.delete(_CLIENT)
@requires("partner.organisation:manage")
@transaction()
@bp.response(204)
def end_client(work: Work, organisation_id: str, client_id: str) -> None:
    """End a client for good: no token of it opens a door any more."""
    partners.end_client(work, *_read(organisation_id, client_id))


@bp.post(_CLIENT + "/secrets")
@requires("partner.organisation:manage", acr=LOA_STRONG)
@transaction(once=True)
@bp.response(201, NewSecret)
def new_client_secret(work: Work, organisation_id: str, client_id: str) -> dict[str, Any]:
    """Make a new secret, shown this once. The present one stays good for seven days, or until you
    end it, so that no request fails while you change over."""
    return {"client_secret": partners.new_secret(work, *_read(organisation_id, client_id))}


@bp.delete(_CLIENT + "/secrets/earlier")
@requires("partner.organisation:manage", acr=LOA_STRONG)
@transaction()
@bp.response(204)
def end_earlier_secret(work: Work, organisation_id: str, client_id: str) -> None:
    """End the secret before the present one: the change-over is done."""
    partners.end_old_secret(work, *_read(organisation_id, client_id))


@bp.put(_CLIENT + "/keys")
@requires("partner.organisation:manage", acr=LOA_STRONG)
@transaction()
@bp.arguments(KeysEntry)
@bp.response(200, OrganisationClient)
def replace_client_keys(
    work: Work, entry: dict[str, Any], organisation_id: str, client_id: str
) -> dict[str, Any]:
    """Replace the public keys of a client. While you change one, send the old and the new."""
    organisation, client = _read(organisation_id, client_id)
    return shown(partners.replace_keys(work, organisation, client, entry["jwks"]))


@bp.post(_CLIENT + "/scope-requests")
@requires("partner.organisation:manage", acr=LOA_STRONG)
@transaction(once=True)
@bp.arguments(ScopesEntry)
@bp.response(201, ScopeRequest)
def ask_scopes(
    work: Work, entry: dict[str, Any], organisation_id: str, client_id: str
) -> dict[str, Any]:
    """Ask the city to let a client out of the sandbox, with scopes for use with everybody."""
    organisation, client = _read(organisation_id, client_id)
    declared = scopes_of(parts())
    asked = partners.ask_scopes(
        work,
        organisation,
        client,
        scopes=entry["scopes"],
        reason=entry["reason"],
        possible=declared.askable() | declared.of_partners(),
    )
    return shown_request(asked)


@bp.get(_HERE + "/scope-requests")
@requires("partner.organisation:read")
@reads
@bp.response(200, ScopeRequestList)
def scope_requests(reading: Reading, organisation_id: str) -> dict[str, Any]:
    """List what your organisation asked for, and what became of it, the newest first."""
    organisation = ids.read(PREFIX, organisation_id)
    partners.one_of_mine(reading, organisation)
    return {"items": [shown_request(one) for one in partners.requests_of(reading, organisation)]}


def register(work: Work, organisation: UUID, entry: dict[str, Any]) -> Registered:
    """Register what a form or a request says."""
    demo = parts().settings.demo
    for name in ("redirect_uris", "after_logout_uris"):
        for uri in entry[name]:
            if not oauth.usable_redirect(uri, loopback_web=demo) or not (demo or _far(uri)):
                detail = "Not a redirect URI that may be registered."
                raise ClientNotUsable(errors=[{"pointer": f"/{name}", "detail": detail}])
    logout_uri = entry["logout_uri"]
    if logout_uri is not None and not oauth.usable_logout(logout_uri, loopback_web=demo):
        detail = "Not an address that can be told of a logout."
        raise ClientNotUsable(errors=[{"pointer": "/logout_uri", "detail": detail}])
    return partners.register(work, organisation, safe=scopes_of(parts()).safe(), **entry)


def _far(uri: str) -> bool:
    return not uri.startswith("http://")


def _read(organisation_id: str, client_id: str) -> tuple[UUID, UUID]:
    return ids.read(PREFIX, organisation_id), ids.read("client", client_id)


def shown(one: Client) -> dict[str, Any]:
    """The `OrganisationClient` of the schema, but for what only the organisation knows."""
    return {
        "client_id": one.id,
        "kind": one.kind,
        "names": dict(one.names),
        "state": one.state,
        "scopes": sorted(one.scopes),
        "auth_method": one.auth_method,
        "redirect_uris": list(one.redirect_uris),
        "after_logout_uris": list(one.after_logout_uris),
        "registered_at": one.created_at,
        **({"logout_uri": one.logout_uri} if one.logout_uri else {}),
    }


def shown_request(one: partners.ScopeRequest) -> dict[str, Any]:
    """The `ScopeRequest` of the schema."""
    return {
        "id": ids.show("scoperequest", one.id),
        "client_id": ids.show("client", one.client_id),
        "organisation": ids.show(PREFIX, one.organisation_id),
        "scopes": one.scopes,
        "reason": one.reason,
        "state": one.state,
        "asked_at": one.asked_at,
        "decided_by": one.decided_by,
        "decided_at": one.decided_at,
    }
