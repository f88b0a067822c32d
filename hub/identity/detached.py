"""Signed requests of devices: a detached JWS over the body (RFC 7515 appendix F, RFC 7797).

``X-JWS-Signature: <protected>..<signature>``; the protected header names key, moment, method and
address, so that a signature is good for one place and five minutes. What repeats a request inside
them is met by the Idempotency-Key or by the natural key of what is reported.
"""

from datetime import datetime, timedelta
from typing import Literal

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import (
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)

from hub.kernel.errors import Unauthorized

from . import es256

HEADER = "X-JWS-Signature"
WINDOW = timedelta(seconds=300)
LONGEST = 1024


class SignatureRefused(Unauthorized):
    """The signature of your request is not good. Send ``X-JWS-Signature`` with a detached JWS over
    the exact bytes of the body: ES256, ``b64`` false and critical, ``kid`` the RFC 7638 thumbprint
    of your enrolled key, ``iat`` within 300 seconds of our clock, ``htm`` and ``htu`` the method
    and the address (with its query) of this request. ``/v1/app`` tells our time."""

    title = "The signature is not good"

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail, headers={"WWW-Authenticate": 'JWS realm="hub", alg="ES256"'})


class Protected(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The protected header. Unknown members are refused, among them every way to bring a key."""

    alg: Literal["ES256"]
    kid: str
    b64: bool
    crit: list[str]
    iat: int
    htm: str
    htu: str
    typ: str | None = None


class Signature(msgspec.Struct, frozen=True):
    """A parsed, not yet checked signature."""

    protected: Protected
    segment: str
    raw: bytes

    def check(
        self, key: EllipticCurvePublicKey, body: bytes, *, method: str, target: str, now: datetime
    ) -> None:
        """SignatureRefused unless ``key`` signed this request, lately."""
        header = self.protected
        if header.htm != method or header.htu != target:
            raise SignatureRefused("It was made for another method or address.")
        if abs(now.timestamp() - header.iat) > WINDOW.total_seconds():
            raise SignatureRefused("Its time is more than 300 seconds away from ours.")
        try:
            es256.check(key, self.segment.encode() + b"." + body, self.raw)
        except InvalidSignature:
            raise SignatureRefused("It does not fit the body.") from None


_decode = msgspec.json.Decoder(Protected).decode


def parse(value: str) -> Signature:
    """The parts of an ``X-JWS-Signature`` value; refuses with SignatureRefused."""
    segment, separator, signature = value.partition("..")
    if not separator or len(value) > LONGEST or not value.isascii():
        raise SignatureRefused
    try:
        protected, raw = _decode(es256.from_base64url(segment)), es256.from_base64url(signature)
    except ValueError:
        raise SignatureRefused from None
    if protected.b64 or protected.crit != ["b64"]:
        raise SignatureRefused
    return Signature(protected, segment, raw)


def sign(
    key: EllipticCurvePrivateKey, kid: str, body: bytes, *, method: str, target: str, now: datetime
) -> str:
    """The header value for a request, as a device makes it (the replay and the tests are some)."""
    protected = Protected(
        alg="ES256",
        kid=kid,
        b64=False,
        crit=["b64"],
        iat=int(now.timestamp()),
        htm=method,
        htu=target,
    )
    written = {k: v for k, v in msgspec.structs.asdict(protected).items() if v is not None}
    segment = es256.base64url(msgspec.json.encode(written))
    return f"{segment}..{es256.base64url(es256.sign(key, segment.encode() + b'.' + body))}"
