"""Passkeys: added, shown, named, removed. The strongest way in, and the one that cannot be phished.

A signature counter that does not move forward means that somebody copied the private key: that
showing is refused, remembered, and told to the person (WebAuthn Level 3, 7.2 step 22). Counters
that stay at zero, as those of synced passkeys do, say nothing.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, or_, select, update

from hub import audit
from hub.kernel import ids
from hub.kernel.db import refuse_on
from hub.kernel.errors import NotFound
from hub.kernel.work import Reading, Work
from hub.keys import KeyRing

from . import (
    ceremonies,
    limits,
    passwords,
    people,
    protections,
    recovery_codes,
    sessions,
    stepping_up,
    webauthn_gateway,
)
from .credential_model import Passkey
from .errors import (
    LastWayIn,
    PasskeyKnown,
    PasskeyRefused,
    PasswordTooShortAlone,
    TooManyPasskeys,
)
from .events import CredentialChanged
from .model import Person
from .refreshing import Tokens
from .rules import JOINS_IN_TOTAL, JOINS_PER_CLIENT, PASSKEYS, assurance
from .tokens import Issuer
from .webauthn_gateway import CeremonyFailed, Registered, RelyingParty

refuse_on("uq_identity_passkey_credential_id", PasskeyKnown)


def add(
    work: Work, party: RelyingParty, *, login: str, credential: dict[str, Any], name: str
) -> Passkey:
    """Keep a passkey that the acting person's device has just made.

    Refuses with StrongerSignInNeeded, SignInOver, PasskeyRefused, PasskeyKnown, TooManyPasskeys.
    """
    protections.demand(work)
    person_id = ids.read("person", work.actor.id)
    made = _made(work, party, "add", login, credential, person_id)
    # Two at once for one person queue up on their row.
    people.changed(work, person_id)
    if protections.of(work.session, person_id).passkeys >= PASSKEYS:
        raise TooManyPasskeys
    passkey = _keep(work, person_id, made, name)
    methods = [_hardness(backup_eligible=made.backup_eligible), "user"]
    sessions.add_methods(work, methods)
    work.emit(CredentialChanged(person_id=person_id, what="passkey"))
    return passkey


def join(
    work: Work,
    keyring: KeyRing,
    issuer: Issuer,
    party: RelyingParty,
    *,
    login: str,
    credential: dict[str, Any],
    name: str,
    device_name: str | None,
    device: str | None = None,
    language: str,
    client: str,
) -> Tokens:
    """Open an account by a passkey at once: no telephone, no e-mail. Refuses with AskedTooOften,
    SignInOver, PasskeyRefused and PasskeyKnown."""
    limits.take(work, keyring, JOINS_PER_CLIENT, limits.network_of(client))
    limits.take(work, keyring, JOINS_IN_TOTAL, b"")
    taken = ceremonies.take(work, login, "join")
    assert taken.person_id is not None
    made = _registered(party, credential, taken.challenge)
    person_id = taken.person_id
    people.join_without_address(work, person_id, language=language)
    _keep(work, person_id, made, name)
    methods = [_hardness(backup_eligible=made.backup_eligible), "user"]
    return sessions.start(
        work,
        issuer,
        person_id=person_id,
        acr=assurance(methods),
        amr=methods,
        device_name=device_name,
        device=device,
    )


def sign_in(
    work: Work,
    issuer: Issuer,
    party: RelyingParty,
    *,
    login: str,
    credential: dict[str, Any],
    device_name: str | None,
    device: str | None = None,
) -> Tokens:
    """Sign in with a passkey, without naming anybody. Refuses with SignInOver and, remembered,
    with PasskeyRefused."""
    person_id, methods = shown(work, party, login=login, credential=credential)
    return sessions.start(
        work,
        issuer,
        person_id=person_id,
        acr=assurance(methods),
        amr=methods,
        device_name=device_name,
        device=device,
    )


def step_up(
    work: Work, issuer: Issuer, party: RelyingParty, *, login: str, credential: dict[str, Any]
) -> Tokens:
    """Raise the acting session by a passkey of its person; somebody else's is PasskeyRefused."""
    person_id, methods = shown(work, party, login=login, credential=credential)
    if person_id != ids.read("person", work.actor.id):
        raise PasskeyRefused(keep=True)
    return stepping_up.raised(work, issuer, person_id, methods)


