"""Keys: what signs, what seals, and what makes searchable without showing."""

from .ring import KeyRing, SigningKey, Unreadable
from .root import RootKey, root_key
from .service import ensure, jwk_of, thumbprint

__all__ = [
    "KeyRing",
    "RootKey",
    "SigningKey",
    "Unreadable",
    "ensure",
    "jwk_of",
    "root_key",
    "thumbprint",
]
