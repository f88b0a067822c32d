"""The kernel's own duties at fixed times; sectors bring theirs."""

from datetime import timedelta

from sqlalchemy import delete, text

from hub import files
from hub.kernel.changes import Change
from hub.kernel.outbox import OutboxEvent, Reaction
from hub.kernel.work import CLOCK, Work
from hub.parts import Parts, Schedule

from . import keeping_keys

EVENTS_KEPT = timedelta(days=7)
CHANGES_KEPT = timedelta(days=1)

# The answers belong to the web, which jobs may not import: their ages are told here in SQL.
_FORGET_ANSWERS = text(
    "UPDATE web_answer SET sealed = NULL WHERE sealed IS NOT NULL AND claimed_at < :week"
)
_FORGET_CLAIMS = text("DELETE FROM web_answer WHERE claimed_at < :quarter")


def forget(work: Work) -> None:
    """Drop what was kept for a while: delivered events and the notes of reactions to them, old
    announcements, answers after seven days and their keys after ninety."""
    old = work.now - EVENTS_KEPT
    work.session.execute(delete(Reaction).where(Reaction.done_at < old))
    work.session.execute(delete(OutboxEvent).where(OutboxEvent.relayed_at < old))
    work.session.execute(delete(Change).where(Change.announced_at < work.now - CHANGES_KEPT))
    work.session.execute(_FORGET_ANSWERS, {"week": work.now - timedelta(days=7)})
    work.session.execute(_FORGET_CLAIMS, {"quarter": work.now - timedelta(days=90)})


def _forget(parts: Parts) -> None:
    parts.database.run(forget, CLOCK)


def _tidy(parts: Parts) -> None:
    files.tidy(parts.database, parts.vault)


DUTIES = (
    Schedule(name="forget", cron="17 * * * *", run=_forget),
    Schedule(name="files.tidy", cron="47 * * * *", run=_tidy),
    Schedule(name="keys", cron="41 3 * * *", run=keeping_keys.rotate_by_age),
)
