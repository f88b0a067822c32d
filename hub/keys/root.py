"""The root key: the one secret that is not in the database. It seals all other keys."""

import base64
import binascii
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_BYTES = 32
_NONCE = 12


@dataclass(frozen=True, repr=False)
class RootKey:
    """Seals key material with AES-256-GCM; the key's own id is bound as associated data."""

    secret: bytes

    def seal(self, material: bytes, kid: str) -> bytes:
        """Nonce and ciphertext of a key."""
        nonce = os.urandom(_NONCE)
        return nonce + AESGCM(self.secret).encrypt(nonce, material, kid.encode())

    def open(self, sealed: bytes, kid: str) -> bytes:
        """The key material; raises InvalidTag when the root key or the row is not the right one."""
        return AESGCM(self.secret).decrypt(sealed[:_NONCE], sealed[_NONCE:], kid.encode())


def root_key(given: str, home: Path) -> RootKey:
    """From HUB_ROOT_KEY when given, otherwise from ``root.key`` (0600) under HUB_HOME, which is
    made on first use. Lose it and everything sealed is lost: it belongs in the backup."""
    if given:
        return RootKey(_decoded(given, "HUB_ROOT_KEY"))
    path = home / "root.key"
    try:
        return RootKey(_decoded(path.read_text(), str(path)))
    except FileNotFoundError:
        pass
    home.mkdir(parents=True, exist_ok=True)
    fresh = base64.b64encode(os.urandom(_BYTES)).decode()
    draft = home / f".root.key.{os.getpid()}"
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(fresh + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)  # the first of several processes wins; the others read its key
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return RootKey(_decoded(path.read_text(), str(path)))


def _decoded(text: str, where: str) -> bytes:
    try:
        secret = base64.b64decode(text.strip(), validate=True)
    except binascii.Error:
        secret = b""
    if len(secret) != _BYTES:
        raise SystemExit(f"{where} must hold {_BYTES} bytes in base64.")
    return secret
