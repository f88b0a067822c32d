"""What a row of the access log says, byte by byte, and what of it goes into the tree.

The content is one JSON object: keys in the order of the alphabet, no white space, UTF-8, what is
absent left out. The leaf is a commitment, SHA-256(salt || content) with 32 random bytes of salt,
so that a hash that stays behind when row and salt are erased tells nothing of what it was made of.
"""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from hub.kernel import ids

from . import merkle

SALT_BYTES = 32


@dataclass(frozen=True)
class Content:
    """What one row says. ``about`` is the person read about; None in a row that says which other
    rows were erased."""

    id: UUID
    at: datetime
    about: UUID | None
    actor_kind: str
    actor_id: str
    for_whom: str | None
    client_id: str | None
    register: str
    purpose: str
    basis: str
    fields: Sequence[str]

    def shown(self) -> dict[str, Any]:
        """The content as it is told to the person and hashed."""
        said = {
            "id": ids.show("access", self.id),
            "at": self.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "about": ids.show("person", self.about) if self.about else None,
            "who": {"kind": self.actor_kind, "id": self.actor_id},
            "for_whom": self.for_whom,
            "client_id": self.client_id,
            "register": self.register,
            "purpose": self.purpose,
            "legal_basis": self.basis,
            "fields": list(self.fields),
        }
        return {name: value for name, value in said.items() if value is not None}

    def written(self) -> bytes:
        """The very bytes that are hashed."""
        return msgspec.json.encode(self.shown(), order="sorted")


def content_of(row: Any) -> Content:
    """The content of a row of the table that is not erased."""
    return Content(
        row.id,
        row.at,
        row.person_id,
        row.actor_kind,
        row.actor_id,
        row.for_whom,
        row.client_id,
        row.register,
        row.purpose,
        row.basis,
        row.fields,
    )


def new_salt() -> bytes:
    """Fresh for each row: rows that say the same do not look alike."""
    return os.urandom(SALT_BYTES)


def leaf_of(salt: bytes, written: bytes) -> bytes:
    """The leaf hash of a row: SHA-256(0x00 || SHA-256(salt || content))."""
    return merkle.leaf_hash(hashlib.sha256(salt + written).digest())
