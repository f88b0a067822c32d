"""The public keys that our tokens, receipts and checkpoints verify with."""

from typing import Any

import msgspec
from flask import Response

from hub import keys
from hub.kernel.work import Reading
from hub.web import Blueprint, encoded, etag_of, parts, public, reads

from .key_schemas import JsonWebKeySet, KeyHistory

bp = Blueprint("public_keys", __name__, description="The keys that our tokens verify with")


@bp.get("/.well-known/jwks.json")
@public
@bp.response(200, JsonWebKeySet)
def json_web_key_set() -> Response:
    """Give the public keys of the hub (RFC 7517). Fetch again when a token names a key you lack."""
    body = msgspec.json.encode(parts().keyring.jwks())
    return encoded(body, etag_of(body), max_age=keys.JWKS_LIVES.seconds)


@bp.get("/v1/keys")
@public
@reads
@bp.response(200, KeyHistory)
def key_history(reading: Reading) -> dict[str, Any]:
    """List every signing key there ever was, for what is kept longer than a key is in use.

    A receipt or a proof of the access log names its key by `kid`. One revoked because of its `age`
    signed honestly as long as it signed; one revoked because of a `compromise` vouches for nothing.
    For tokens take `/.well-known/jwks.json`.
    """
    return {"keys": keys.every_signing_key(reading)}
