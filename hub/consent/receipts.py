"""Receipts: what a person keeps of a consent, signed by the city and checkable without it.

A JWS in compact form (RFC 7515), ES256, ``typ: consent-receipt+jwt``; its claims follow the consent
record of ISO/IEC TS 27560:2023: what is processed and why, the parties, the event. ``kid`` names
the key in ``/.well-known/jwks.json``, so whoever kept a receipt and the key set needs nothing else,
also when that key has long been followed by others. The verifier of access tokens takes no other
header than its own, so a receipt never opens a door.
"""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidSignature

from hub.identity import KeyNotUsable, es256, public_key
from hub.kernel import ids
from hub.keys import KeyRing

from .model import Consent
from .rules import Act

TYPE = "consent-receipt+jwt"
SCHEMA = "ISO/IEC TS 27560:2023"
LONGEST = 32_768


class ReceiptRefused(Exception):
    """Not a receipt signed by a key of this set; the message says what is wrong."""


class _Header(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    alg: str = "ES256"
    kid: str
    typ: str = TYPE


def claims_of(
    consent: Consent, *, act: Act, event_id: UUID, at: datetime, by: str, issuer: str
) -> dict[str, Any]:
    """The claims of a receipt: who let whom use what, why and until when, and this act of theirs.

    ``by`` is the public id of whoever acted: the person, or the counter's device.
    """
    return {
        "iss": issuer,
        "sub": ids.show("person", consent.person_id),
        "iat": int(at.timestamp()),
        "jti": ids.show("receipt", event_id),
        "schema_version": SCHEMA,
        "record_id": ids.show("consent", consent.id),
        "pii_processing": {
            "privacy_notice": {
                "text": consent.purpose_text,
                "version": consent.purpose_version,
                "language": consent.language,
            },
            "purposes": [
                {
                    "purpose": consent.purpose_text,
                    "lawful_basis": "consent",
                    "pii_information": list(consent.scopes),
                    "recipients": [consent.recipient],
                    "valid_until": _moment(consent.until),
                    "withdrawal_method": f"{issuer}/me/consents",
                }
            ],
        },
        "parties": [
            {"role": "pii_controller", "id": issuer},
            {"role": "recipient", "id": consent.recipient, "name": consent.recipient_name},
        ],
        "event": {
            "type": act,
            "time": _moment(at),
            "state": f"consent_{act}",
            "source": consent.source,
            "by": by,
            "given_at": _moment(consent.given_at),
        },
    }


def sign(keyring: KeyRing, claims: dict[str, Any]) -> str:
    """The receipt, signed by the key that signs now."""
    key = keyring.signing_key()
    header = es256.base64url(msgspec.json.encode(_Header(kid=key.kid)))
    signed = f"{header}.{es256.base64url(msgspec.json.encode(claims))}"
    return f"{signed}.{es256.base64url(es256.sign(key.private, signed.encode()))}"


def verifies_today(keyring: KeyRing, receipt: str) -> bool:
    """Whether the key that signed this is among those published now."""
    header = msgspec.json.decode(es256.from_base64url(receipt.partition(".")[0]), type=_Header)
    return keyring.verifying_key(header.kid) is not None


def check(receipt: str, jwks: dict[str, Any]) -> dict[str, Any]:
    """The claims of a receipt that a key of this JWK set (RFC 7517) signed, without a network.

    Raises ReceiptRefused. Says nothing of whether the consent was withdrawn later: the receipt of
    the withdrawal says that.
    """
    if len(receipt) > LONGEST:
        raise ReceiptRefused("This is too long to be a receipt.")
    try:
        segment, payload, signature = receipt.strip().split(".")
        header = msgspec.json.decode(es256.from_base64url(segment), type=_Header)
    except ValueError:  # also what msgspec raises
        raise ReceiptRefused("This is not a receipt in the compact form of a JWS.") from None
    if (header.alg, header.typ) != ("ES256", TYPE):
        raise ReceiptRefused(f"This is not a receipt: its type is {header.typ}.")
    jwk = _key_named(header.kid, jwks)
    try:
        es256.check(
            public_key(jwk), f"{segment}.{payload}".encode(), es256.from_base64url(signature)
        )
        claims = msgspec.json.decode(es256.from_base64url(payload), type=dict[str, Any])
    except KeyNotUsable:
        raise ReceiptRefused(
            f"The key {header.kid} in the set is not a usable P-256 key."
        ) from None
    except (InvalidSignature, ValueError):
        raise ReceiptRefused("The signature does not fit: this receipt was changed.") from None
    return claims


def _key_named(kid: str, jwks: dict[str, Any]) -> dict[str, Any]:
    keys = jwks.get("keys")
    for key in keys if isinstance(keys, list) else []:
        if isinstance(key, dict) and key.get("kid") == kid:
            return key
    raise ReceiptRefused(f"The key set has no key {kid}.")


def _moment(when: datetime) -> str:
    return when.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
