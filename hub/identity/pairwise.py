"""Pairwise subjects: the number by which one partner knows a person, and no other partner does.

OpenID Connect Core 8.1, with deterministic authenticated encryption (AES-SIV, RFC 5297) of the
person's id; the partner's sector is bound as associated data. The same person always has the same
number with the same sector, two sectors cannot join theirs, and only the hub turns one back: no
table is kept. 43 letters of base64url.
"""

from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from hub.keys import KeyRing

from .es256 import base64url, from_base64url

_PURPOSE = "oauth.pairwise"


def subject_of(keyring: KeyRing, sector: str, person_id: UUID) -> str:
    """What partners of ``sector`` call the person."""
    return base64url(_cipher(keyring).encrypt(person_id.bytes, [sector.encode()]))


def person_behind(keyring: KeyRing, sector: str, subject: str) -> UUID | None:
    """The person that partners of ``sector`` call so; None for what never was a subject there."""
    try:
        opened = _cipher(keyring).decrypt(from_base64url(subject), [sector.encode()])
    except (InvalidTag, ValueError):
        return None
    return UUID(bytes=opened) if len(opened) == 16 else None


def _cipher(keyring: KeyRing) -> AESSIV:
    return AESSIV(keyring.derive(_PURPOSE))
