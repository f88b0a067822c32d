"""What a demonstration gives its invented people, so that a program can sign in as one of them."""

from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from hub.kernel.work import Work
from hub.keys import KeyRing

from . import authenticator, passwords, people
from .addresses import Address
from .credential_model import Password
from .model import Authenticator
from .passwords import Chosen


def equip(
    work: Work, keyring: KeyRing, address: Address, *, chosen: Chosen, totp_secret: str
) -> bool:
    """Give an invented person a password and a confirmed authenticator; whether anything was done.

    ``totp_secret`` is base32. Nobody's account but an invented one is ever touched, and what the
    person has already stays.
    """
    person_id = invented_at(work, keyring, address)
    if person_id is None:
        return False
    password = (
        insert(Password)
        .values(
            person_id=person_id,
            hash_sealed=passwords.sealed(keyring, chosen, person_id),
            stands_alone=chosen.stands_alone,
            set_at=work.now,
        )
        .on_conflict_do_nothing()
        .returning(Password.person_id)
    )
    app = (
        insert(Authenticator)
        .values(
            person_id=person_id,
            secret_sealed=authenticator.sealed(keyring, totp_secret, person_id),
            last_step=0,
            created_at=work.now,
            confirmed_at=work.now,
        )
        .on_conflict_do_nothing()
        .returning(Authenticator.person_id)
    )
    done = [work.session.execute(each).scalar() is not None for each in (password, app)]
    if any(done):
        people.changed(work, person_id)
    return any(done)


def invented_at(work: Work, keyring: KeyRing, address: Address) -> UUID | None:
    """The invented person with this address; None for anybody else, and for nobody."""
    person_id = people.owner(work, address.channel, people.blind_index(keyring, address))
    if person_id is None or not people.is_synthetic(work, person_id):
        return None
    return person_id
