"""Files: what people and partners hand in, sealed at rest and named by what they contain."""

from .model import File
from .service import clear, find, read, remove, store, tidy
from .vault import Vault

__all__ = ["File", "Vault", "clear", "find", "read", "remove", "store", "tidy"]
