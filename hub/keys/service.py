"""Verbs on keys."""

import hashlib
import os
from typing import Any

import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import select

from hub.kernel.changes import announce
from hub.kernel.ids import new_id
from hub.kernel.work import Work

from .es256 import base64url
from .model import Key
from .root import RootKey

KINDS = ("sign", "seal", "blind")


def ensure(work: Work, root: RootKey) -> list[str]:
    """Make the first key of each kind that has no active one; returns the kids made. Harmless when
    run twice."""
    active = set(work.session.scalars(select(Key.kind).where(Key.state == "active")))
    made = [new_key(work, root, kind, "active") for kind in KINDS if kind not in active]
    for key in made:
        work.session.add(key)
        announce(work, "keys", key.kid)
    return [key.kid for key in made]


def new_key(work: Work, root: RootKey, kind: str, state: str) -> Key:
    """A fresh key of a kind, sealed by the root key; not stored yet."""
    if kind == "sign":
        private = ec.generate_private_key(ec.SECP256R1())
        jwk = jwk_of(private.public_key())
        kid = thumbprint(jwk)
        material = private.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    else:
        jwk, kid, material = None, new_id().hex, os.urandom(32)
    return Key(
        kid=kid,
        kind=kind,
        state=state,
        sealed=root.seal(material, kid),
        public_jwk=jwk,
        created_at=work.now,
        changed_at=work.now,
    )


def jwk_of(public: ec.EllipticCurvePublicKey) -> dict[str, Any]:
    """A P-256 public key as a JWK (RFC 7518, 6.2)."""
    numbers = public.public_numbers()
    return {"kty": "EC", "crv": "P-256", "x": _coordinate(numbers.x), "y": _coordinate(numbers.y)}


def thumbprint(jwk: dict[str, Any]) -> str:
    """RFC 7638: SHA-256 over the required members, in order, without white space."""
    required = {name: jwk[name] for name in ("crv", "kty", "x", "y")}
    return base64url(hashlib.sha256(msgspec.json.encode(required)).digest())


def _coordinate(value: int) -> str:
    return base64url(value.to_bytes(32))
