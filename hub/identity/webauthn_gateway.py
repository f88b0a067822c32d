"""Passkeys' ceremonies (W3C WebAuthn Level 3). The only importer of webauthn.

What is asked of every authenticator: a discoverable credential where it can make one, its user
verified (PIN, finger, face) each time, no attestation. Nothing here touches the database.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from .es256 import from_base64url

T = TypeVar("T")
TIMEOUT_MS = 300_000


class CeremonyFailed(Exception):
    """What an authenticator or browser sent does not hold."""


@dataclass(frozen=True)
class Registered:
    """A credential whose registration holds."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    aaguid: UUID
    backup_eligible: bool
    backed_up: bool


@dataclass(frozen=True)
class Used:
    """A credential whose assertion holds; ``sign_count`` is still to be compared."""

    sign_count: int
    backup_eligible: bool
    backed_up: bool


@dataclass(frozen=True)
class RelyingParty:
    """Who asks: the host of the hub's public address, and the origin of its pages."""

    id: str
    origin: str
    name: str


def creation_options(
    party: RelyingParty,
    *,
    challenge: bytes,
    handle: bytes,
    label: str,
    known: Sequence[bytes],
) -> dict[str, Any]:
    """``PublicKeyCredentialCreationOptionsJSON``. ``label`` is what the person's device calls the
    account; ``known`` are credentials that they have here already."""
    import webauthn
    from webauthn.helpers import structs

    options = webauthn.generate_registration_options(
        rp_id=party.id,
        rp_name=party.name,
        user_id=handle,
        user_name=label,
        user_display_name=label,
        challenge=challenge,
        timeout=TIMEOUT_MS,
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.PREFERRED,
            user_verification=structs.UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[structs.PublicKeyCredentialDescriptor(id=each) for each in known],
    )
    return _as_json(options)


def request_options(party: RelyingParty, *, challenge: bytes) -> dict[str, Any]:
    """``PublicKeyCredentialRequestOptionsJSON`` that name nobody: the device offers what it has."""
    import webauthn
    from webauthn.helpers import structs

    options = webauthn.generate_authentication_options(
        rp_id=party.id,
        challenge=challenge,
        timeout=TIMEOUT_MS,
        user_verification=structs.UserVerificationRequirement.REQUIRED,
    )
    return _as_json(options)


def registered(party: RelyingParty, credential: dict[str, Any], *, challenge: bytes) -> Registered:
    """The credential that was made; CeremonyFailed if it does not hold."""
    import webauthn

    found = _checked(
        lambda: webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            require_user_verification=True,
        )
    )
    return Registered(
        found.credential_id,
        found.credential_public_key,
        found.sign_count,
        UUID(found.aaguid),
        found.credential_device_type == "multi_device",
        found.credential_backed_up,
    )


def used(
    party: RelyingParty, credential: dict[str, Any], *, challenge: bytes, public_key: bytes
) -> Used:
    """What a signature vouches for; CeremonyFailed if it does not hold. The counter is compared by
    the caller, in the database, where two at once are two."""
    import webauthn

    found = _checked(
        lambda: webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            credential_public_key=public_key,
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    )
    return Used(
        found.new_sign_count,
        found.credential_device_type == "multi_device",
        found.credential_backed_up,
    )


def decoded(value: Any) -> bytes | None:
    """Bytes that WebAuthn's JSON writes in base64url; None for what is absent or none."""
    if not isinstance(value, str) or not value:
        return None
    try:
        return from_base64url(value)
    except ValueError:
        return b""


def _checked(check: Callable[[], T]) -> T:
    try:
        return check()
    except Exception as error:  # noqa: BLE001 (parsers below it raise whatever they like)
        raise CeremonyFailed(type(error).__name__) from None


def _as_json(options: Any) -> dict[str, Any]:
    import webauthn

    written: dict[str, Any] = json.loads(webauthn.options_to_json(options))
    return written
