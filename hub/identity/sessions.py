"""Sessions: where a person is signed in, and the tokens each session lives by.

A session has a grant of the city's own app, and one for each partner's app that the person let in
through it; a grant has one family of refresh tokens (refreshing.py).
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, exists, or_, select, update

from hub import audit
from hub.kernel import ids
from hub.kernel.errors import NotFound
from hub.kernel.work import Reading, Work
from hub.keys import KeyRing

from . import seen_devices
from .ending import end_sessions
from .events import NewDeviceUsed, SessionStarted
from .model import Grant, RefreshToken, Session
from .refreshing import Tokens, first_generation, tokens_of
from .rules import SESSION_LIVES, assurance
from .tokens import CITY_APP, AccessTokenRefused, Issuer


def start(
    work: Work,
    issuer: Issuer,
    *,
    person_id: UUID,
    acr: str,
    amr: Sequence[str],
    device_name: str | None,
    device: str | None = None,
) -> Tokens:
    """A new session of the city's own app or pages, and its first tokens.

    ``device`` is the mark that an earlier sign-in gave this device; the tokens hold the one to
    keep.
    """
    mark, new_device = seen_devices.see(work, person_id, device)
    session = Session(
        id=ids.new_id(),
        person_id=person_id,
        device_name=device_name,
        acr=acr,
        amr=list(amr),
        auth_time=work.now,
        last_seen_at=work.now,
        expires_at=work.now + SESSION_LIVES,
    )
    grant = Grant(
        id=ids.new_id(),
        session_id=session.id,
        person_id=person_id,
        client_id=CITY_APP,
        scopes=sorted(issuer.scopes),
        created_at=work.now,
    )
    for row in (session, grant):
        work.session.add(row)
        work.session.flush()
    refresh_token = first_generation(work, grant.id, session.expires_at)
    work.emit(SessionStarted(person_id=person_id, session_id=session.id))
    if new_device:
        work.emit(NewDeviceUsed(person_id=person_id, session_id=session.id))
    audit.record(work, "identity.session_started", ids.show("session", session.id), acr=acr)
    return replace(tokens_of(work, issuer, session, grant, refresh_token), device=mark)


def csrf_value(keyring: KeyRing, session_id: UUID) -> str:
    """The double-submit value of a session's forms. The same for the whole session, so that a form
    outlives the access token it was opened with."""
    return keyring.blind("identity.csrf", session_id.bytes)[:18].hex()


def mine(reading: Reading, *, after: UUID | None, limit: int) -> Sequence[Any]:
    """The acting person's live sessions, newest first; one more than ``limit`` if there are."""
    query = (
        select(
            Session.id,
            Session.device_name,
            Session.acr,
            Session.amr,
            Session.auth_time,
            Session.last_seen_at,
            Session.expires_at,
        )
        .where(
            Session.person_id == ids.read("person", reading.actor.id),
            Session.revoked_at.is_(None),
            Session.expires_at > reading.now,
        )
        .order_by(Session.id.desc())
        .limit(limit + 1)
    )
    if after is not None:
        query = query.where(Session.id < after)
    return reading.connection.execute(query).all()


def end(work: Work, session_id: UUID) -> None:
    """End one of the acting person's sessions. Somebody else's is NotFound; one that has ended
    already stays ended."""
    known = work.session.execute(
        select(Session.id).where(
            Session.id == session_id, Session.person_id == ids.read("person", work.actor.id)
        )
    ).scalar()
    if known is None:
        raise NotFound
    end_sessions(work, [session_id], because="signed_out")


def end_all(work: Work) -> int:
    """End every session of the acting person, this one included; how many there were."""
    person_id = ids.read("person", work.actor.id)
    return end_all_of(work, person_id, because="signed_out_everywhere")


def end_all_of(work: Work, person_id: UUID, *, because: str) -> int:
    """End every session of a person; how many there were."""
    live = work.session.scalars(
        select(Session.id)
        .where(
            Session.person_id == person_id,
            Session.revoked_at.is_(None),
            Session.expires_at > work.now,
        )
        .order_by(Session.id)
    ).all()
    return end_sessions(work, live, because=because)


def end_others(work: Work) -> int:
    """End every session of the acting person but the acting one; how many there were."""
    here = ids.read("session", work.actor.session) if work.actor.session else None
    live = work.session.scalars(
        select(Session.id)
        .where(
            Session.person_id == ids.read("person", work.actor.id),
            Session.id != here,
            Session.revoked_at.is_(None),
            Session.expires_at > work.now,
        )
        .order_by(Session.id)
    ).all()
    return end_sessions(work, live, because="signed_out_elsewhere")


def acting(work: Work) -> Session:
    """The session that acts, under its lock; AccessTokenRefused when it has ended."""
    found = None
    if work.actor.session is not None:
        found = work.session.execute(
            select(Session)
            .where(
                Session.id == ids.read("session", work.actor.session),
                Session.revoked_at.is_(None),
                Session.expires_at > work.now,
            )
            .with_for_update()
        ).scalar_one_or_none()
    if found is None:
        raise AccessTokenRefused
    return found


def show_again(
    work: Work, issuer: Issuer, session_id: UUID, *, acr: str, amr: Sequence[str]
) -> Tokens:
    """Write down what a live session's person has shown just now, and a fresh access token that
    says so. The refresh token stays what it was."""
    session, grant = work.session.execute(
        select(Session, Grant)
        .join(Grant, Grant.session_id == Session.id)
        .where(Session.id == session_id, Grant.client_id == CITY_APP)
    ).one()
    session.acr, session.amr, session.auth_time = acr, list(amr), work.now
    session.last_seen_at = work.now
    return tokens_of(work, issuer, session, grant, None)


def add_methods(work: Work, shown: Sequence[str]) -> None:
    """Note that the acting session's person has shown this as well (RFC 8176)."""
    session = acting(work)
    # RFC 8176 has one word for a mailbox's code and an app's: who showed both has it twice.
    methods = [*session.amr, *(word for word in shown if word == "otp" or word not in session.amr)]
    if {"pwd", "otp"} <= set(methods) and "mfa" not in methods:
        methods.append("mfa")
    session.amr, session.acr = methods, max(session.acr, assurance(methods))


def forget_old(work: Work) -> None:
    """Delete what has been over for ninety days, and used generations after a week past their
    end; sealed successors nobody came back for are blanked."""
    work.session.execute(
        update(RefreshToken)
        .where(
            RefreshToken.successor_sealed.is_not(None),
            RefreshToken.used_at < work.now - timedelta(minutes=1),
        )
        .values(successor_sealed=None)
    )
    long_ago = work.now - timedelta(days=90)
    ended = or_(Session.expires_at < long_ago, Session.revoked_at < long_ago)
    # What a partner may do while the person is away outlives the sign-in that it began with.
    away = Grant.offline & Grant.revoked_at.is_(None) & (Grant.expires_at > long_ago)
    over = select(Session.id).where(ended)
    work.session.execute(delete(Grant).where(Grant.session_id.in_(over), ~away))
    kept = exists().where(Grant.session_id == Session.id)
    work.session.execute(delete(Session).where(ended, ~kept))
    work.session.execute(
        delete(RefreshToken).where(RefreshToken.expires_at < work.now - timedelta(days=7))
    )
