"""Registering a client by oneself, with an initial access token of the city (RFC 7591)."""

from typing import Any

import msgspec
from flask import Response, request

from hub import oauth
from hub.kernel.work import Work
from hub.web import Blueprint, decodes, parts, public, refuses, transaction

from .asking import authority, refused
from .schemas import ClientMetadata, RegisteredClient

bp = Blueprint("registration", __name__, description="OAuth 2.1 and OpenID Connect for partners")
bp.register_error_handler(oauth.OAuthRefusal, refused)


@bp.post("/oauth/register")
@public
@transaction()
@refuses(401)
@decodes(bp, ClientMetadata, bytes)
@bp.response(201, RegisteredClient)
def register_by_token(work: Work, body: Any) -> Response:
    """Register a client (RFC 7591).

    Send the initial access token that your organisation got from the city as a bearer token. The
    secret is shown this once. `hub_purpose` says to people what you want their data for.
    """
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    made = oauth.register_dynamically(
        work,
        authority(),
        token if scheme.lower() == "bearer" else "",
        body,
        loopback_web=parts().settings.demo,
    )
    headers = {"Cache-Control": "no-store"}
    return Response(msgspec.json.encode(made), 201, headers, mimetype="application/json")
