"""Grants: what a person lets a partner's app do for them, seen and ended by the person."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select

from hub import audit
from hub.kernel import ids
from hub.kernel.errors import NotFound
from hub.kernel.work import Reading, Work
from hub.keys import KeyRing

from .client_model import RegisteredClient
from .clients import PREFIX, Client
from .ending import end_grants
from .errors import PersonGone
from .events import GrantGiven
from .model import Grant, Person, Session
from .pairwise import subject_of
from .refreshing import Tokens, first_generation, tokens_of
from .tokens import OURS, Issuer


def open_grant(
    work: Work,
    keyring: KeyRing,
    issuer: Issuer,
    *,
    client: Client,
    session_id: UUID,
    scopes: Collection[str],
    offline: bool,
    until: datetime,
) -> Tokens:
    """What a person agreed to becomes a grant with its first tokens, until the moment that they
    agreed to, and without ``offline`` no longer than the session that it is given in.

    Refuses with PersonGone when the person has signed out or closed the account meanwhile: the
    session's row is held until the end, so that ending it waits for this grant and ends it too.
    """
    session = work.session.execute(
        select(Session)
        .join(Person, Person.id == Session.person_id)
        .where(
            Session.id == session_id,
            Session.revoked_at.is_(None),
            Session.expires_at > work.now,
            Person.state == "active",
        )
        .with_for_update(read=True, of=Session)
    ).scalar_one_or_none()
    if session is None:
        raise PersonGone
    ends = until if offline else min(until, session.expires_at)
    grant = Grant(
        id=ids.new_id(),
        session_id=session.id,
        person_id=session.person_id,
        client_id=client.id,
        scopes=sorted(scopes),
        offline=offline,
        created_at=work.now,
        last_used_at=work.now,
        expires_at=ends,
    )
    work.session.add(grant)
    work.session.flush()
    refresh_token = first_generation(work, grant.id, ends)
    work.emit(GrantGiven(person_id=grant.person_id, grant_id=grant.id, client_id=client.id))
    audit.record(
        work,
        "identity.grant_given",
        ids.show("grant", grant.id),
        to=client.id,
        scopes=" ".join(grant.scopes),
        offline=offline,
    )
    subject = subject_of(keyring, client.sector, grant.person_id)
    return tokens_of(work, issuer, session, grant, refresh_token, subject)


@dataclass(frozen=True)
class App:
    """A partner's app that a person has let in, over all that it was allowed."""

    id: str
    names: dict[str, str]
    organisation: str
    purpose: dict[str, str]
    scopes: frozenset[str]
    offline: bool
    allowed_at: datetime
    last_used_at: datetime
    until: datetime


def my_apps(reading: Reading, *, after: UUID | None, limit: int) -> Sequence[App]:
    """The apps that the acting person has let in, newest registered first; one more than ``limit``
    if there are."""
    mine = ids.read("person", reading.actor.id)
    given: dict[str, list[Any]] = {}
    living = _living(select(*Grant.__table__.columns), reading.now)
    for row in reading.connection.execute(
        living.where(Grant.person_id == mine, Grant.client_id.not_in(OURS))
    ):
        given.setdefault(row.client_id, []).append(row)
    clients = _clients_of(reading, list(given), after=after, limit=limit)
    return [_app(client, given[ids.show(PREFIX, client.id)]) for client in clients]


def end_app(work: Work, client_id: str) -> None:
    """Let an app in no longer: everything that the acting person allowed it ends. NotFound when
    nothing was ever allowed; what has ended already stays ended."""
    person_id = ids.read("person", work.actor.id)
    given = work.session.execute(
        select(Grant.id, Grant.revoked_at)
        .where(
            Grant.person_id == person_id,
            Grant.client_id == client_id,
            Grant.client_id.not_in(OURS),
        )
        .order_by(Grant.id)
    ).all()
    if not given:
        raise NotFound
    living = [row.id for row in given if row.revoked_at is None]
    end_grants(work, living, because="ended_by_person")


def _living(query: Select[Any], now: datetime) -> Select[Any]:
    session_lives = Session.revoked_at.is_(None) & (Session.expires_at > now)
    return query.join(Session, Session.id == Grant.session_id).where(
        Grant.revoked_at.is_(None), Grant.expires_at > now, Grant.offline | session_lives
    )


def _clients_of(
    reading: Reading, shown: list[str], *, after: UUID | None, limit: int
) -> Sequence[Any]:
    query = (
        select(
            RegisteredClient.id,
            RegisteredClient.names,
            RegisteredClient.organisation,
            RegisteredClient.purpose,
        )
        .where(RegisteredClient.id.in_([ids.read(PREFIX, one) for one in shown]))
        .order_by(RegisteredClient.id.desc())
        .limit(limit + 1)
    )
    if after is not None:
        query = query.where(RegisteredClient.id < after)
    return reading.connection.execute(query).all()


def _app(client: Any, grants: list[Any]) -> App:
    return App(
        id=ids.show(PREFIX, client.id),
        names=client.names,
        organisation=client.organisation,
        purpose=client.purpose,
        scopes=frozenset(scope for grant in grants for scope in grant.scopes),
        offline=any(grant.offline for grant in grants),
        allowed_at=min(grant.created_at for grant in grants),
        last_used_at=max(grant.last_used_at or grant.created_at for grant in grants),
        until=max(grant.expires_at for grant in grants),
    )
