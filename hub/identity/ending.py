"""Ending: the one place where sessions and grants stop. It writes the fact, tells every process,
emits the event and leaves an audit line.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, update

from hub import audit
from hub.kernel import ids
from hub.kernel.changes import announce
from hub.kernel.work import Work

from .events import GrantEnded, SessionEnded
from .model import Grant, Session
from .tokens import OURS

TOPIC = "identity.session"
"""Announces the ids of ended sessions and of ended grants: both are never used twice."""


def end_sessions(work: Work, session_ids: Sequence[UUID], *, because: str) -> int:
    """End sessions, and with them every grant that was not given for the time away
    (``offline_access``); how many sessions that were."""
    ended = work.session.execute(
        update(Session)
        .where(Session.id.in_(session_ids), Session.revoked_at.is_(None))
        .values(revoked_at=work.now, revoked_because=because)
        .execution_options(synchronize_session=False)
        .returning(Session.id, Session.person_id)
    ).all()
    _end_grants(
        work,
        Grant.session_id.in_([row.id for row in ended]) & ~Grant.offline,
        because=because,
    )
    for row in ended:
        announce(work, TOPIC, str(row.id))
        work.emit(SessionEnded(person_id=row.person_id, session_id=row.id, reason=because))
        shown = ids.show("session", row.id)
        audit.record(work, "identity.session_ended", shown, because=because)
    return len(ended)


def end_grants(work: Work, grant_ids: Sequence[UUID], *, because: str) -> int:
    """End what partners' apps were allowed; how many grants that were."""
    return _end_grants(work, Grant.id.in_(grant_ids), because=because)


def end_grants_of(work: Work, *, person_id: UUID, client_id: str, because: str) -> int:
    """End whatever a person lets one client do, at once and everywhere; how many grants."""
    mine = (Grant.person_id == person_id) & (Grant.client_id == client_id)
    return _end_grants(work, mine, because=because)


def end_all_grants_of(work: Work, person_id: UUID, *, because: str) -> int:
    """End whatever a person lets anybody do; how many grants of partners."""
    return _end_grants(work, Grant.person_id == person_id, because=because)


def _end_grants(work: Work, which: ColumnElement[bool], *, because: str) -> int:
    ended = work.session.execute(
        update(Grant)
        .where(which, Grant.revoked_at.is_(None))
        .values(revoked_at=work.now)
        .execution_options(synchronize_session=False)
        .returning(Grant.id, Grant.person_id, Grant.client_id)
    ).all()
    partners = [row for row in ended if row.client_id not in OURS]
    for row in partners:
        announce(work, TOPIC, str(row.id))
        work.emit(
            GrantEnded(
                person_id=row.person_id, grant_id=row.id, client_id=row.client_id, reason=because
            )
        )
        audit.record(
            work,
            "identity.grant_ended",
            ids.show("grant", row.id),
            because=because,
            of=row.client_id,
        )
    return len(partners)
