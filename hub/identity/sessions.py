"""Sessions: where a person is signed in, and the tokens each session lives by.

A session has one grant per client, a grant one family of refresh tokens. All ending of anything
goes through ``_end``: it writes the fact, tells every process, and leaves an audit line.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update

from hub import audit
from hub.kernel import ids
from hub.kernel.changes import announce
from hub.kernel.errors import NotFound
from hub.kernel.work import Reading, Work
from hub.keys import KeyRing

from . import real_names
from .errors import RefreshTokenRefused, RefreshTokenReplayed
from .events import SessionEnded, SessionStarted
from .model import Grant, Person, RefreshToken, Session
from .rules import (
    ACCESS_LIVES,
    LOA_STRONG,
    SESSION_LIVES,
    assurance,
    judge_refresh,
    new_secret,
    refresh_expiry,
    stated_level,
)
from .tokens import AccessTokenRefused, Issuer

TOPIC = "identity.session"
CITY_APP = "city-app"
_SUCCESSOR = "identity.refresh_successor"


@dataclass(frozen=True)
class Tokens:
    """What a client lives by: ten minutes of access, and the means to get the next ten (None where
    the means it has stay good)."""

    access_token: str
    refresh_token: str | None
    scopes: frozenset[str]
    session_id: UUID
    person_id: UUID
    acr: str
    expires_in: int = int(ACCESS_LIVES.total_seconds())
    token_type: str = "Bearer"  # noqa: S105 (a word of RFC 6750, not a secret)


def start(
    work: Work,
    issuer: Issuer,
    *,
    person_id: UUID,
    acr: str,
    amr: Sequence[str],
    device_name: str | None,
) -> Tokens:
    """A new session of the city's own app or pages, and its first tokens."""
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
    refresh_token = _next_generation(work, grant.id, 1, session.expires_at)
    work.emit(SessionStarted(person_id=person_id, session_id=session.id))
    audit.record(work, "identity.session_started", _shown(session.id), acr=acr)
    return _tokens(work, issuer, session, grant, refresh_token)


def refresh(work: Work, keyring: KeyRing, issuer: Issuer, token: str) -> Tokens:
    """New tokens for a refresh token, which is used up by this.

    Refuses with RefreshTokenRefused, and with RefreshTokenReplayed (remembered) when the token was
    used before: then the session ends. A repetition within ten seconds, while nobody has used the
    successor, gives the same successor: on mobile networks answers get lost.
    """
    hashed = _hash(token)
    found = _family(work, hashed)
    if found is None or not _alive(found, work.now):
        raise RefreshTokenRefused
    presented, grant, session = found
    won = work.session.execute(
        update(RefreshToken)
        .where(
            RefreshToken.id == presented.id,
            RefreshToken.used_at.is_(None),
            RefreshToken.expires_at > work.now,
        )
        .values(used_at=work.now)
        .execution_options(synchronize_session=False)
        .returning(RefreshToken.id)
    ).scalar()
    if won is None:
        return _presented_again(work, keyring, issuer, hashed)
    successor = _next_generation(work, grant.id, presented.generation + 1, session.expires_at)
    work.session.execute(
        update(RefreshToken)
        .where(RefreshToken.id == presented.id)
        .values(successor_sealed=keyring.seal(_SUCCESSOR, successor.encode(), presented.id.bytes))
        .execution_options(synchronize_session=False)
    )
    # The predecessor's sealed copy was for a lost answer; its successor has arrived.
    work.session.execute(
        update(RefreshToken)
        .where(
            RefreshToken.grant_id == grant.id,
            RefreshToken.generation == presented.generation - 1,
        )
        .values(successor_sealed=None)
        .execution_options(synchronize_session=False)
    )
    session.last_seen_at = work.now
    return _tokens(work, issuer, session, grant, successor)


def _presented_again(work: Work, keyring: KeyRing, issuer: Issuer, hashed: bytes) -> Tokens:
    """What a token deserves that was not fresh when its row was taken: look at it once more, now
    that whoever was faster has committed."""
    work.session.expire_all()
    found = _family(work, hashed)
    if found is None or not _alive(found, work.now):
        raise RefreshTokenRefused
    presented, grant, session = found
    successor_used_at = work.session.execute(
        select(RefreshToken.used_at).where(
            RefreshToken.grant_id == grant.id,
            RefreshToken.generation == presented.generation + 1,
        )
    ).scalar()
    verdict = judge_refresh(
        work.now,
        expires_at=presented.expires_at,
        used_at=presented.used_at,
        successor_used=successor_used_at is not None,
    )
    if verdict == "repeat" and presented.successor_sealed is not None:
        opened = keyring.open(_SUCCESSOR, presented.successor_sealed, presented.id.bytes)
        return _tokens(work, issuer, session, grant, opened.decode())
    if verdict == "expired":
        raise RefreshTokenRefused
    _end(work, [session.id], because="refresh_token_replayed")
    raise RefreshTokenReplayed(keep=True)


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
    _end(work, [session_id], because="signed_out")


