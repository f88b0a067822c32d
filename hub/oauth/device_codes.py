"""Devices without a browser (RFC 8628): a screen shows a short code, the person enters it on their
own telephone, sees who asks for what, and confirms.

The short code has eight consonants (34 bits), lives ten minutes, and whoever guesses is slowed down
per person and per network (limits in PostgreSQL). The long code is 256 random bits and good once.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update

from hub import audit, identity
from hub.identity import Client, Limit
from hub.kernel import ids
from hub.kernel.db import retry_on
from hub.kernel.work import Work
from hub.keys import KeyRing

from .authority import Authority
from .errors import (
    AccessDenied,
    AuthorizationPending,
    ExpiredToken,
    InvalidGrant,
    SlowDown,
    UserCodeUnknown,
)
from .model import DeviceCode

LIVES = timedelta(minutes=10)
INTERVAL_SECONDS = 5
LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
"""No vowels, so no words; no digits to be taken for letters (RFC 8628, 6.1)."""

GUESSES_PER_PERSON = Limit("user_code.person", capacity=10, every=timedelta(minutes=3))
GUESSES_PER_NETWORK = Limit("user_code.network", capacity=40, every=timedelta(seconds=60))

retry_on("uq_oauth_device_code_user_hash")


@dataclass(frozen=True)
class Begun:
    """What a device shows and what it keeps to itself."""

    device_code: str
    user_code: str


@dataclass(frozen=True)
class Question:
    """What a device asks of the person who entered its code."""

    id: UUID
    client: Client
    scopes: frozenset[str]


def ask(work: Work, keyring: KeyRing, client: Client, scopes: frozenset[str]) -> Begun:
    """A device begins to ask."""
    device_code = identity.new_secret()
    user_code = "".join(secrets.choice(LETTERS) for _ in range(8))
    work.session.add(
        DeviceCode(
            id=ids.new_id(),
            device_hash=identity.hash_of(device_code),
            user_hash=_user_hash(keyring, user_code),
            client_id=client.id,
            scopes=sorted(scopes),
            state="waiting",
            interval_seconds=INTERVAL_SECONDS,
            next_poll_at=work.now,
            created_at=work.now,
            expires_at=work.now + LIVES,
        )
    )
    work.session.flush()
    return Begun(device_code, f"{user_code[:4]}-{user_code[4:]}")


def look_up(
    work: Work, authority: Authority, user_code: str, *, person: str, network: bytes
) -> Question:
    """What the device asks whose code the person entered. A wrong or old code is UserCodeUnknown,
    remembered: ten of one person at once, forty of one network, then few."""
    keyring = authority.keyring
    limits = ((GUESSES_PER_PERSON, person.encode()), (GUESSES_PER_NETWORK, network))
    for limit, whose in limits:
        identity.limits.take(work, keyring, limit, whose)
    row = work.session.execute(
        select(DeviceCode).where(
            DeviceCode.user_hash == _user_hash(keyring, user_code),
            DeviceCode.state == "waiting",
            DeviceCode.expires_at > work.now,
        )
    ).scalar_one_or_none()
    client = authority.clients.find(row.client_id) if row is not None else None
    if row is None or client is None:
        audit.record(work, "oauth.user_code_wrong", person)
        raise UserCodeUnknown(keep=True)
    for limit, whose in limits:
        identity.limits.give_back(work, keyring, limit, whose)
    return Question(row.id, client, frozenset(row.scopes))


def decide(work: Work, question: Question, session_id: UUID, until: datetime | None) -> None:
    """The person said yes, until a moment, or no (None). Whoever is second finds it decided."""
    decided = work.session.execute(
        update(DeviceCode)
        .where(DeviceCode.id == question.id, DeviceCode.state == "waiting")
        .values(state="denied" if until is None else "allowed", session_id=session_id, until=until)
        .returning(DeviceCode.id)
        .execution_options(synchronize_session=False)
    ).scalar()
    if decided is None:
        raise UserCodeUnknown


def poll(work: Work, client: Client, device_code: str) -> Any:
    """The row of a code that the person said yes to, used up by this. Refuses with InvalidGrant,
    ExpiredToken, AccessDenied, and, remembered, with AuthorizationPending and SlowDown."""
    row = work.session.execute(
        select(DeviceCode)
        .where(
            DeviceCode.device_hash == identity.hash_of(device_code),
            DeviceCode.client_id == client.id,
        )
        .with_for_update()
    ).scalar_one_or_none()
    if row is None or row.state == "used":
        raise InvalidGrant(said="The device code is not good.")
    if row.expires_at <= work.now:
        raise ExpiredToken(said="The device code has expired.")
    if row.state == "denied":
        raise AccessDenied
    if row.state == "waiting":
        early = work.now < row.next_poll_at
        if early:
            row.interval_seconds += INTERVAL_SECONDS
        row.next_poll_at = work.now + timedelta(seconds=row.interval_seconds)
        if early:
            raise SlowDown(keep=True)
        raise AuthorizationPending(keep=True)
    row.state = "used"
    work.session.flush()
    return row


def forget_old(work: Work) -> None:
    """Delete what devices asked an hour ago."""
    work.session.execute(
        delete(DeviceCode).where(DeviceCode.expires_at < work.now - timedelta(hours=1))
    )


def _user_hash(keyring: KeyRing, typed: str) -> bytes:
    plain = "".join(letter for letter in typed.upper() if letter in LETTERS)
    return keyring.blind("oauth.user_code", plain.encode())