def shown(
    work: Work, party: RelyingParty, *, login: str, credential: dict[str, Any]
) -> tuple[UUID, list[str]]:
    """Whose passkey was shown, and how (RFC 8176). The ceremony is used up in any case."""
    challenge = ceremonies.take(work, login, "show").challenge
    row = work.session.execute(
        select(Passkey)
        .join(Person, Person.id == Passkey.person_id)
        .where(Passkey.credential_id == _id_of(credential), Person.state == "active")
    ).scalar_one_or_none()
    if row is None:
        raise PasskeyRefused(keep=True)
    try:
        used = webauthn_gateway.used(
            party, credential, challenge=challenge, public_key=row.public_key
        )
    except CeremonyFailed as failed:
        audit.record(work, "identity.passkey_refused", _shown(row.id), because=str(failed))
        raise PasskeyRefused(keep=True) from None
    if _handle_of(credential) not in (None, row.person_id.bytes):
        raise PasskeyRefused(keep=True)
    moved = work.session.execute(
        update(Passkey)
        .where(
            Passkey.id == row.id,
            or_(
                Passkey.sign_count < used.sign_count,
                (Passkey.sign_count == 0) & (used.sign_count == 0),
            ),
        )
        .values(sign_count=used.sign_count, backed_up=used.backed_up, last_used_at=work.now)
        .returning(Passkey.id)
        .execution_options(synchronize_session=False)
    ).scalar()
    if moved is None:
        audit.record(work, "identity.passkey_counter_stood", _shown(row.id))
        work.emit(CredentialChanged(person_id=row.person_id, what="passkey_copied"))
        raise PasskeyRefused(keep=True)
    return row.person_id, [_hardness(backup_eligible=row.backup_eligible), "user"]


def mine(reading: Reading) -> Sequence[Any]:
    """The acting person's passkeys, oldest first; twenty at most."""
    return reading.connection.execute(
        select(
            Passkey.id,
            Passkey.name,
            Passkey.backup_eligible,
            Passkey.backed_up,
            Passkey.created_at,
            Passkey.last_used_at,
        )
        .where(Passkey.person_id == ids.read("person", reading.actor.id))
        .order_by(Passkey.id)
    ).all()


def rename(work: Work, passkey_id: UUID, name: str) -> None:
    """Call one of the acting person's passkeys something else. Somebody else's is NotFound."""
    found = work.session.execute(
        update(Passkey)
        .where(Passkey.id == passkey_id, Passkey.person_id == ids.read("person", work.actor.id))
        .values(name=name)
        .returning(Passkey.id)
    ).scalar()
    if found is None:
        raise NotFound


def remove(work: Work, passkey_id: UUID) -> None:
    """Take no more of one of the acting person's passkeys.

    Refuses with StrongerSignInNeeded, NotFound, LastWayIn (no address, no other passkey) and
    PasswordTooShortAlone.
    """
    found = protections.demand(work)
    person_id = ids.read("person", work.actor.id)
    people.changed(work, person_id)  # two removals at once leave one
    gone = work.session.execute(
        delete(Passkey)
        .where(Passkey.id == passkey_id, Passkey.person_id == person_id)
        .returning(Passkey.id)
    ).scalar()
    if gone is None:
        raise NotFound
    found = protections.of(work.session, person_id)
    if not found.passkeys and not people.has_address(work, person_id):
        raise LastWayIn
    if not found.second_step:
        if not passwords.stands_alone(work, person_id):
            raise PasswordTooShortAlone
        recovery_codes.forget(work, person_id)
    audit.record(work, "identity.passkey_removed", _shown(passkey_id))
    work.emit(CredentialChanged(person_id=person_id, what="passkey_removed"))


def _made(
    work: Work,
    party: RelyingParty,
    purpose: ceremonies.Purpose,
    login: str,
    credential: dict[str, Any],
    person_id: UUID,
) -> Registered:
    taken = ceremonies.take(work, login, purpose, person_id=person_id)
    return _registered(party, credential, taken.challenge)


def _registered(party: RelyingParty, credential: dict[str, Any], challenge: bytes) -> Registered:
    try:
        return webauthn_gateway.registered(party, credential, challenge=challenge)
    except CeremonyFailed:
        raise PasskeyRefused(keep=True) from None


def _keep(work: Work, person_id: UUID, made: Registered, name: str) -> Passkey:
    passkey = Passkey(
        id=ids.new_id(),
        person_id=person_id,
        credential_id=made.credential_id,
        public_key=made.public_key,
        sign_count=made.sign_count,
        aaguid=made.aaguid,
        backup_eligible=made.backup_eligible,
        backed_up=made.backed_up,
        name=name,
        created_at=work.now,
    )
    work.session.add(passkey)
    work.session.flush()
    audit.record(work, "identity.passkey_added", _shown(passkey.id))
    return passkey


def _hardness(*, backup_eligible: bool) -> str:
    """RFC 8176: a key that may be copied among devices is held by software."""
    return "swk" if backup_eligible else "hwk"


def _id_of(credential: dict[str, Any]) -> bytes:
    return webauthn_gateway.decoded(credential.get("rawId")) or b""


def _handle_of(credential: dict[str, Any]) -> bytes | None:
    response = credential.get("response")
    return webauthn_gateway.decoded(
        response.get("userHandle") if isinstance(response, dict) else None
    )


def _shown(passkey_id: UUID) -> str:
    return ids.show("passkey", passkey_id)
