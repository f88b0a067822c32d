"""Clients that prove themselves with a key of their own: ``private_key_jwt`` (RFC 7523, OpenID
Connect Core 9).

The JWT is signed with ES256 by a key that the client registered; it names the client twice
(``iss``, ``sub``) and this server (``aud``: the issuer, or the address of the endpoint), lives an
hour at most (what usual libraries make) and is good once (``jti``). Nothing in its header chooses a
key but ``kid`` among the registered ones (RFC 8725).
"""

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import msgspec
from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from hub import identity
from hub.identity import Client
from hub.kernel.work import Work

from .errors import InvalidClient
from .model import UsedAssertion

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LONGEST = 4096
LIVES = timedelta(hours=1)
SKEW = timedelta(seconds=60)


class _Header(msgspec.Struct, forbid_unknown_fields=True):
    alg: str
    kid: str | None = None
    typ: str | None = None


class Claims(msgspec.Struct):
    """What an assertion says; everything else in it is not looked at."""

    iss: str
    sub: str
    aud: str | list[str]
    exp: int | float
    jti: str
    nbf: int | float = 0
    iat: int | float = 0


_decode_header = msgspec.json.Decoder(_Header).decode
_decode_claims = msgspec.json.Decoder(Claims).decode


def claimed(assertion: str) -> str | None:
    """Who an assertion says that it is of; nothing is believed yet. None for what is no JWT."""
    try:
        return _read(assertion)[1].sub
    except ValueError:
        return None


def check(work: Work, client: Client, assertion: str, audiences: frozenset[str]) -> None:
    """Refuse with InvalidClient unless ``client`` made this for us, now and for the first time."""
    try:
        header, claims, signed, signature = _parts(assertion)
    except ValueError:
        raise InvalidClient(said="The assertion is no JWT that we read.") from None
    if not identity.signed_by_one_of(_keys(client.jwks, header.kid), signed, signature):
        raise InvalidClient(said="The assertion was not signed by a key of this client.")
    if claims.iss != client.id or claims.sub != client.id:
        raise InvalidClient(said="The assertion names another client.")
    aud = [claims.aud] if isinstance(claims.aud, str) else claims.aud
    if not audiences & set(aud):
        raise InvalidClient(said="The assertion is not for this server.")
    now, skew = work.now.timestamp(), SKEW.total_seconds()
    latest = now + LIVES.total_seconds() + skew
    if not now - skew < claims.exp <= latest or claims.nbf > now + skew or claims.iat > now + skew:
        raise InvalidClient(said="The assertion is over, not yet good, or good for too long.")
    _use(work, client, claims.jti)


def forget_old(work: Work) -> None:
    """Delete what was used and is over."""
    work.session.execute(delete(UsedAssertion).where(UsedAssertion.expires_at < work.now))


def _use(work: Work, client: Client, jti: str) -> None:
    # The client belongs to the key: nobody burns anybody else's.
    digest = hashlib.sha256(f"{client.id}|{jti}".encode("utf-8", "surrogatepass")).digest()
    fresh = work.session.execute(
        insert(UsedAssertion)
        .values(digest=digest, expires_at=work.now + LIVES + 3 * SKEW)
        .on_conflict_do_nothing()
        .returning(UsedAssertion.digest)
    ).scalar()
    if fresh is None:
        raise InvalidClient(said="The assertion was used before.")


def _read(assertion: str) -> tuple[_Header, Claims]:
    header, claims, _, _ = _parts(assertion)
    return header, claims


def _parts(assertion: str) -> tuple[_Header, Claims, bytes, bytes]:
    """ValueError for anything that is not a compact JWS of ours to read."""
    if len(assertion) > LONGEST or not assertion.isascii():
        raise ValueError("too long")
    first, second, third = assertion.split(".")
    header = _decode_header(identity.from_base64url(first))
    if header.alg != "ES256" or header.typ not in {None, "JWT", "client-authentication+jwt"}:
        raise ValueError("another algorithm")
    claims = _decode_claims(identity.from_base64url(second))
    if not 0 < len(claims.jti) <= 256:
        raise ValueError("no jti")
    return header, claims, f"{first}.{second}".encode(), identity.from_base64url(third)


def _keys(jwks: Mapping[str, Any] | None, kid: str | None) -> list[dict[str, Any]]:
    keys: list[dict[str, Any]] = list((jwks or {}).get("keys", ()))
    if kid is None:
        return keys
    return [key for key in keys if key.get("kid") == kid]
