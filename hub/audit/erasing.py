"""Erasing what was personal in rows of the access log, without breaking a proof.

Content and salt go; the hash in the tree stays and tells nothing any more. What was erased, when
and by whom is a row of the log itself, about nobody: a row that is blank without one was blanked by
somebody else, and ``verify`` says so.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from hub.kernel import ids
from hub.kernel.personal import Basis
from hub.kernel.work import Work

from .access import leave
from .access_model import KEPT
from .rows import Content

REGISTER = "audit.access"
_END_OF_TIME = UUID(int=(1 << 128) - 1)
_ERASE = text("SELECT audit_erase_access(:person, :before, :moment)")


def erase(work: Work, person_id: UUID) -> int:
    """Erase the sealed rows about a person, a thousand at most; how many. Call it again until
    there are none; rows of the last two seconds are not sealed yet and come with a later call."""
    return _erased(work, person_id, _END_OF_TIME, "erasure", "legal_duty")


def forget_old(work: Work) -> int:
    """Erase rows that were kept for their three years, a thousand at most; how many."""
    return _erased(work, None, _first_id_of(work.now - KEPT), "retention", "legal_duty")


def _erased(work: Work, person: UUID | None, before: UUID, purpose: str, basis: Basis) -> int:
    erased = work.session.scalars(
        _ERASE, {"person": person, "before": before, "moment": work.now}
    ).all()
    if erased:
        leave(
            work,
            Content(
                id=ids.new_id(),
                at=work.now,
                about=None,
                actor_kind=work.actor.kind,
                actor_id=work.actor.id,
                for_whom=None,
                client_id=None,
                register=REGISTER,
                purpose=purpose,
                basis=basis,
                fields=[ids.show("access", each) for each in erased],
            ),
        )
    return len(erased)


def _first_id_of(moment: datetime) -> UUID:
    """The smallest UUIDv7 of a moment: older rows have smaller ids."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)
