"""Four eyes: what one officer asks for happens only when another agrees.

``ask`` keeps what is wanted, ``decide`` takes a decision once: by a conditional UPDATE, never by
whoever asked (the table refuses that too), and only for three days. What an approval does is done
by the caller, in the transaction of the decision; so it is done once or not at all. Both officers
are stamped in the audit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select, update

from hub import audit
from hub.kernel import ids
from hub.kernel.errors import NotFound
from hub.kernel.work import Reading, Work

from . import officer_model as model
from .events import ApprovalAsked, ApprovalDecided
from .officer_errors import ApprovalOver, OwnDeed

PREFIX = "approval"
LIVES = timedelta(days=3)


@dataclass(frozen=True)
class Approval:
    """What was asked for, by whom, and what became of it (``decision`` None: waiting)."""

    id: UUID
    kind: str
    subject: str
    payload: Mapping[str, Any]
    asked_by: UUID
    asked_at: datetime
    expires_at: datetime
    decision: str | None
    decided_by: UUID | None
    decided_at: datetime | None


def ask(work: Work, kind: str, subject: str, payload: Mapping[str, Any]) -> Approval:
    """Ask a second officer. ``payload`` is JSON: everything that doing it will need."""
    row = model.Approval(
        id=ids.new_id(),
        kind=kind,
        subject=subject,
        payload=dict(payload),
        asked_by=ids.read("officer", work.actor.id),
        asked_at=work.now,
        expires_at=work.now + LIVES,
    )
    work.session.add(row)
    work.session.flush()
    work.emit(ApprovalAsked(approval_id=row.id, kind=kind))
    audit.record(work, "identity.approval_asked", ids.show(PREFIX, row.id), kind=kind, of=subject)
    return _approval(row)


def find(work: Work, approval_id: UUID) -> Approval:
    """What was asked for; NotFound for what never was."""
    row = work.session.get(model.Approval, approval_id)
    if row is None:
        raise NotFound
    return _approval(row)


def decide(work: Work, approval_id: UUID, *, approve: bool) -> Approval:
    """Decide, as another officer than the one who asked; refuses with NotFound, OwnDeed and
    ApprovalOver."""
    me = ids.read("officer", work.actor.id)
    decision = "approved" if approve else "refused"
    won = work.session.execute(
        update(model.Approval)
        .where(
            model.Approval.id == approval_id,
            model.Approval.decision.is_(None),
            model.Approval.expires_at > work.now,
            model.Approval.asked_by != me,
        )
        .values(decision=decision, decided_by=me, decided_at=work.now)
        .execution_options(synchronize_session=False)
        .returning(model.Approval.id)
    ).scalar()
    work.session.expire_all()
    found = find(work, approval_id)
    if won is None:
        raise OwnDeed if found.asked_by == me else ApprovalOver
    work.emit(ApprovalDecided(approval_id=approval_id, kind=found.kind, decision=decision))
    audit.record(
        work,
        "identity.approval_decided",
        ids.show(PREFIX, approval_id),
        kind=found.kind,
        of=found.subject,
        decision=decision,
        asked_by=ids.show("officer", found.asked_by),
    )
    return found


def waiting(
    reading: Reading, kinds: Sequence[str], *, after: UUID | None, limit: int
) -> list[Approval]:
    """What of these kinds can be decided now, the oldest first; one more than ``limit`` if there
    are. The acting officer's own are among them, for they want to see them too."""
    which: list[ColumnElement[bool]] = [
        model.Approval.kind.in_(kinds),
        model.Approval.decision.is_(None),
        model.Approval.expires_at > reading.now,
    ]
    if after is not None:
        which.append(model.Approval.id > after)
    rows = reading.connection.execute(
        select(*model.Approval.__table__.columns)
        .where(*which)
        .order_by(model.Approval.id)
        .limit(limit + 1)
    )
    return [_approval(row) for row in rows]


def _approval(row: Any) -> Approval:
    return Approval(
        id=row.id,
        kind=row.kind,
        subject=row.subject,
        payload=row.payload,
        asked_by=row.asked_by,
        asked_at=row.asked_at,
        expires_at=row.expires_at,
        decision=row.decision,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
    )
