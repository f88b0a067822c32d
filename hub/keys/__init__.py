"""Keys: what signs, what seals, and what makes searchable without showing."""

from . import es256
from .ring import KeyRing, SigningKey, Unreadable
from .root import RootKey, root_key
from .rotation import (
    HEARD_EVERYWHERE,
    JWKS_LIVES,
    ROTATED,
    KeyLine,
    Kind,
    NeverRevoked,
    NotReadyYet,
    every_key,
    every_signing_key,
    own_signing_keys,
    publish_next,
    revoke,
    rotate,
    rotate_by_age,
)
from .service import ensure, jwk_of, thumbprint

__all__ = [
    "HEARD_EVERYWHERE",
    "JWKS_LIVES",
    "ROTATED",
    "KeyLine",
    "KeyRing",
    "Kind",
    "NeverRevoked",
    "NotReadyYet",
    "RootKey",
    "SigningKey",
    "Unreadable",
    "ensure",
    "es256",
    "every_key",
    "every_signing_key",
    "jwk_of",
    "own_signing_keys",
    "publish_next",
    "revoke",
    "root_key",
    "rotate",
    "rotate_by_age",
    "thumbprint",
]
