"""Authorization codes: sixty seconds, one use, and a second use takes back what the first gave."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select, update

from hub import audit, identity
from hub.kernel import ids
from hub.kernel.work import Work

from .errors import InvalidGrant
from .model import AuthorizationCode

LIVES = timedelta(seconds=60)
KEPT = timedelta(days=1)


def keep(
    work: Work,
    code: str,
    *,
    client_id: str,
    session_id: UUID,
    redirect_uri: str,
    redirect_uri_sent: bool,
    scopes: frozenset[str],
    offline: bool,
    until: datetime,
    challenge: str,
    nonce: str | None,
) -> None:
    """Keep what a code stands for under its hash."""
    work.session.add(
        AuthorizationCode(
            id=ids.new_id(),
            code_hash=identity.hash_of(code),
            client_id=client_id,
            session_id=session_id,
            redirect_uri=redirect_uri,
            redirect_uri_sent=redirect_uri_sent,
            scopes=sorted(scopes),
            offline=offline,
            until=until,
            challenge=challenge,
            nonce=nonce,
            created_at=work.now,
            expires_at=work.now + LIVES,
        )
    )


def found(work: Work, code: str, client_id: str) -> AuthorizationCode:
    """The code as it stands, of this client and used or not; refuses with InvalidGrant."""
    row = work.session.execute(
        select(AuthorizationCode).where(
            AuthorizationCode.code_hash == identity.hash_of(code),
            AuthorizationCode.client_id == client_id,
        )
    ).scalar_one_or_none()
    if row is None:
        raise InvalidGrant(said="The code is not good.")
    return row


def use(work: Work, row: AuthorizationCode) -> None:
    """Use the code up; whoever is second, in whatever order, gets InvalidGrant (remembered), and
    what the first one was given ends."""
    won = work.session.execute(
        update(AuthorizationCode)
        .where(
            AuthorizationCode.id == row.id,
            AuthorizationCode.used_at.is_(None),
            AuthorizationCode.expires_at > work.now,
        )
        .values(used_at=work.now)
        .returning(AuthorizationCode.id)
        .execution_options(synchronize_session=False)
    ).scalar()
    if won is not None:
        return
    work.session.refresh(row)
    if row.used_at is None:
        raise InvalidGrant(said="The code has expired.")
    refuse_second_use(work, row)


def refuse_second_use(work: Work, row: AuthorizationCode) -> None:
    """End what a code gave that is used a second time, and refuse (RFC 9700, 4.5; ASVS 10.4.2)."""
    if row.grant_id is not None:
        identity.end_grants(work, [row.grant_id], because="code_replayed")
    audit.record(work, "oauth.code_replayed", ids.show("code", row.id), of=row.client_id)
    raise InvalidGrant(said="The code was used before.", keep=True)


def gave(work: Work, row: AuthorizationCode, grant_id: UUID) -> None:
    """Note which grant the code became."""
    work.session.execute(
        update(AuthorizationCode)
        .where(AuthorizationCode.id == row.id)
        .values(grant_id=grant_id)
        .execution_options(synchronize_session=False)
    )


def forget_old(work: Work) -> None:
    """Delete codes a day after their end."""
    work.session.execute(
        delete(AuthorizationCode).where(AuthorizationCode.expires_at < work.now - KEPT)
    )
