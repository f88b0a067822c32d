"""ES256 as identity uses it; the signatures themselves are made in hub/keys."""

from hub.keys.es256 import base64url, check, from_base64url, sign

__all__ = ["base64url", "check", "from_base64url", "sign"]
