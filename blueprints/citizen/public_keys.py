"""The public keys that our tokens verify with."""

import msgspec
from flask import Response

from hub.web import Blueprint, encoded, etag_of, parts, public

from .schemas import JsonWebKeySet

bp = Blueprint("public_keys", __name__, description="The keys that our tokens verify with")
AN_HOUR = 3600


@bp.get("/.well-known/jwks.json")
@public
@bp.response(200, JsonWebKeySet)
def json_web_key_set() -> Response:
    """Give the public keys of the hub (RFC 7517). Fetch again when a token names a key you lack."""
    body = msgspec.json.encode(parts().keyring.jwks())
    return encoded(body, etag_of(body), max_age=AN_HOUR)
