"""People: who they are to the city, and how they can be reached."""

from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from hub import audit
from hub.kernel import ids
from hub.kernel.errors import PreconditionFailed
from hub.kernel.work import Reading, Work
from hub.keys import KeyRing

from .addresses import Address, Channel, masked
from .errors import PersonGone
from .events import PersonJoined
from .model import ContactAddress, Person

_ADDRESS = "identity.address"


@dataclass(frozen=True)
class Profile:
    """A person as they see themselves; addresses are masked. ``revision`` is the ETag."""

    id: str
    display_name: str | None
    language: str
    phone: str | None
    email: str | None
    second_factor: bool
    synthetic: bool
    created_at: datetime
    revision: int


_PROFILE = text(
    """
    SELECT person.display_name, person.language, person.synthetic, person.created_at,
           person.revision,
           (SELECT sealed FROM identity_address
            WHERE person_id = person.id AND channel = 'sms' ORDER BY id LIMIT 1) AS phone,
           (SELECT sealed FROM identity_address
            WHERE person_id = person.id AND channel = 'email' ORDER BY id LIMIT 1) AS email,
           EXISTS (SELECT FROM identity_authenticator
                   WHERE person_id = person.id AND confirmed_at IS NOT NULL) AS second_factor
    FROM identity_person AS person
    WHERE person.id = :person_id AND person.state = 'active'
    """
)


def profile(reading: Reading, keyring: KeyRing) -> Profile:
    """The acting person, in one statement. PersonGone when the account was closed."""
    person_id = ids.read("person", reading.actor.id)
    row = reading.connection.execute(_PROFILE, {"person_id": person_id}).one_or_none()
    if row is None:
        raise PersonGone
    return Profile(
        id=reading.actor.id,
        display_name=row.display_name,
        language=row.language,
        phone=_masked(keyring, "sms", row.phone, person_id),
        email=_masked(keyring, "email", row.email, person_id),
        second_factor=row.second_factor,
        synthetic=row.synthetic,
        created_at=row.created_at,
        revision=row.revision,
    )


def correct(work: Work, changes: dict[str, str | None], *, seen_revisions: frozenset[int]) -> None:
    """Change the acting person's ``display_name`` or ``language``; PreconditionFailed when the
    record is at none of ``seen_revisions`` any more."""
    person_id = ids.read("person", work.actor.id)
    done = work.session.execute(
        update(Person)
        .where(
            Person.id == person_id,
            Person.state == "active",
            Person.revision.in_(seen_revisions),
        )
        .values(**changes, revision=Person.revision + 1)
        .returning(Person.id)
    ).scalar()
    if done is None:
        raise PreconditionFailed
    audit.record(work, "identity.person_corrected", work.actor.id, fields=",".join(sorted(changes)))


def is_active(work: Work, person_id: UUID) -> bool:
    """Whether there is such a person, with an open account."""
    active = (Person.id == person_id) & (Person.state == "active")
    return work.session.scalar(select(Person.id).where(active)) is not None


def is_synthetic(work: Work, person_id: UUID) -> bool:
    """Whether this is one of the invented people of a demonstration."""
    invented = (Person.id == person_id) & Person.synthetic
    return work.session.scalar(select(Person.id).where(invented)) is not None


def changed(work: Work, person_id: UUID) -> None:
    """Something shown with the person changed elsewhere: their ETag must too."""
    work.session.execute(
        update(Person).where(Person.id == person_id).values(revision=Person.revision + 1)
    )


def behind(work: Work, keyring: KeyRing, address: Address, *, language: str) -> UUID:
    """The person who owns ``address``; a new one when nobody does.

    The caller has just proved to hold the address. Two proofs at once make one person.
    """
    index = blind_index(keyring, address)
    known = owner(work, address.channel, index)
    if known is not None:
        return known
    person_id = join(work, keyring, [address], language=language)
    return person_id or cast(UUID, owner(work, address.channel, index))


def join(
    work: Work,
    keyring: KeyRing,
    addresses: list[Address],
    *,
    language: str,
    display_name: str | None = None,
    synthetic: bool = False,
) -> UUID | None:
    """A new person with these addresses, or None when somebody was faster to take one."""
    person = Person(
        id=ids.new_id(),
        display_name=display_name,
        language=language,
        synthetic=synthetic,
        created_at=work.now,
    )
    work.session.add(person)
    work.session.flush()
    for address in addresses:
        if not _attach(work, keyring, person.id, address):
            work.session.execute(
                delete(ContactAddress).where(ContactAddress.person_id == person.id)
            )
            work.session.execute(delete(Person).where(Person.id == person.id))
            work.session.expunge(person)
            return None
    work.emit(PersonJoined(person_id=person.id))
    audit.record(work, "identity.person_joined", ids.show("person", person.id), synthetic=synthetic)
    return person.id


def join_without_address(work: Work, person_id: UUID, *, language: str) -> None:
    """A new person who showed a passkey and gave no address."""
    work.session.add(Person(id=person_id, language=language, synthetic=False, created_at=work.now))
    work.session.flush()
    work.emit(PersonJoined(person_id=person_id))
    audit.record(work, "identity.person_joined", ids.show("person", person_id), synthetic=False)


