"""Check a proof without the hub: nothing but the file, the published keys and arithmetic."""

import base64
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePublicKey,
    EllipticCurvePublicNumbers,
)

from hub.keys import es256

from . import merkle
from .checkpoints import Statement, read, signed_by
from .proving import FORMAT
from .rows import SALT_BYTES, leaf_of


class ProofRefused(Exception):
    """The proof does not hold; the message says where."""


class _Signed(msgspec.Struct):
    text: str
    kid: str
    signature: str


class _Proof(msgspec.Struct):
    format: str
    row: str
    salt: str
    leaf_hash: str
    position: int
    path: list[str]
    checkpoint: _Signed


def check(proof: bytes, jwks: bytes) -> tuple[dict[str, Any], Statement]:
    """What the proven row says, and the checkpoint that vouches for it.

    ``jwks`` is the content of ``/.well-known/jwks.json`` or, for an old proof, of ``/v1/keys``.
    Raises ProofRefused.
    """
    try:
        found = msgspec.json.decode(proof, type=_Proof)
        salt, leaf = _bytes(found.salt), _bytes(found.leaf_hash)
        path = [_bytes(step) for step in found.path]
        signature = _bytes(found.checkpoint.signature)
        said = msgspec.json.decode(found.row, type=dict[str, Any])
    except ValueError as trouble:  # also what msgspec and base64 raise
        raise ProofRefused(f"This is not a proof: {trouble}") from None
    if found.format != FORMAT:
        raise ProofRefused(f"This is a proof in another format: {found.format}.")
    if len(salt) != SALT_BYTES or leaf_of(salt, found.row.encode()) != leaf:
        raise ProofRefused("Row and salt do not give the leaf hash: the row was changed.")
    try:
        statement = read(found.checkpoint.text)
    except ValueError as trouble:
        raise ProofRefused(str(trouble)) from None
    if not merkle.includes(leaf, found.position, statement.size, path, statement.root):
        raise ProofRefused("The path does not lead from the row to the root of the checkpoint.")
    if not signed_by(_key(jwks, found.checkpoint.kid), found.checkpoint.text, signature):
        raise ProofRefused("The signature of the checkpoint does not fit.")
    return said, statement


def public_key(jwk: dict[str, Any]) -> EllipticCurvePublicKey:
    """The parsed key of a P-256 JWK. Raises ValueError."""
    if jwk.get("kty") != "EC" or jwk.get("crv") != "P-256":
        raise ValueError("not a P-256 key")
    x, y = (int.from_bytes(es256.from_base64url(str(jwk.get(name)))) for name in ("x", "y"))
    return EllipticCurvePublicNumbers(x, y, SECP256R1()).public_key()


def _key(jwks: bytes, kid: str) -> EllipticCurvePublicKey:
    try:
        keys = msgspec.json.decode(jwks, type=dict[str, list[dict[str, Any]]])["keys"]
        jwk = next((key for key in keys if key.get("kid") == kid), None)
        if jwk is None:
            raise ProofRefused(
                f"The keys do not have {kid}. If it is out of use, take those of /v1/keys."
            )
        if jwk.get("revoked_because") == "compromise":
            raise ProofRefused(f"The key {kid} was in wrong hands: ask for a new proof.")
        return public_key(jwk)
    except (ValueError, KeyError):
        raise ProofRefused("These are not keys: give a JWK set.") from None


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
