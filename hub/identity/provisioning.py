"""What a demonstration gives its invented people, so that a program can sign in as one of them."""

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from hub.kernel.work import Work
from hub.keys import KeyRing

from . import authenticator, passwords, people
from .addresses import Address
from .credential_model import Password
from .model import Authenticator, Person
from .passwords import Chosen


def equip(
    work: Work, keyring: KeyRing, address: Address, *, chosen: Chosen, totp_secret: str
) -> bool:
    """Give an invented person a password and a confirmed authenticator; whether anything was done.

    ``totp_secret`` is base32. Nobody's account but an invented one is ever touched, and what the
    person has already stays.
    """
    person_id = people.owner(work, address.channel, people.blind_index(keyring, address))
    invented = work.session.execute(select(Person.synthetic).where(Person.id == person_id)).scalar()
    if person_id is None or not invented:
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
