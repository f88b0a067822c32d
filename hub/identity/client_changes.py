"""What changes about a registered client: secrets and keys in rotation, scopes, its state."""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from hub import audit
from hub.kernel import ids
from hub.kernel.changes import announce
from hub.kernel.errors import NotFound
from hub.kernel.work import Reading, Work

from .client_model import RegisteredClient
from .clients import (
    PREFIX,
    TOPIC,
    Client,
    ClientNotUsable,
    change_client,
    client_of,
    public_half,
    sound,
)
from .rules import hash_of, new_secret

CHANGE_OVER = timedelta(days=7)
"""How long the secret before the present one stays good while a service changes over."""


def rotate_secret(work: Work, client_id: str) -> str:
    """A new secret, shown this once; the present one stays good for seven days or until
    ``end_earlier_secret``, so that two are good at most. NotFound for a client without one."""
    secret = new_secret()
    _changed(
        work,
        client_id,
        earlier_secret_hash=RegisteredClient.secret_hash,
        earlier_secret_until=work.now + CHANGE_OVER,
        secret_hash=hash_of(secret),
    )
    audit.record(work, "identity.client_secret_changed", client_id)
    return secret


def end_earlier_secret(work: Work, client_id: str) -> None:
    """The change-over is done: only the newest secret is good. Twice is harmless."""
    _changed(work, client_id, earlier_secret_hash=None, earlier_secret_until=None)
    audit.record(work, "identity.client_earlier_secret_ended", client_id)


def end_earlier_secrets(work: Work) -> None:
    """End those whose seven days are over."""
    over = work.session.scalars(
        select(RegisteredClient.id)
        .where(RegisteredClient.earlier_secret_until <= work.now)
        .order_by(RegisteredClient.id)
    ).all()
    for one in over:
        end_earlier_secret(work, ids.show(PREFIX, one))


def replace_keys(work: Work, client_id: str, jwks: Mapping[str, Any]) -> Client:
    """Other public keys for a client that proves itself by them; refuses with ClientNotUsable."""
    row = work.session.get(RegisteredClient, ids.read(PREFIX, client_id))
    if row is None or row.auth_method != "private_key_jwt" or not sound(jwks):
        detail = "One to five public P-256 keys belong to private_key_jwt, and to nothing else."
        raise ClientNotUsable(errors=[{"pointer": "/jwks", "detail": detail}])
    return change_client(work, client_id, jwks=public_half(jwks))


def allow(work: Work, client_id: str, scopes: Collection[str]) -> Client:
    """Let a client ask for scopes in addition to those that it has."""
    row = work.session.get(RegisteredClient, ids.read(PREFIX, client_id), with_for_update=True)
    if row is None:
        raise NotFound
    return change_client(work, client_id, scopes=sorted({*row.scopes, *scopes}))


def set_state(work: Work, client_ids: Sequence[UUID], state: str) -> None:
    """Suspend clients or let them in again, all but those that have ended."""
    changed = work.session.scalars(
        update(RegisteredClient)
        .where(RegisteredClient.id.in_(client_ids), RegisteredClient.state != "ended")
        .values(state=state, changed_at=work.now)
        .execution_options(synchronize_session=False)
        .returning(RegisteredClient.id)
    ).all()
    for one in changed:
        shown = ids.show(PREFIX, one)
        announce(work, TOPIC, shown)
        audit.record(work, "identity.client_changed", shown, fields="state", state=state)


def among(reading: Reading, client_ids: Sequence[UUID]) -> list[Client]:
    """Those of these clients that have not ended, the oldest first."""
    rows = reading.connection.execute(
        select(*RegisteredClient.__table__.columns)
        .where(RegisteredClient.id.in_(client_ids), RegisteredClient.state != "ended")
        .order_by(RegisteredClient.id)
    )
    return [client_of(row) for row in rows]


def _changed(work: Work, client_id: str, **values: Any) -> None:
    done = work.session.execute(
        update(RegisteredClient)
        .where(
            RegisteredClient.id == ids.read(PREFIX, client_id),
            RegisteredClient.secret_hash.is_not(None),
            RegisteredClient.state != "ended",
        )
        .values(changed_at=work.now, **values)
        .execution_options(synchronize_session=False)
        .returning(RegisteredClient.id)
    ).scalar()
    if done is None:
        raise NotFound
    announce(work, TOPIC, client_id)