def end_all(work: Work) -> int:
    """End every session of the acting person, this one included; how many there were."""
    live = work.session.scalars(
        select(Session.id)
        .where(
            Session.person_id == ids.read("person", work.actor.id),
            Session.revoked_at.is_(None),
            Session.expires_at > work.now,
        )
        .order_by(Session.id)
    ).all()
    return _end(work, live, because="signed_out_everywhere")


def end_grants_of(work: Work, *, person_id: UUID, client_id: str, because: str) -> int:
    """End whatever a person's grants let one client do; its refresh tokens are refused from the
    commit on. How many grants that were."""
    ended = work.session.scalars(
        update(Grant)
        .where(
            Grant.person_id == person_id,
            Grant.client_id == client_id,
            Grant.revoked_at.is_(None),
        )
        .values(revoked_at=work.now)
        .execution_options(synchronize_session=False)
        .returning(Grant.id)
    ).all()
    for grant_id in ended:
        audit.record(work, "identity.grant_ended", ids.show("grant", grant_id), because=because)
    return len(ended)


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
    return _end(work, live, because="signed_out_elsewhere")


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
    return _tokens(work, issuer, session, grant, None)


def add_methods(work: Work, shown: Sequence[str]) -> None:
    """Note that the acting session's person has shown this as well (RFC 8176)."""
    session = acting(work)
    methods = [*session.amr, *shown]
    if {"pwd", "otp"} <= set(methods):
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
    over = select(Session.id).where(
        (Session.expires_at < long_ago) | (Session.revoked_at < long_ago)
    )
    work.session.execute(delete(Grant).where(Grant.session_id.in_(over)))
    work.session.execute(
        delete(Session).where((Session.expires_at < long_ago) | (Session.revoked_at < long_ago))
    )
    work.session.execute(
        delete(RefreshToken).where(RefreshToken.expires_at < work.now - timedelta(days=7))
    )


def _end(work: Work, session_ids: Sequence[UUID], *, because: str) -> int:
    ended = work.session.execute(
        update(Session)
        .where(Session.id.in_(session_ids), Session.revoked_at.is_(None))
        .values(revoked_at=work.now, revoked_because=because)
        .execution_options(synchronize_session=False)
        .returning(Session.id, Session.person_id)
    ).all()
    work.session.execute(
        update(Grant)
        .where(Grant.session_id.in_([row.id for row in ended]), Grant.revoked_at.is_(None))
        .values(revoked_at=work.now)
        .execution_options(synchronize_session=False)
    )
    for row in ended:
        announce(work, TOPIC, str(row.id))
        work.emit(SessionEnded(person_id=row.person_id, session_id=row.id, reason=because))
        audit.record(work, "identity.session_ended", _shown(row.id), because=because)
    return len(ended)


Family = tuple[RefreshToken, Grant, Session]


def _family(work: Work, hashed: bytes) -> Family | None:
    row = work.session.execute(
        select(RefreshToken, Grant, Session)
        .join(Grant, Grant.id == RefreshToken.grant_id)
        .join(Session, Session.id == Grant.session_id)
        .join(Person, Person.id == Session.person_id)
        .where(RefreshToken.token_hash == hashed, Person.state == "active")
    ).one_or_none()
    return None if row is None else (row[0], row[1], row[2])


def _alive(family: Family, now: datetime) -> bool:
    _, grant, session = family
    return grant.revoked_at is None and session.revoked_at is None and session.expires_at > now


def _next_generation(
    work: Work, grant_id: UUID, generation: int, session_expires_at: datetime
) -> str:
    token = new_secret()
    work.session.add(
        RefreshToken(
            id=ids.new_id(),
            grant_id=grant_id,
            generation=generation,
            token_hash=_hash(token),
            issued_at=work.now,
            expires_at=refresh_expiry(work.now, session_expires_at),
        )
    )
    return token


def _tokens(
    work: Work,
    issuer: Issuer,
    session: Session,
    grant: Grant,
    refresh_token: str | None,
) -> Tokens:
    # The city's own app keeps up with what the city offers; everybody else has what was granted.
    scopes = issuer.scopes if grant.client_id == CITY_APP else frozenset(grant.scopes)
    strong = session.acr == LOA_STRONG
    verified = strong and real_names.is_verified(work, session.person_id)
    acr = stated_level(session.acr, verified=verified)
    return Tokens(
        access_token=issuer.issue(
            person_id=session.person_id,
            session_id=session.id,
            client_id=grant.client_id,
            scopes=scopes,
            acr=acr,
            amr=session.amr,
            auth_time=session.auth_time,
            now=work.now,
        ),
        refresh_token=refresh_token,
        scopes=scopes,
        session_id=session.id,
        person_id=session.person_id,
        acr=acr,
    )


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _shown(session_id: UUID) -> str:
    return ids.show("session", session_id)
