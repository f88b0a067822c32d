"""Devices that a person has signed in on before.

Each sign-in gives the device a mark, a secret that it keeps and sends with the next one. A sign-in
without a known mark is on a new device, and the person is told. A mark opens nothing by itself.
"""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, literal_column, select
from sqlalchemy.dialects.postgresql import insert

from hub.kernel.work import Work

from .model import Session
from .recovery_model import SeenDevice
from .rules import hash_of, new_secret

PREFIX = "device_"
REMEMBERED = timedelta(days=400)


def known(work: Work, person_id: UUID, mark: str | None) -> bool:
    """Whether this person has signed in before on the device that holds ``mark``."""
    if mark is None:
        return False
    found = select(SeenDevice.person_id).where(
        SeenDevice.person_id == person_id, SeenDevice.mark_hash == hash_of(mark)
    )
    return work.session.execute(found).scalar() is not None


def see(work: Work, person_id: UUID, mark: str | None) -> tuple[str, bool]:
    """Note a sign-in on a device: its mark (a fresh one if it brought none), and whether this is
    new to somebody who has signed in before."""
    mark = mark or PREFIX + new_secret()
    before = select(Session.id).where(Session.person_id == person_id).limit(1)
    first_ever = work.session.execute(before).scalar() is None
    inserted = work.session.execute(
        insert(SeenDevice)
        .values(
            person_id=person_id,
            mark_hash=hash_of(mark),
            first_seen_at=work.now,
            last_seen_at=work.now,
        )
        .on_conflict_do_update(
            index_elements=[SeenDevice.person_id, SeenDevice.mark_hash],
            set_={"last_seen_at": work.now},
        )
        .returning(literal_column("(xmax = 0)"))
    ).scalar()
    return mark, bool(inserted) and not first_ever


def forget(work: Work, person_id: UUID) -> None:
    """All devices of a person are new again."""
    work.session.execute(delete(SeenDevice).where(SeenDevice.person_id == person_id))


def forget_old(work: Work) -> None:
    """Delete the marks of devices not seen for 400 days."""
    work.session.execute(delete(SeenDevice).where(SeenDevice.last_seen_at < work.now - REMEMBERED))
