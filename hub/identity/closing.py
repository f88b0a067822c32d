"""Closing an account: from then on nobody signs in to it."""

from uuid import UUID

from sqlalchemy import delete, select, update

from hub import audit
from hub.kernel import ids
from hub.kernel.work import Work

from . import mandates, sessions
from .ending import end_all_grants_of
from .events import PersonClosed
from .model import ContactAddress, Login, Person


def close(work: Work, person_id: UUID) -> None:
    """Close somebody's account: sessions, grants and mandates end, addresses are free for a new
    account, and sign-ins under way lead nowhere. Doing it again ends what was begun meanwhile.

    The rest stays until it is erased (hub/privacy): processes that start in the next minutes still
    learn from the rows of the sessions that they have ended.
    """
    closed = work.session.scalar(
        update(Person)
        .where(Person.id == person_id, Person.state == "active")
        .values(state="closed", revision=Person.revision + 1)
        .execution_options(synchronize_session=False)
        .returning(Person.id)
    )
    indexes = select(ContactAddress.blind_index).where(ContactAddress.person_id == person_id)
    begun = Login.address_index.in_(indexes) | (Login.person_id == person_id)
    work.session.execute(delete(Login).where(begun).execution_options(synchronize_session=False))
    sessions.end_all_of(work, person_id, because="account_closed")
    end_all_grants_of(work, person_id, because="account_closed")
    mandates.end_all_of(work, person_id)
    work.session.execute(
        delete(ContactAddress)
        .where(ContactAddress.person_id == person_id)
        .execution_options(synchronize_session=False)
    )
    if closed is not None:
        audit.record(work, "identity.person_closed", ids.show("person", person_id))
        work.emit(PersonClosed(person_id=person_id))
