"""Passwords: optional, and never the only way in.

Hashing takes a tenth of a second and 64 MiB, so it happens between two transactions: ``seek``
counts the try and fetches the hash, ``looks_right`` computes with no connection held, and the verb
that follows decides. An account that is not there, or has no password, costs the same computation.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from hub import audit
from hub.kernel import ids
from hub.kernel.work import Work
from hub.keys import KeyRing

from . import argon2_gateway, limits, people, protections, sessions
from .addresses import Address
from .credential_model import Password
from .errors import NoPassword, PasswordNotTaken, PasswordWrong
from .events import CredentialChanged
from .model import ContactAddress, Person
from .password_rules import SHORTEST_ALONE, TOO_SHORT_ALONE, normalised, why_not
from .rules import PASSWORDS_IN_TOTAL, PASSWORDS_PER_ADDRESS, WRONG_PER_CLIENT

_PURPOSE = "identity.password"


@dataclass(frozen=True, repr=False)
class Tried:
    """A password about to be looked at: whose it would be, and the hash that it should fit."""

    person_id: UUID | None
    encoded: str
    set_at: datetime | None
    counted_as: bytes
    client: str


@dataclass(frozen=True, repr=False)
class Chosen:
    """A new password that was found good and is hashed already."""

    encoded: str
    stands_alone: bool


def seek(work: Work, keyring: KeyRing, address: Address, *, client: str) -> Tried:
    """Count one try for the account behind ``address`` and fetch what it should fit.

    ``client`` is the network address that tries. Refuses with AskedTooOften: per account, per
    network address, and in total.
    """
    _count(work, keyring, address.key, client)
    row = work.session.execute(
        select(Password.person_id, Password.hash_sealed, Password.set_at)
        .join(ContactAddress, ContactAddress.person_id == Password.person_id)
        .join(Person, Person.id == Password.person_id)
        .where(
            ContactAddress.channel == address.channel,
            ContactAddress.blind_index == people.blind_index(keyring, address),
            Person.state == "active",
        )
    ).one_or_none()
    if row is None:
        return Tried(None, argon2_gateway.DUMMY, None, address.key, client)
    encoded = _opened(keyring, row.hash_sealed, row.person_id)
    return Tried(row.person_id, encoded, row.set_at, address.key, client)


def seek_own(work: Work, keyring: KeyRing, *, client: str) -> Tried:
    """The same for the acting person, who is signed in already."""
    person_id = ids.read("person", work.actor.id)
    _count(work, keyring, person_id.bytes, client)
    row = work.session.get(Password, person_id)
    if row is None:
        return Tried(None, argon2_gateway.DUMMY, None, person_id.bytes, client)
    encoded = _opened(keyring, row.hash_sealed, person_id)
    return Tried(person_id, encoded, row.set_at, person_id.bytes, client)


def looks_right(tried: Tried, password: str) -> bool:
    """Compute whether the password fits. Call it while no transaction is open; refuses with
    SigningInIsBusy. What it says counts only through ``settle``."""
    fits = argon2_gateway.fits(tried.encoded, normalised(password))
    return fits and tried.person_id is not None


def settle(work: Work, keyring: KeyRing, tried: Tried, *, right: bool) -> UUID:
    """Whose password was entered. Refuses with PasswordWrong, remembered; also when the password
    was changed while this try was being computed."""
    person_id = tried.person_id if right else None
    if person_id is not None:
        held = work.session.execute(
            select(Password.set_at).where(Password.person_id == person_id).with_for_update()
        ).scalar()
        person_id = person_id if held == tried.set_at else None
    if person_id is None:
        whose = ids.show("person", tried.person_id) if tried.person_id else "nobody"
        audit.record(work, "identity.password_wrong", whose)
        raise PasswordWrong(keep=True)
    limits.give_back(work, keyring, PASSWORDS_PER_ADDRESS, tried.counted_as)
    limits.give_back(work, keyring, WRONG_PER_CLIENT, limits.network_of(tried.client))
    return person_id


def judge(work: Work, keyring: KeyRing, password: str, *, city: str) -> None:
    """Whether the acting person may set this password: StrongerSignInNeeded, PasswordNotTaken."""
    second_factor = protections.demand(work).second_step
    own = people.own_words(work, keyring, ids.read("person", work.actor.id))
    why = why_not(normalised(password), second_factor=second_factor, own_words=[*own, city])
    if why is not None:
        raise PasswordNotTaken(errors=[why])


def hashed(password: str) -> Chosen:
    """Compute the hash of a judged password. Call it while no transaction is open."""
    plain = normalised(password)
    return Chosen(argon2_gateway.compute(plain), len(plain) >= SHORTEST_ALONE)


def set_password(work: Work, keyring: KeyRing, chosen: Chosen, *, sign_out_elsewhere: bool) -> None:
    """Keep the acting person's new password; their other sessions end if they wish.

    Refuses with StrongerSignInNeeded, and with PasswordNotTaken when the second factor that made a
    short one enough is gone meanwhile.
    """
    person_id = ids.read("person", work.actor.id)
    people.changed(work, person_id)  # a second factor removed at this moment is gone below
    if not (protections.demand(work).second_step or chosen.stands_alone):
        raise PasswordNotTaken(errors=[TOO_SHORT_ALONE])
    kept = {
        "hash_sealed": sealed(keyring, chosen, person_id),
        "stands_alone": chosen.stands_alone,
        "set_at": work.now,
    }
    work.session.execute(
        insert(Password)
        .values(person_id=person_id, **kept)
        .on_conflict_do_update(index_elements=[Password.person_id], set_=kept)
    )
    if sign_out_elsewhere:
        sessions.end_others(work)
    audit.record(work, "identity.password_set", work.actor.id)
    work.emit(CredentialChanged(person_id=person_id, what="password"))


def remove_password(work: Work) -> None:
    """Do without a password again. Refuses with StrongerSignInNeeded and NoPassword."""
    protections.demand(work)
    person_id = ids.read("person", work.actor.id)
    gone = work.session.execute(
        delete(Password).where(Password.person_id == person_id).returning(Password.person_id)
    ).scalar()
    if gone is None:
        raise NoPassword
    people.changed(work, person_id)
    audit.record(work, "identity.password_removed", work.actor.id)
    work.emit(CredentialChanged(person_id=person_id, what="password_removed"))


def stands_alone(work: Work, person_id: UUID) -> bool:
    """Whether this person's password, if there is one, is long enough without a second factor."""
    found = work.session.execute(
        select(Password.stands_alone).where(Password.person_id == person_id)
    ).scalar()
    return found is not False


def sealed(keyring: KeyRing, chosen: Chosen, person_id: UUID) -> bytes:
    """The hash as it lies in the database."""
    return keyring.seal(_PURPOSE, chosen.encoded.encode(), person_id.bytes)


def _count(work: Work, keyring: KeyRing, whose: bytes, client: str) -> None:
    limits.take(work, keyring, PASSWORDS_PER_ADDRESS, whose)
    limits.take(work, keyring, WRONG_PER_CLIENT, limits.network_of(client))
    limits.take(work, keyring, PASSWORDS_IN_TOTAL, b"")


def _opened(keyring: KeyRing, sealed: bytes, person_id: UUID) -> str:
    return keyring.open(_PURPOSE, sealed, person_id.bytes).decode()
