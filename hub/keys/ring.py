"""The ring: every process's view of the keys, parsed once and refreshed when they change.

Sealed values are ``0x01 | 16 bytes key id | 12 bytes nonce | AES-256-GCM ciphertext``, under a key
derived per purpose (HKDF, RFC 5869), with purpose and context as associated data: a value sealed
for one column or row does not open in another.
"""

import hmac
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import select

from hub.kernel.changes import Watch
from hub.kernel.db import Database

from .model import Key
from .root import RootKey

_VERSION = b"\x01"
_NONCE = 12
_HEADER = 1 + 16 + _NONCE
_AGAIN_SECONDS = 1.0


class Unreadable(Exception):
    """A sealed value does not open here: another purpose, another context, or damaged."""


@dataclass(frozen=True)
class SigningKey:
    """An ES256 key, already parsed: parsing costs more than the signature."""

    kid: str
    state: str
    private: ec.EllipticCurvePrivateKey
    public: ec.EllipticCurvePublicKey
    jwk: dict[str, Any]


def opened(row: Any, root: RootKey) -> SigningKey:
    """A row of the table of keys as a key to use; raises InvalidTag."""
    private = serialization.load_der_private_key(root.open(row.sealed, row.kid), None)
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    return SigningKey(row.kid, row.state, private, private.public_key(), row.public_jwk)


@dataclass(frozen=True)
class _Keys:
    signing: dict[str, SigningKey]
    signs: SigningKey
    sealing: dict[bytes, bytes]
    seals: bytes
    blinds: bytes


class KeyRing:
    """Signs, seals and blinds. One per process; safe to share between threads."""

    def __init__(
        self, database: Database, root: Callable[[], RootKey], watch: Watch | None = None
    ) -> None:
        self._database = database
        self._root = root
        self._keys: _Keys | None = None
        self._derived: dict[tuple[bytes, str], bytes] = {}
        self._lock = threading.Lock()
        self._watch = watch
        self._loaded_at = 0.0
        self._heard = 0
        if watch is not None:
            watch.on("keys", lambda _: self.forget())
            watch.on_gap(self.forget)

    def forget(self) -> None:
        """Read the keys again at the next use."""
        self._heard += 1
        self._keys = None

    def signing_key(self) -> SigningKey:
        """The key that signs now."""
        return self._loaded().signs

    def verifying_key(self, kid: str) -> SigningKey | None:
        """The key that a signature names, unless it is unknown or revoked."""
        return self._loaded(knowing=lambda keys: kid in keys.signing).signing.get(kid)

    def jwks(self) -> dict[str, Any]:
        """The public keys as a JWK set (RFC 7517): next, active and retiring."""
        keys = sorted(self._loaded().signing.values(), key=lambda key: key.kid)
        return {"keys": [{**key.jwk, "kid": key.kid, "use": "sig", "alg": "ES256"} for key in keys]}

    def seal(self, purpose: str, plain: bytes, context: bytes = b"") -> bytes:
        """Encrypt under the active key. ``context``, such as a row id, must be given to open."""
        keys = self._loaded()
        nonce = os.urandom(_NONCE)
        cipher = AESGCM(self._derive(keys.sealing[keys.seals], purpose))
        bound = purpose.encode() + b"\0" + context
        return _VERSION + keys.seals + nonce + cipher.encrypt(nonce, plain, bound)

    def open(self, purpose: str, sealed: bytes, context: bytes = b"") -> bytes:
        """The plain value, or Unreadable."""
        kid = sealed[1:17]
        secret = self._loaded(knowing=lambda keys: kid in keys.sealing).sealing.get(kid)
        if sealed[:1] != _VERSION or secret is None:
            raise Unreadable
        nonce, ciphertext = sealed[17:_HEADER], sealed[_HEADER:]
        cipher = AESGCM(self._derive(secret, purpose))
        try:
            return cipher.decrypt(nonce, ciphertext, purpose.encode() + b"\0" + context)
        except InvalidTag:
            raise Unreadable from None

    def blind(self, purpose: str, value: bytes) -> bytes:
        """HMAC-SHA-256: the same value always gives the same 32 bytes, which show nothing of it."""
        return hmac.digest(self._derive(self._loaded().blinds, purpose), value, "sha256")

    def derive(self, purpose: str) -> bytes:
        """A 32-byte secret for a purpose, from the blinding key: stable as long as that key is."""
        return self._derive(self._loaded().blinds, purpose)

    def _derive(self, secret: bytes, purpose: str) -> bytes:
        known = self._derived.get((secret, purpose))
        if known is None:
            known = HKDF(hashes.SHA256(), 32, salt=None, info=purpose.encode()).derive(secret)
            self._derived[secret, purpose] = known
        return known

    def _loaded(self, knowing: Callable[[_Keys], bool] = lambda _: True) -> _Keys:
        """The keys as last read. Read again when they were announced to have changed and, at most
        once a second, while announcements are not heard or a key is asked for that is not known."""
        keys = self._keys
        if keys is not None and ((self._hears() and knowing(keys)) or self._just_loaded()):
            return keys
        with self._lock:
            keys = self._keys
            if keys is None or not self._just_loaded():
                heard = self._heard
                self._loaded_at = time.monotonic()
                keys = self._keys = self._load()
                if heard != self._heard:
                    # News came while we read: it may be what we read without.
                    self._keys = None
        return keys

    def _hears(self) -> bool:
        return self._watch is None or self._watch.fresh

    def _just_loaded(self) -> bool:
        return time.monotonic() - self._loaded_at < _AGAIN_SECONDS

    def _load(self) -> _Keys:
        with self._database.reads() as connection:
            rows = connection.execute(
                select(Key.kid, Key.kind, Key.state, Key.sealed, Key.public_jwk).where(
                    Key.state != "revoked"
                )
            ).all()
        root = self._root()
        signing: dict[str, SigningKey] = {}
        secrets: dict[str, dict[str, bytes]] = {"seal": {}, "blind": {}}
        active = {row.kind: row.kid for row in rows if row.state == "active"}
        for row in rows:
            if row.kind == "sign":
                signing[row.kid] = opened(row, root)
            else:
                secrets[row.kind][row.kid] = root.open(row.sealed, row.kid)
        if {"sign", "seal", "blind"} - active.keys():
            raise SystemExit("There are no keys yet: run `python -m hub release` first.")
        return _Keys(
            signing=signing,
            signs=signing[active["sign"]],
            sealing={bytes.fromhex(kid): secret for kid, secret in secrets["seal"].items()},
            seals=bytes.fromhex(active["seal"]),
            blinds=secrets["blind"][active["blind"]],
        )
