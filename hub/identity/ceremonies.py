"""Passkey ceremonies: a challenge each, bound to whoever began it, good once for five minutes."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import delete, select, update

from hub.kernel import ids
from hub.kernel.work import Work
from hub.keys import KeyRing

from . import limits, protections, webauthn_gateway
from .credential_model import Ceremony, Passkey
from .errors import SignInOver
from .rules import CEREMONIES_IN_TOTAL, CEREMONIES_PER_CLIENT, CODE_LIVES, hash_of, new_secret
from .signing_in import PREFIX
from .webauthn_gateway import RelyingParty

Purpose = Literal["show", "add", "join"]


@dataclass(frozen=True)
class Begun:
    """A ceremony has begun. ``options`` are the browser's (WebAuthn's JSON), ``login`` is a secret
    of whoever asked and goes with the credential."""

    login: str
    options: dict[str, Any]
    expires_at: datetime


@dataclass(frozen=True)
class Taken:
    """A ceremony that was finished by this request; it is used up whatever comes of it."""

    challenge: bytes
    person_id: UUID | None


def begin_to_show(work: Work, keyring: KeyRing, party: RelyingParty, *, client: str) -> Begun:
    """Ask a device for one of its passkeys, naming nobody. Refuses with AskedTooOften."""
    challenge = secrets.token_bytes(32)
    options = webauthn_gateway.request_options(party, challenge=challenge)
    return _begun(work, keyring, "show", challenge, options, None, client)


def begin_to_add(
    work: Work, keyring: KeyRing, party: RelyingParty, *, label: str, client: str
) -> Begun:
    """Ask a device to make a passkey for the acting person. Refuses with StrongerSignInNeeded."""
    protections.demand(work)
    person_id = ids.read("person", work.actor.id)
    known = work.session.scalars(
        select(Passkey.credential_id).where(Passkey.person_id == person_id)
    ).all()
    return _begin_to_make(work, keyring, party, "add", person_id, label, client, known)


def begin_to_join(
    work: Work, keyring: KeyRing, party: RelyingParty, *, label: str, client: str
) -> Begun:
    """Ask a device to make a passkey for somebody who will have an account by it."""
    return _begin_to_make(work, keyring, party, "join", ids.new_id(), label, client, ())


def take(work: Work, login: str, purpose: Purpose, *, person_id: UUID | None = None) -> Taken:
    """Use a ceremony up. SignInOver when it is over, another's, or of another purpose."""
    mine = [Ceremony.person_id == person_id] if person_id is not None else []
    row = work.session.execute(
        update(Ceremony)
        .where(
            Ceremony.secret_hash == hash_of(login),
            Ceremony.purpose == purpose,
            Ceremony.used_at.is_(None),
            Ceremony.expires_at > work.now,
            *mine,
        )
        .values(used_at=work.now)
        .returning(Ceremony.challenge, Ceremony.person_id)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if row is None:
        raise SignInOver
    return Taken(row.challenge, row.person_id)


def forget_old(work: Work) -> None:
    """Delete ceremonies that are over."""
    work.session.execute(delete(Ceremony).where(Ceremony.expires_at < work.now))


def _begin_to_make(
    work: Work,
    keyring: KeyRing,
    party: RelyingParty,
    purpose: Purpose,
    person_id: UUID,
    label: str,
    client: str,
    known: Any,
) -> Begun:
    challenge = secrets.token_bytes(32)
    options = webauthn_gateway.creation_options(
        party, challenge=challenge, handle=person_id.bytes, label=label, known=known
    )
    return _begun(work, keyring, purpose, challenge, options, person_id, client)


def _begun(
    work: Work,
    keyring: KeyRing,
    purpose: Purpose,
    challenge: bytes,
    options: dict[str, Any],
    person_id: UUID | None,
    client: str,
) -> Begun:
    limits.take(work, keyring, CEREMONIES_PER_CLIENT, limits.network_of(client))
    limits.take(work, keyring, CEREMONIES_IN_TOTAL, b"")
    secret = new_secret()
    work.session.add(
        Ceremony(
            id=ids.new_id(),
            secret_hash=hash_of(PREFIX + secret),
            purpose=purpose,
            challenge=challenge,
            person_id=person_id,
            expires_at=work.now + CODE_LIVES,
        )
    )
    return Begun(PREFIX + secret, options, work.now + CODE_LIVES)
