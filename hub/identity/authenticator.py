"""The second factor: an authenticator app (TOTP, RFC 6238). The only importer of pyotp.

A time step is good once: ``last_step`` moves forward by a conditional UPDATE, so a code that
somebody watched being typed is used up, whichever of the two is faster.
"""

from dataclasses import dataclass
from hmac import compare_digest
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from hub import audit
from hub.kernel import ids
from hub.kernel.work import Work
from hub.keys import KeyRing

from . import limits, passwords, people, protections, recovery_codes, sessions
from .errors import AuthenticatorInUse, CodeWrong, NoAuthenticator, PasswordTooShortAlone
from .events import CredentialChanged
from .model import Authenticator
from .rules import TOTP_STEP, WRONG_PER_PERSON, totp_steps

_SECRET = "identity.authenticator"  # noqa: S105 (the name of a purpose)


@dataclass(frozen=True)
class NewAuthenticator:
    """Shown once: the secret in base32, and the same as an ``otpauth:`` address for a QR code."""

    secret: str
    uri: str


def prepare(work: Work, keyring: KeyRing, *, issuer_name: str, account: str) -> NewAuthenticator:
    """A new secret for the acting person's app. It counts only once ``confirm`` has seen a code;
    beginning again replaces a secret that was never confirmed."""
    import pyotp

    protections.demand(work)
    person_id = ids.read("person", work.actor.id)
    secret = pyotp.random_base32(32)
    fresh = {
        "secret_sealed": sealed(keyring, secret, person_id),
        "last_step": 0,
        "created_at": work.now,
    }
    begun = work.session.execute(
        insert(Authenticator)
        .values(person_id=person_id, **fresh)
        .on_conflict_do_update(
            index_elements=[Authenticator.person_id],
            set_=fresh,
            where=Authenticator.confirmed_at.is_(None),
        )
        .returning(Authenticator.person_id)
    ).scalar()
    if begun is None:
        raise AuthenticatorInUse
    return NewAuthenticator(
        secret, pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=issuer_name)
    )


def confirm(work: Work, keyring: KeyRing, code: str) -> None:
    """Turn the second factor on, with the first code that the app shows."""
    protections.demand(work)
    person_id = ids.read("person", work.actor.id)
    if in_use(work, person_id):
        raise AuthenticatorInUse
    check(work, keyring, person_id, code)
    work.session.execute(
        update(Authenticator)
        .where(Authenticator.person_id == person_id)
        .values(confirmed_at=work.now)
    )
    people.changed(work, person_id)
    sessions.add_methods(work, ["otp"])
    audit.record(work, "identity.authenticator_confirmed", work.actor.id)
    work.emit(CredentialChanged(person_id=person_id, what="authenticator"))


def remove(work: Work, keyring: KeyRing, code: str) -> None:
    """Turn the second factor off; takes a code, so that a borrowed phone is not enough, and a
    password, if there is one, that can stand alone (PasswordTooShortAlone)."""
    person_id = ids.read("person", work.actor.id)
    if not in_use(work, person_id):
        raise NoAuthenticator
    protections.demand(work)
    check(work, keyring, person_id, code)
    # Whatever changes how one signs in queues up on the person's row: from here on we see it.
    people.changed(work, person_id)
    work.session.execute(delete(Authenticator).where(Authenticator.person_id == person_id))
    if not protections.of(work.session, person_id).second_step:
        if not passwords.stands_alone(work, person_id):
            raise PasswordTooShortAlone
        recovery_codes.forget(work, person_id)
    audit.record(work, "identity.authenticator_removed", work.actor.id)
    work.emit(CredentialChanged(person_id=person_id, what="authenticator_removed"))


def in_use(work: Work, person_id: UUID) -> bool:
    """Whether this person's sign-in asks for a second factor."""
    return (
        work.session.execute(
            select(Authenticator.person_id).where(
                Authenticator.person_id == person_id, Authenticator.confirmed_at.is_not(None)
            )
        ).scalar()
        is not None
    )


def check(work: Work, keyring: KeyRing, person_id: UUID, code: str) -> None:
    """Accept one code of the person's app, once. A wrong or used one is CodeWrong, remembered:
    ten at once, then one in three minutes."""
    limits.take(work, keyring, WRONG_PER_PERSON, person_id.bytes)
    sealed = work.session.execute(
        select(Authenticator.secret_sealed).where(Authenticator.person_id == person_id)
    ).scalar()
    if sealed is None:
        raise NoAuthenticator
    secret = keyring.open(_SECRET, sealed, person_id.bytes).decode()
    step = _matching_step(secret, code, totp_steps(work.now))
    if step is None or not _use(work, person_id, step):
        raise CodeWrong(keep=True)
    limits.give_back(work, keyring, WRONG_PER_PERSON, person_id.bytes)


def sealed(keyring: KeyRing, secret: str, person_id: UUID) -> bytes:
    """A base32 secret as it lies in the database."""
    return keyring.seal(_SECRET, secret.encode(), person_id.bytes)


def _matching_step(secret: str, code: str, steps: range) -> int | None:
    import pyotp

    totp = pyotp.TOTP(secret)
    given = code.encode("utf-8", "surrogatepass")
    seconds = int(TOTP_STEP.total_seconds())
    matching = [step for step in steps if compare_digest(totp.at(step * seconds).encode(), given)]
    return matching[0] if matching else None


def _use(work: Work, person_id: UUID, step: int) -> bool:
    won = work.session.execute(
        update(Authenticator)
        .where(Authenticator.person_id == person_id, Authenticator.last_step < step)
        .values(last_step=step)
        .returning(Authenticator.person_id)
    ).scalar()
    return won is not None
