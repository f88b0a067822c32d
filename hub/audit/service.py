"""Verbs of the audit."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from hub.kernel.work import Closing, Reading, Work

from .model import Entry

Detail = str | int | bool | None

ENTRY = Closing(
    "audit",
    """
    audit AS (
        INSERT INTO audit_entry (at, actor_kind, actor_id, act, action, subject, request_id,
                                 details)
        SELECT at, actor_kind, actor_id, act, action, subject, request_id, details
        FROM jsonb_to_recordset(CAST(:audit AS jsonb)) AS row (
            at timestamptz, actor_kind text, actor_id text, act text, action text, subject text,
            request_id text, details jsonb)
    )""",
)


def record(work: Work, action: str, subject: str, **details: Detail) -> None:
    """Note an act, for example ``record(work, "passes.blocked", card_id, reason="lost")``.

    Details are ids, states and counts: a name, number or address of a person never belongs here,
    because these rows outlive every erasure. What was done through a partner's app says so.
    """
    if work.actor.client is not None:
        details = {**details, "client": work.actor.client}
    work.leave(
        ENTRY,
        {
            "at": work.now.isoformat(),
            "actor_kind": work.actor.kind,
            "actor_id": work.actor.id,
            "act": work.actor.act,
            "action": action,
            "subject": subject,
            "request_id": work.request_id,
            "details": details,
        },
    )


def about(
    reading: Reading, subject: str, *, action: str, after: int | None, limit: int
) -> Sequence[Any]:
    """The acts of one kind on one subject, newest first (``id``, ``at``, ``actor_id``, ``act``,
    ``details``); one more than ``limit`` if there are. Whose they are to see, the caller knows."""
    query = (
        select(Entry.id, Entry.at, Entry.actor_id, Entry.act, Entry.details)
        .where(Entry.subject == subject, Entry.action == action)
        .order_by(Entry.id.desc())
        .limit(limit + 1)
    )
    if after is not None:
        query = query.where(Entry.id < after)
    return reading.connection.execute(query).all()
