"""What clients find out by themselves, and what a partner's service can see of its registration."""

from typing import Any

import msgspec
from flask import Response, g

from hub import oauth
from hub.kernel.errors import NotFound
from hub.web import Blueprint, clients, encoded, etag_of, parts, public, requires

from .asking import authority
from .schemas import PartnerClient, ServerMetadata

AN_HOUR = 3600
bp = Blueprint("discovery", __name__, description="What partners' clients find out by themselves")


def _metadata() -> Response:
    body = msgspec.json.encode(oauth.metadata(authority()))
    return encoded(body, etag_of(body), max_age=AN_HOUR)


@bp.get("/.well-known/oauth-authorization-server")
@public
@bp.response(200, ServerMetadata)
def authorization_server_metadata() -> Response:
    """Give the addresses and abilities of the authorization server (RFC 8414)."""
    return _metadata()


@bp.get("/.well-known/openid-configuration")
@public
@bp.response(200, ServerMetadata)
def openid_configuration() -> Response:
    """Give the same to clients of OpenID Connect (Discovery 1.0)."""
    return _metadata()


@bp.get("/v1/partners/client")
@requires("partner.client:read", of="partner")
@bp.response(200, PartnerClient)
def my_client() -> dict[str, Any]:
    """Show a partner's service how it is registered."""
    client = clients(parts()).find(g.principal.id)
    if client is None:
        raise NotFound
    return {
        "client_id": client.id,
        "kind": client.kind,
        "names": dict(client.names),
        "organisation": client.organisation,
        "scopes": sorted(client.scopes),
        "redirect_uris": list(client.redirect_uris),
        "registered_at": client.created_at,
    }
