"""Verbs of the audit."""

from hub.kernel.work import Closing, Work

Detail = str | int | bool | None

ENTRY = Closing(
    "audit",
    """
    audit AS (
        INSERT INTO audit_entry (at, actor_kind, actor_id, action, subject, request_id, details)
        SELECT at, actor_kind, actor_id, action, subject, request_id, details
        FROM jsonb_to_recordset(CAST(:audit AS jsonb)) AS row (
            at timestamptz, actor_kind text, actor_id text, action text, subject text,
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
            "action": action,
            "subject": subject,
            "request_id": work.request_id,
            "details": details,
        },
    )
