"""A telephone number that goes over to its new holder, once the old one had time to say no."""

from uuid import UUID

from sqlalchemy import select, update

from hub import audit
from hub.kernel import ids
from hub.kernel.work import Work
from hub.keys import KeyRing

from . import people
from .recovery_model import Recovery
from .rules import holder_may_have_changed


def settle(work: Work, keyring: KeyRing, address_index: bytes | None = None) -> int:
    """Hand over the numbers whose waiting time is over, or only this one; how many there were."""
    due = [
        Recovery.kind == "address",
        Recovery.state == "waiting",
        Recovery.due_at <= work.now,
    ]
    if address_index is not None:
        due.append(Recovery.address_index == address_index)
    rows = work.session.execute(
        update(Recovery)
        .where(*due)
        .values(state="done", closed_at=work.now)
        .returning(Recovery.person_id, Recovery.claimant_id, Recovery.address_index)
        .execution_options(synchronize_session=False)
    ).all()
    for row in rows:
        people.hand_over(work, keyring, row.address_index, row.person_id, row.claimant_id)
        audit.record(
            work,
            "identity.address_handed_over",
            ids.show("person", row.person_id),
            to=ids.show("person", row.claimant_id),
        )
    return len(rows)


def in_doubt(
    work: Work, address_index: bytes, *, telephone: bool, known_device: bool = False
) -> bool:
    """Whether a code that was sent to this address may have been read by a new holder of it."""
    return holder_may_have_changed(
        work.now,
        telephone=telephone,
        last_shown_at=people.last_shown_at(work, address_index) or work.now,
        known_device=known_device,
    )


def claimant(work: Work, address_index: bytes) -> UUID | None:
    """The account of whoever waits for this number."""
    return work.session.execute(
        select(Recovery.claimant_id).where(
            Recovery.kind == "address",
            Recovery.state == "waiting",
            Recovery.address_index == address_index,
        )
    ).scalar()


def keep(work: Work, person_id: UUID, address_index: bytes) -> None:
    """The old holder has just shown both the number and their second step: it stays theirs."""
    ended = work.session.scalars(
        update(Recovery)
        .where(
            Recovery.kind == "address",
            Recovery.state == "waiting",
            Recovery.person_id == person_id,
            Recovery.address_index == address_index,
        )
        .values(state="cancelled", closed_at=work.now)
        .returning(Recovery.id)
        .execution_options(synchronize_session=False)
    ).all()
    for recovery_id in ended:
        audit.record(work, "identity.recovery_cancelled", ids.show("recovery", recovery_id))
