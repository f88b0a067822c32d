"""Refreshing: one family of refresh tokens a grant, each token good once (RFC 9700, 4.14).

The same machinery serves the city's own app and partners' apps. What a copied token ends differs:
of the city's app the whole session, of a partner's app what that app was allowed.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update

from hub.kernel import ids
from hub.kernel.work import Work
from hub.keys import KeyRing

from . import real_names
from .clients import Client
from .ending import end_grants, end_sessions
from .errors import RefreshTokenRefused, RefreshTokenReplayed, ScopeBeyondGrant
from .model import Grant, Person, RefreshToken, Session
from .pairwise import subject_of
from .rules import (
    ACCESS_LIVES,
    LOA_STRONG,
    hash_of,
    judge_refresh,
    new_secret,
    refresh_expiry,
    stated_level,
)
from .tokens import CITY_APP, CITY_DESK, LIVES_SECONDS, OURS, Issuer

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
    amr: tuple[str, ...] = ()
    auth_time: datetime | None = None
    grant_id: UUID | None = None
    subject: str | None = None
    device: str | None = None
    expires_in: int = int(ACCESS_LIVES.total_seconds())
    token_type: str = "Bearer"  # noqa: S105 (a word of RFC 6750, not a secret)


def refresh(
    work: Work,
    keyring: KeyRing,
    issuer: Issuer,
    token: str,
    *,
    client: Client | None = None,
    narrowed: frozenset[str] | None = None,
) -> Tokens:
    """New tokens for a refresh token of ``client`` (None: the city's own app), which is used up by
    this. The access token gets the scopes ``narrowed``, at most those of the grant; the next
    refresh may ask for all of them again (RFC 6749, 6).

    Refuses with ScopeBeyondGrant, with RefreshTokenRefused (also what was given to another client),
    and with RefreshTokenReplayed (remembered) when the token was used before: then the session
    ends, or what the partner's app was allowed. A repetition within ten seconds, while nobody has
    used the successor, gives the same successor: on mobile networks answers get lost.
    """
    hashed = hash_of(token)
    found = _family(work, hashed, client)
    if found is None or not _alive(found, work.now):
        raise RefreshTokenRefused
    presented, grant, session = found
    if narrowed is not None and not narrowed <= set(grant.scopes):
        raise ScopeBeyondGrant

    def answer(successor: str) -> Tokens:
        subject = subject_of(keyring, client.sector, grant.person_id) if client else None
        return tokens_of(work, issuer, session, grant, successor, subject, narrowed)

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
        return answer(_presented_again(work, keyring, hashed, client))
    expires = _family_expiry(grant, session)
    successor = _next_generation(work, grant.id, presented.generation + 1, expires)
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
    if client is None:
        session.last_seen_at = work.now
    grant.last_used_at = work.now
    return answer(successor)


def holder_of(work: Work, token: str, client: Client) -> tuple[Grant, RefreshToken] | None:
    """What a refresh token of ``client`` stands for while it is good and unused; else None."""
    found = _family(work, hash_of(token), client)
    if found is None or not _alive(found, work.now):
        return None
    presented, grant, _ = found
    good = presented.used_at is None and presented.expires_at > work.now
    return (grant, presented) if good else None


def grant_of(work: Work, token: str, client: Client) -> UUID | None:
    """The grant that a refresh token of ``client`` belongs to, used or not; None for strangers."""
    found = _family(work, hash_of(token), client)
    return None if found is None else found[1].id


def _presented_again(work: Work, keyring: KeyRing, hashed: bytes, client: Client | None) -> str:
    """What a token deserves that was not fresh when its row was taken: look at it once more, now
    that whoever was faster has committed."""
    work.session.expire_all()
    found = _family(work, hashed, client)
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
        return opened.decode()
    if verdict == "expired":
        raise RefreshTokenRefused
    if client is None:
        end_sessions(work, [session.id], because="refresh_token_replayed")
    else:
        end_grants(work, [grant.id], because="refresh_token_replayed")
    raise RefreshTokenReplayed(keep=True)


def first_generation(work: Work, grant_id: UUID, expires_at: datetime) -> str:
    """The first refresh token of a new grant that lives at most until ``expires_at``."""
    return _next_generation(work, grant_id, 1, expires_at)


def tokens_of(
    work: Work,
    issuer: Issuer,
    session: Session,
    grant: Grant,
    refresh_token: str | None,
    subject: str | None = None,
    narrowed: frozenset[str] | None = None,
) -> Tokens:
    """The answer for a grant; ``subject`` is pairwise and given for partners' apps."""
    ours = grant.client_id in OURS
    at_app = grant.client_id == CITY_APP
    # The city's own app keeps up with what the city offers; everybody else has what was granted.
    scopes = issuer.scopes if at_app else frozenset(grant.scopes)
    if grant.client_id == CITY_DESK and session.officer_id is not None:
        subject = ids.show("officer", session.officer_id)
    if narrowed is not None:
        scopes &= narrowed
    strong = session.acr == LOA_STRONG
    verified = strong and real_names.is_verified(work, session.person_id)
    acr = stated_level(session.acr, verified=verified)
    left = int((session.expires_at - work.now).total_seconds())
    return Tokens(
        access_token=issuer.issue(
            person_id=session.person_id if at_app else None,
            session_id=session.id if ours else None,
            subject=subject,
            grant_id=None if ours else grant.id,
            client_id=grant.client_id,
            scopes=scopes,
            acr=acr,
            amr=session.amr,
            auth_time=session.auth_time,
            now=work.now,
            until=session.expires_at if ours else None,
        ),
        refresh_token=refresh_token,
        scopes=scopes,
        session_id=session.id,
        person_id=session.person_id,
        acr=acr,
        amr=tuple(session.amr),
        auth_time=session.auth_time,
        grant_id=grant.id,
        subject=subject,
        expires_in=min(LIVES_SECONDS, left) if ours else LIVES_SECONDS,
    )


Family = tuple[RefreshToken, Grant, Session]


def _family(work: Work, hashed: bytes, client: Client | None) -> Family | None:
    clients = OURS if client is None else {client.id}
    row = work.session.execute(
        select(RefreshToken, Grant, Session)
        .join(Grant, Grant.id == RefreshToken.grant_id)
        .join(Session, Session.id == Grant.session_id)
        .join(Person, Person.id == Session.person_id)
        .where(
            RefreshToken.token_hash == hashed,
            Grant.client_id.in_(clients),
            Person.state == "active",
        )
    ).one_or_none()
    return None if row is None else (row[0], row[1], row[2])


def _alive(family: Family, now: datetime) -> bool:
    _, grant, session = family
    if grant.revoked_at is not None or (grant.expires_at is not None and grant.expires_at <= now):
        return False
    return grant.offline or (session.revoked_at is None and session.expires_at > now)


def _family_expiry(grant: Grant, session: Session) -> datetime:
    ends = grant.expires_at or session.expires_at
    return ends if grant.offline else min(ends, session.expires_at)


def _next_generation(
    work: Work, grant_id: UUID, generation: int, family_expires_at: datetime
) -> str:
    token = new_secret()
    work.session.add(
        RefreshToken(
            id=ids.new_id(),
            grant_id=grant_id,
            generation=generation,
            token_hash=hash_of(token),
            issued_at=work.now,
            expires_at=refresh_expiry(work.now, family_expires_at),
        )
    )
    return token
