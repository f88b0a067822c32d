"""Access tokens: the one function that issues them and the one that verifies them.

RFC 9068 JWTs signed with ES256, ten minutes long. A token carries no name, number or address. Our
own issuer writes every header, so the verifier accepts exactly the headers it would write itself,
byte for byte, one per key of the ring: what names another algorithm, type, key or carries
``jku``, ``jwk``, ``x5u`` or ``crit`` never gets as far as a signature (RFC 8725). An id_token or a
partner's token signed with the same key has another ``typ`` and therefore another header.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256

from hub.kernel import ids
from hub.kernel.errors import NotFound, Unauthorized

from .rules import ACCESS_LIVES

LONGEST = 4096  # a longer one is none of ours; nothing is decoded of it
LEEWAY_SECONDS = 5  # our own machines' clocks
_ES256 = ECDSA(SHA256())
_SIGNATURE_LETTERS = 86  # 64 bytes in base64url

PrincipalKind = Literal["citizen", "officer", "partner", "device"]


class AccessTokenRefused(Unauthorized):
    """Your access token is not good here: expired, of a session that has ended, or not one of our
    access tokens. Refresh it at ``/v1/sign-in/refreshes``; if that is refused too, sign in again."""

    title = "Please sign in again"


class SigningKeys(Protocol):
    """What tokens need of the key ring; the keys are parsed objects, never PEM."""

    def signing(self) -> tuple[str, EllipticCurvePrivateKey]:
        """The active key and its RFC 7638 thumbprint."""

    def verifying(self) -> Mapping[str, EllipticCurvePublicKey]:
        """Every key that may have signed a token still alive, by thumbprint."""


@dataclass(frozen=True)
class Principal:
    """Who knocks: somebody signed in, or an enrolled device (then there is no session)."""

    kind: PrincipalKind
    id: str
    scopes: frozenset[str]
    session_id: UUID | None = None
    client_id: str = ""
    acr: str = ""
    amr: tuple[str, ...] = ()
    auth_time: int = 0
    acts_for: frozenset[str] = frozenset()


class AccessClaims(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """The claims of RFC 9068, 2.2, and the three that flask-jwt-extended reads."""

    iss: str
    aud: str
    sub: str
    client_id: str
    scope: str
    sid: str
    jti: str
    acr: str
    amr: tuple[str, ...]
    auth_time: int
    iat: int
    exp: int
    type: Literal["access"]
    fresh: bool = False
    csrf: str | None = None

    def as_dict(self) -> dict[str, object]:
        return {name: getattr(self, name) for name in self.__struct_fields__}


_decode_claims = msgspec.json.Decoder(AccessClaims).decode


def issue(
    keys: SigningKeys,
    *,
    issuer: str,
    person_id: UUID,
    session_id: UUID,
    client_id: str,
    scopes: frozenset[str],
    acr: str,
    amr: tuple[str, ...],
    auth_time: datetime,
    now: datetime,
    csrf: str | None = None,
) -> str:
    """A signed access token for ten minutes. ``csrf`` binds it to a double-submit value when it
    will travel in a cookie."""
    kid, key = keys.signing()
    issued = int(now.timestamp())
    claims = AccessClaims(
        iss=issuer,
        aud=issuer,
        sub=ids.show("person", person_id),
        client_id=client_id,
        scope=" ".join(sorted(scopes)),
        sid=ids.show("session", session_id),
        jti=ids.show("token", ids.new_id()),
        acr=acr,
        amr=amr,
        auth_time=int(auth_time.timestamp()),
        iat=issued,
        exp=issued + int(ACCESS_LIVES.total_seconds()),
        type="access",
        csrf=csrf,
    )
    signed = f"{_header(kid)}.{_base64url(msgspec.json.encode(claims))}"
    return f"{signed}.{_base64url(_sign(key, signed.encode()))}"


class Verifier:
    """Turns a token into its claims, or refuses it. Holds the headers that count, one per key."""

    def __init__(self, keys: SigningKeys, issuer: str) -> None:
        self._keys = keys
        self._issuer = issuer
        self._ring: Mapping[str, EllipticCurvePublicKey] | None = None
        self._by_header: dict[str, EllipticCurvePublicKey] = {}

    def verify(self, token: str, now: datetime) -> AccessClaims:
        """The claims of one of our own access tokens that has not expired.

        Says nothing about whether its session still lives: that is ``liveness``.
        """
        if len(token) > LONGEST or not token.isascii():
            raise AccessTokenRefused()
        try:
            header, payload, signature = token.split(".")
        except ValueError:
            raise AccessTokenRefused() from None
        key = self._keys_by_header().get(header)
        if key is None or len(signature) != _SIGNATURE_LETTERS:
            raise AccessTokenRefused()
        try:
            _check(key, f"{header}.{payload}".encode(), _bytes(signature))
            claims = _decode_claims(_bytes(payload))
        except (InvalidSignature, binascii.Error, msgspec.DecodeError, ValueError):
            raise AccessTokenRefused() from None
        if claims.iss != self._issuer or claims.aud != self._issuer:
            raise AccessTokenRefused()
        moment = now.timestamp()
        if moment >= claims.exp or claims.iat > moment + LEEWAY_SECONDS:
            raise AccessTokenRefused()
        return claims

    def _keys_by_header(self) -> dict[str, EllipticCurvePublicKey]:
        ring = self._keys.verifying()
        if ring is not self._ring:
            self._by_header = {_header(kid): key for kid, key in ring.items()}
            self._ring = ring
        return self._by_header


def principal_of_claims(claims: AccessClaims) -> Principal:
    """Who a verified token speaks for."""
    try:
        session_id = ids.read("session", claims.sid)
    except NotFound:
        raise AccessTokenRefused() from None
    return Principal(
        kind="citizen",
        id=claims.sub,
        scopes=frozenset(claims.scope.split()),
        session_id=session_id,
        client_id=claims.client_id,
        acr=claims.acr,
        amr=claims.amr,
        auth_time=claims.auth_time,
    )


def _header(kid: str) -> str:
    return _base64url(msgspec.json.encode({"alg": "ES256", "kid": kid, "typ": "at+jwt"}))


def _sign(key: EllipticCurvePrivateKey, message: bytes) -> bytes:
    r, s = decode_dss_signature(key.sign(message, _ES256))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def _check(key: EllipticCurvePublicKey, message: bytes, signature: bytes) -> None:
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    key.verify(encode_dss_signature(r, s), message, _ES256)


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
