"""The clients of an organisation: registered by its members, into the sandbox and at once."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from hub import identity
from hub.identity import AuthMethod, Client, ClientKind, Registered, client_changes
from hub.kernel import ids
from hub.kernel.errors import NotFound
from hub.kernel.work import Reading, Work

from . import model
from .errors import ScopesNotUsable
from .organisations import acting_for

PREFIX = "client"


@dataclass(frozen=True)
class AppIn:
    """A client of an organisation, and since when it is out of the sandbox."""

    client: Client
    live_at: datetime | None


def register(
    work: Work,
    organisation_id: UUID,
    *,
    kind: ClientKind,
    names: Mapping[str, str],
    purpose: Mapping[str, str],
    scopes: Collection[str],
    safe: Collection[str],
    auth_method: AuthMethod,
    redirect_uris: Iterable[str] = (),
    jwks: Mapping[str, Any] | None = None,
    logout_uri: str | None = None,
    after_logout_uris: Iterable[str] = (),
) -> Registered:
    """A sandbox client for an organisation that the acting person acts for; its secret, if it has
    one, is in the answer and nowhere else. ``safe`` are the scopes that the sandbox allows. Refuses
    with ScopesNotUsable and ClientNotUsable."""
    organisation = acting_for(work, organisation_id)
    check_scopes(scopes, safe)
    made = identity.register_client(
        work,
        kind=kind,
        names=names,
        organisation=organisation.names["en"],
        purpose=purpose,
        scopes=scopes,
        auth_method=auth_method,
        redirect_uris=redirect_uris,
        jwks=jwks,
        logout_uri=logout_uri,
        after_logout_uris=after_logout_uris,
    )
    client_id = ids.read(PREFIX, made.client.id)
    work.session.add(model.RegisteredApp(client_id=client_id, organisation_id=organisation_id))
    work.session.flush()
    return made


def clients_of(reading: Reading, organisation_id: UUID) -> list[AppIn]:
    """The clients of an organisation, the oldest first, without those that were ended. Whether the
    reader may see them was asked before (``one_of_mine``)."""
    rows = reading.connection.execute(
        select(model.RegisteredApp.client_id, model.RegisteredApp.live_at)
        .where(model.RegisteredApp.organisation_id == organisation_id)
        .order_by(model.RegisteredApp.client_id)
    )
    live = {row.client_id: row.live_at for row in rows}
    return [
        AppIn(client, live[ids.read(PREFIX, client.id)])
        for client in client_changes.among(reading, list(live))
    ]


def new_secret(work: Work, organisation_id: UUID, client_id: UUID) -> str:
    """A new secret, shown this once. The one before stays good for seven days or until
    ``end_old_secret``, so that a service changes over without a failed request."""
    of_theirs(work, organisation_id, client_id)
    return client_changes.rotate_secret(work, ids.show(PREFIX, client_id))


def end_old_secret(work: Work, organisation_id: UUID, client_id: UUID) -> None:
    """The change-over is done: the secret before the present one is good no longer."""
    of_theirs(work, organisation_id, client_id)
    client_changes.end_earlier_secret(work, ids.show(PREFIX, client_id))


def replace_keys(
    work: Work, organisation_id: UUID, client_id: UUID, jwks: Mapping[str, Any]
) -> Client:
    """Other public keys for a client that proves itself by them. While a key is changed, both are
    in the set. Refuses with ClientNotUsable."""
    of_theirs(work, organisation_id, client_id)
    return client_changes.replace_keys(work, ids.show(PREFIX, client_id), jwks)


def end_client(work: Work, organisation_id: UUID, client_id: UUID) -> None:
    """End a client for good. NotFound for one that has ended."""
    of_theirs(work, organisation_id, client_id)
    identity.change_client(work, ids.show(PREFIX, client_id), state="ended")


def of_theirs(work: Work, organisation_id: UUID, client_id: UUID) -> model.RegisteredApp:
    """The organisation's client; NotFound for any other."""
    acting_for(work, organisation_id)
    row = work.session.get(model.RegisteredApp, client_id)
    if row is None or row.organisation_id != organisation_id:
        raise NotFound
    return row


def check_scopes(scopes: Collection[str], allowed: Collection[str]) -> None:
    """Refuses with ScopesNotUsable what is not ``allowed``, and names it."""
    strange = sorted(set(scopes) - set(allowed))
    if strange or not scopes:
        detail = " ".join(strange) or "Name one at least."
        raise ScopesNotUsable(errors=[{"pointer": "/scopes", "detail": detail}])
