"""ES256 as JOSE writes it (RFC 7518, 3.4): 64 bytes of r and s, base64url without padding.

Works on parsed keys of ``cryptography``: PyJWT walks each token letter by letter in Python and
parses its header twice, which costs more than the signature itself.
"""

import base64

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256

_ALGORITHM = ECDSA(SHA256())


def sign(key: EllipticCurvePrivateKey, message: bytes) -> bytes:
    """64 bytes."""
    r, s = decode_dss_signature(key.sign(message, _ALGORITHM))
    return r.to_bytes(32) + s.to_bytes(32)


def check(key: EllipticCurvePublicKey, message: bytes, signature: bytes) -> None:
    """Raises InvalidSignature unless ``key`` signed ``message``."""
    if len(signature) != 64:
        raise InvalidSignature
    r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
    key.verify(encode_dss_signature(r, s), message, _ALGORITHM)


def base64url(data: bytes) -> str:
    """Without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    """Raises ValueError for anything that is not base64url."""
    if "=" in text:
        raise ValueError("padded")
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
