"""Devices: enrolled signers with a key of their own. They hold no session and no token."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePublicKey,
    EllipticCurvePublicNumbers,
)
from sqlalchemy import select

from hub import audit
from hub.kernel import ids
from hub.kernel.changes import Watch, announce
from hub.kernel.db import Database, refuse_on
from hub.kernel.errors import Conflict, Invalid, NotFound
from hub.kernel.work import Work
from hub.keys import jwk_of, thumbprint

from . import es256
from .model import Device
from .tokens import Principal

TOPIC = "identity.device"

DeviceKind = Literal["kiosk", "gate", "validator", "vehicle_gateway", "publisher"]


class KeyNotUsable(Invalid):
    """Enrolment takes the public half of a P-256 key as a JWK: ``kty`` EC, ``crv`` P-256, ``x`` and
    ``y``. Never send the private half (``d``); if you did, make a new key."""

    title = "This key cannot be enrolled"


class KeyEnrolled(Conflict):
    """This key belongs to a device already. Each device makes a key of its own."""

    title = "This key is enrolled already"


refuse_on("uq_identity_device_kid", KeyEnrolled)


@dataclass(frozen=True)
class Signer:
    """An enrolled device and its parsed key."""

    key: EllipticCurvePublicKey
    principal: Principal


def enrol_device(
    work: Work,
    *,
    kind: DeviceKind,
    name: str,
    public_jwk: dict[str, Any],
    scopes: Iterable[str],
    acts_for: Iterable[str] = (),
) -> str:
    """Enrol a signer; its ``kid`` (RFC 7638). Refuses with KeyNotUsable and KeyEnrolled.

    ``acts_for`` is whom it may speak for, such as ``feed:harbin``; ``*`` is everybody.
    """
    jwk = jwk_of(public_key(public_jwk))
    device = Device(
        id=ids.new_id(),
        kind=kind,
        name=name,
        scopes=sorted(set(scopes)),
        acts_for=sorted(set(acts_for)),
        public_jwk=jwk,
        kid=thumbprint(jwk),
        enrolled_at=work.now,
    )
    work.session.add(device)
    work.session.flush()
    announce(work, TOPIC, device.kid)
    audit.record(work, "identity.device_enrolled", ids.show("device", device.id), kind=kind)
    return device.kid


def revoke_device(work: Work, device_id: UUID) -> None:
    """End a device's trust for good, everywhere within two seconds. Twice is harmless."""
    device = work.session.get(Device, device_id)
    if device is None:
        raise NotFound
    if device.revoked_at is not None:
        return
    device.revoked_at = work.now
    announce(work, TOPIC, device.kid)
    audit.record(work, "identity.device_revoked", ids.show("device", device_id))


@dataclass(frozen=True)
class DeviceLine:
    """One line of the list of devices."""

    id: str
    kind: str
    name: str
    scopes: tuple[str, ...]
    acts_for: tuple[str, ...]
    kid: str
    enrolled_at: datetime
    revoked_at: datetime | None


def all_devices(work: Work) -> list[DeviceLine]:
    """Every device ever enrolled, oldest first."""
    return [
        DeviceLine(
            id=ids.show("device", device.id),
            kind=device.kind,
            name=device.name,
            scopes=tuple(device.scopes),
            acts_for=tuple(device.acts_for),
            kid=device.kid,
            enrolled_at=device.enrolled_at,
            revoked_at=device.revoked_at,
        )
        for device in work.session.scalars(select(Device).order_by(Device.id))
    ]


def public_key(jwk: dict[str, Any]) -> EllipticCurvePublicKey:
    """The parsed key of a public P-256 JWK; refuses with KeyNotUsable."""
    x, y = jwk.get("x"), jwk.get("y")
    if jwk.get("kty") != "EC" or jwk.get("crv") != "P-256" or "d" in jwk:
        raise KeyNotUsable
    if not isinstance(x, str) or not isinstance(y, str):
        raise KeyNotUsable
    try:
        x_bytes, y_bytes = es256.from_base64url(x), es256.from_base64url(y)
        if len(x_bytes) != 32 or len(y_bytes) != 32:
            raise KeyNotUsable
        return EllipticCurvePublicNumbers(
            int.from_bytes(x_bytes), int.from_bytes(y_bytes), SECP256R1()
        ).public_key()
    except ValueError:  # no base64url, or no point of the curve
        raise KeyNotUsable from None


def signed_by_one_of(jwks: Iterable[dict[str, Any]], message: bytes, signature: bytes) -> bool:
    """Whether one of these public P-256 keys signed ``message`` (ES256, 64 bytes)."""
    for jwk in jwks:
        try:
            es256.check(public_key(jwk), message, signature)
        except (InvalidSignature, KeyNotUsable):
            continue
        return True
    return False


class Signers:
    """Enrolled devices by key id, kept in memory as long as nothing is heard of them."""

    def __init__(self, database: Database, watch: Watch) -> None:
        self._database = database
        self._watch = watch
        self._known: dict[str, Signer] = {}
        self._heard = 0
        watch.on(TOPIC, self._forget)
        watch.on_gap(self._forget_all)

    def find(self, kid: str) -> Signer | None:
        """The device with this key, unless it is unknown or revoked."""
        fresh = self._watch.fresh
        known = self._known.get(kid) if fresh else None
        if known is None:
            heard = self._heard
            known = self._asked(kid)
            # Strangers' ids are not remembered: they could fill the memory. Nor is what was read
            # while news arrived, for it may be what the news was about.
            if known is not None and fresh and heard == self._heard:
                self._known[kid] = known
        return known

    def _forget(self, kid: str) -> None:
        self._heard += 1
        self._known.pop(kid, None)

    def _forget_all(self) -> None:
        self._heard += 1
        self._known.clear()

    def _asked(self, kid: str) -> Signer | None:
        with self._database.reads() as connection:
            row = connection.execute(
                select(Device.id, Device.scopes, Device.acts_for, Device.public_jwk).where(
                    Device.kid == kid, Device.revoked_at.is_(None)
                )
            ).one_or_none()
        if row is None:
            return None
        principal = Principal(
            kind="device",
            id=ids.show("device", row.id),
            scopes=frozenset(row.scopes),
            acts_for=frozenset(row.acts_for),
        )
        return Signer(public_key(row.public_jwk), principal)
