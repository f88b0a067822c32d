"""Live scopes: asked by a member, granted by an officer, and where it is sensitive by two."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select, update

from hub import audit, identity
from hub.kernel import ids
from hub.kernel.errors import NotFound
from hub.kernel.work import Reading, Work

from . import model
from .clients import PREFIX as CLIENT
from .clients import check_scopes, of_theirs
from .errors import OrganisationSuspended, RequestOver, SandboxOnly

PREFIX = "scoperequest"


@dataclass(frozen=True)
class ScopeRequest:
    """What a client is to be allowed with everybody, why, and what became of it."""

    id: UUID
    client_id: UUID
    organisation_id: UUID
    scopes: list[str]
    reason: str
    asked_at: datetime
    state: str
    decided_by: str | None
    decided_at: datetime | None


def ask_scopes(
    work: Work,
    organisation_id: UUID,
    client_id: UUID,
    *,
    scopes: Collection[str],
    reason: str,
    possible: Collection[str],
) -> ScopeRequest:
    """Ask the city that a client may use scopes with everybody. ``possible`` are those meant for
    partners; refuses with ScopesNotUsable."""
    of_theirs(work, organisation_id, client_id)
    check_scopes(scopes, possible)
    row = model.ScopeRequest(
        id=ids.new_id(),
        client_id=client_id,
        organisation_id=organisation_id,
        scopes=sorted(set(scopes)),
        reason=reason,
        asked_at=work.now,
        state="waiting",
    )
    work.session.add(row)
    work.session.flush()
    shown = ids.show(CLIENT, client_id)
    audit.record(work, "partners.scopes_asked", shown, scopes=" ".join(row.scopes))
    return _request(row)


def requests_of(reading: Reading, organisation_id: UUID) -> list[ScopeRequest]:
    """What an organisation asked for, the newest first, a hundred at most. Whether the reader may
    see it was asked before (``one_of_mine``)."""
    return _listed(
        reading, model.ScopeRequest.organisation_id == organisation_id, limit=99, newest=True
    )


def waiting(reading: Reading, *, after: UUID | None, limit: int) -> list[ScopeRequest]:
    """What waits for an officer, the oldest first; one more than ``limit`` if there are."""
    which = model.ScopeRequest.state == "waiting"
    if after is not None:
        which &= model.ScopeRequest.id > after
    return _listed(reading, which, limit=limit, newest=False)


def request_of(work: Work, request_id: UUID) -> ScopeRequest:
    """A request that waits, for an officer; refuses with NotFound and RequestOver."""
    row = work.session.get(model.ScopeRequest, request_id)
    if row is None:
        raise NotFound
    if row.state != "waiting":
        raise RequestOver
    return _request(row)


def grant(work: Work, request_id: UUID) -> ScopeRequest:
    """Give a client what was asked for, in addition to what it has: it is live from now on. Refuses
    with RequestOver when that was decided already, and with OrganisationSuspended."""
    asked = _decided(work, request_id, "granted")
    organisation = work.session.get(model.Organisation, asked.organisation_id, with_for_update=True)
    if organisation is None or organisation.state != "active":
        raise OrganisationSuspended
    client_id = ids.show(CLIENT, asked.client_id)
    identity.client_changes.allow(work, client_id, asked.scopes)
    work.session.execute(
        update(model.RegisteredApp)
        .where(
            model.RegisteredApp.client_id == asked.client_id,
            model.RegisteredApp.live_at.is_(None),
        )
        .values(live_at=work.now)
    )
    audit.record(work, "partners.scopes_granted", client_id, scopes=" ".join(asked.scopes))
    return asked


def turn_down(work: Work, request_id: UUID) -> ScopeRequest:
    """Do not give what was asked for; refuses with RequestOver."""
    asked = _decided(work, request_id, "refused")
    shown = ids.show(CLIENT, asked.client_id)
    audit.record(work, "partners.scopes_refused", shown, scopes=" ".join(asked.scopes))
    return asked


def check_may_let_in(work: Work, client_id: str, person_id: UUID) -> None:
    """Whether a person can let this client in: one out of the sandbox everybody, any other only
    members of its organisation and invented people. Refuses with SandboxOnly. Clients that the city
    registered itself belong to no organisation and are in no sandbox."""
    app = work.session.get(model.RegisteredApp, ids.read(CLIENT, client_id))
    if app is None or app.live_at is not None or identity.is_synthetic(work, person_id):
        return
    if work.session.get(model.Member, (app.organisation_id, person_id)) is None:
        raise SandboxOnly


def _decided(work: Work, request_id: UUID, state: str) -> ScopeRequest:
    won = work.session.execute(
        update(model.ScopeRequest)
        .where(model.ScopeRequest.id == request_id, model.ScopeRequest.state == "waiting")
        .values(state=state, decided_by=work.actor.id, decided_at=work.now)
        .execution_options(synchronize_session=False)
        .returning(model.ScopeRequest.id)
    ).scalar()
    work.session.expire_all()
    row = work.session.get(model.ScopeRequest, request_id)
    if row is None:
        raise NotFound
    if won is None:
        raise RequestOver
    return _request(row)


def _listed(
    reading: Reading, which: ColumnElement[bool], *, limit: int, newest: bool
) -> list[ScopeRequest]:
    order = model.ScopeRequest.id.desc() if newest else model.ScopeRequest.id
    rows = reading.connection.execute(
        select(*model.ScopeRequest.__table__.columns).where(which).order_by(order).limit(limit + 1)
    )
    return [_request(row) for row in rows]


def _request(row: Any) -> ScopeRequest:
    return ScopeRequest(
        id=row.id,
        client_id=row.client_id,
        organisation_id=row.organisation_id,
        scopes=list(row.scopes),
        reason=row.reason,
        asked_at=row.asked_at,
        state=row.state,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
    )