def has_mailbox(work: Work, person_id: UUID) -> bool:
    """Whether a code could reach this person by e-mail."""
    found = select(ContactAddress.id).where(
        ContactAddress.person_id == person_id, ContactAddress.channel == "email"
    )
    return work.session.execute(found.limit(1)).scalar() is not None


def last_shown_at(work: Work, address_index: bytes) -> datetime | None:
    """When somebody last proved to hold this address and signed in with it."""
    return work.session.execute(
        select(func.coalesce(ContactAddress.used_at, ContactAddress.verified_at)).where(
            ContactAddress.blind_index == address_index
        )
    ).scalar()


def used(work: Work, address_index: bytes) -> None:
    """Somebody signed in with a code that was sent to this address."""
    work.session.execute(
        update(ContactAddress)
        .where(ContactAddress.blind_index == address_index)
        .values(used_at=work.now)
        .execution_options(synchronize_session=False)
    )


def hand_over(
    work: Work, keyring: KeyRing, address_index: bytes, old_id: UUID, new_id: UUID
) -> None:
    """Let an address go from one person to another, sealed anew for its new holder."""
    row = work.session.execute(
        select(ContactAddress).where(
            ContactAddress.blind_index == address_index, ContactAddress.person_id == old_id
        )
    ).scalar_one_or_none()
    alive = select(Person.id).where(Person.id == new_id, Person.state == "active")
    if row is None or work.session.execute(alive).scalar() is None:
        return
    plain = keyring.open(_ADDRESS, row.sealed, old_id.bytes)
    row.sealed = keyring.seal(_ADDRESS, plain, new_id.bytes)
    row.person_id, row.verified_at, row.used_at = new_id, work.now, work.now
    work.session.flush()
    changed(work, old_id)
    changed(work, new_id)


def has_address(work: Work, person_id: UUID) -> bool:
    """Whether a code could reach this person."""
    found = select(ContactAddress.id).where(ContactAddress.person_id == person_id).limit(1)
    return work.session.execute(found).scalar() is not None


def addresses(work: Work, keyring: KeyRing, person_id: UUID) -> list[Address]:
    """A person's addresses, telephones first. Only for writing to them: answers mask addresses."""
    rows = work.session.execute(
        select(ContactAddress.channel, ContactAddress.sealed)
        .where(ContactAddress.person_id == person_id)
        .order_by(ContactAddress.channel.desc(), ContactAddress.id)
    ).all()
    return [
        Address(
            "sms" if row.channel == "sms" else "email",
            keyring.open(_ADDRESS, row.sealed, person_id.bytes).decode(),
        )
        for row in rows
    ]


def own_words(work: Work, keyring: KeyRing, person_id: UUID) -> list[str]:
    """What a stranger who knows this person would try as their password: the parts of their name
    and of their addresses."""
    name = work.session.execute(select(Person.display_name).where(Person.id == person_id)).scalar()
    words = [*(name or "").split(), (name or "").replace(" ", "")]
    for address in addresses(work, keyring, person_id):
        local, _, domain = address.text.partition("@")
        words += [address.text, local, domain] if domain else [local[1:], local[-8:]]
    return words


def add_address(work: Work, keyring: KeyRing, person_id: UUID, address: Address) -> bool:
    """Let a person be reached, and sign in, at one more address that was shown to be at hand; False
    when it is somebody's already."""
    added = _attach(work, keyring, person_id, address)
    if added:
        changed(work, person_id)
    return added


def blind_index(keyring: KeyRing, address: Address) -> bytes:
    """What an address is found by without being shown."""
    return keyring.blind(_ADDRESS, address.key)


def owner(work: Work, channel: str, index: bytes) -> UUID | None:
    """Whose address has this blind index, if anybody's."""
    return work.session.execute(
        select(ContactAddress.person_id).where(
            ContactAddress.channel == channel, ContactAddress.blind_index == index
        )
    ).scalar()


def _attach(work: Work, keyring: KeyRing, person_id: UUID, address: Address) -> bool:
    # Waits for whoever inserts the same address at this moment, and then gives way.
    return (
        work.session.execute(
            insert(ContactAddress)
            .values(
                id=ids.new_id(),
                person_id=person_id,
                channel=address.channel,
                sealed=keyring.seal(_ADDRESS, address.text.encode(), person_id.bytes),
                blind_index=blind_index(keyring, address),
                verified_at=work.now,
            )
            .on_conflict_do_nothing(constraint="uq_identity_address_blind_index")
            .returning(ContactAddress.id)
        ).scalar()
        is not None
    )


def _masked(
    keyring: KeyRing, channel: Channel, sealed: bytes | None, person_id: UUID
) -> str | None:
    if sealed is None:
        return None
    plain = keyring.open(_ADDRESS, sealed, person_id.bytes).decode()
    return masked(Address(channel, plain))
