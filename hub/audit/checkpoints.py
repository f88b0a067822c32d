"""Checkpoints: a signed state of the tree, in a form that can be kept anywhere.

The text is that of C2SP's tlog-checkpoint: origin, size, root hash in base64, then one line of our
own, the time; each ends with a line feed. The signature is ES256 over exactly these bytes, 64 bytes
of r and s (as JOSE and WebCrypto write it). It is not a signed note to the letter: the key is named
by its RFC 7638 thumbprint, as everywhere in this hub. A JWT signed by the same key begins with
``eyJ`` and has no line feed, so neither passes for the other.
"""

import base64
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from hub.keys import SigningKey, es256


@dataclass(frozen=True)
class Statement:
    """What a checkpoint says."""

    origin: str
    size: int
    root: bytes
    at: datetime

    def text(self) -> str:
        """The signed lines."""
        root = base64.b64encode(self.root).decode()
        moment = self.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return f"{self.origin}\n{self.size}\n{root}\n{moment}\n"


def read(text: str) -> Statement:
    """What the lines say. Raises ValueError for anything that ``text`` would not write."""
    try:
        origin, size, root, moment, rest = text.split("\n")
        found = Statement(
            origin,
            int(size),
            base64.b64decode(root, validate=True),
            datetime.strptime(moment, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC),
        )
    except ValueError:
        raise ValueError("This is not a checkpoint.") from None
    if rest or found.text() != text or len(found.root) != 32:
        raise ValueError("This is not a checkpoint.")
    return found


def sign(key: SigningKey, text: str) -> bytes:
    """64 bytes."""
    return es256.sign(key.private, text.encode())


def signed_by(key: EllipticCurvePublicKey, text: str, signature: bytes) -> bool:
    """Whether this key signed these lines."""
    try:
        es256.check(key, text.encode(), signature)
    except InvalidSignature:
        return False
    return True


def shown(row: Any) -> dict[str, str]:
    """A checkpoint of the table as it is given out."""
    return {
        "text": row.text,
        "kid": row.kid,
        "signature": base64.b64encode(row.signature).decode(),
    }


def origin_of(public_url: str) -> str:
    """The name of this hub's log: its public address without the scheme."""
    return public_url.partition("://")[2] + "/access-log"
