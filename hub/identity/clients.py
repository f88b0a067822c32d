"""Clients: the apps and services that partners let speak with the hub.

The city's own app (``city-app``) is built in and needs no row. Everything about a client that a
request needs is kept in memory and forgotten when the change table tells of it, so that a suspended
client is out within two seconds and an ordinary request asks no table.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest
from typing import Any, Literal, cast
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.engine import Connection

from hub import audit
from hub.kernel import ids
from hub.kernel.changes import Watch, announce
from hub.kernel.db import Database
from hub.kernel.errors import FieldError, Invalid, NotFound
from hub.kernel.work import Work

from .client_model import RegisteredClient
from .devices import KeyNotUsable, public_key
from .rules import hash_of, new_secret

TOPIC = "identity.client"
PREFIX = "client"
MOST_KEYS = 5

ClientKind = Literal["public", "confidential", "service"]
AuthMethod = Literal["none", "client_secret_basic", "client_secret_post", "private_key_jwt"]


class ClientNotUsable(Invalid):
    """This client cannot be registered so: a public one authenticates with ``none`` and has no
    secret, every other one has a secret or a key set (``jwks`` with public P-256 keys for
    ``private_key_jwt``), and whoever asks citizens needs at least one redirect URI. ``errors`` says
    what to correct."""

    title = "This client cannot be registered"


@dataclass(frozen=True)
class Client:
    """A registered client as everybody else sees it; ``id`` is its public ``client_id``."""

    id: str
    kind: ClientKind
    names: Mapping[str, str]
    organisation: str
    purpose: Mapping[str, str]
    redirect_uris: tuple[str, ...]
    scopes: frozenset[str]
    auth_method: AuthMethod
    secret_hash: bytes | None
    earlier_secret_hash: bytes | None
    jwks: Mapping[str, Any] | None
    sector: str
    logout_uri: str | None
    after_logout_uris: tuple[str, ...]
    state: str
    synthetic: bool
    created_at: datetime

    def knows_secret(self, secret: str) -> bool:
        """Whether this is the client's secret, or the one before while it changes over; takes as
        long for a wrong one."""
        given = hash_of(secret)
        newest = compare_digest(given, self.secret_hash or b"")
        earlier = compare_digest(given, self.earlier_secret_hash or b"")
        return newest or earlier


@dataclass(frozen=True)
class Registered:
    """A client just registered. The secret is shown this once and kept nowhere."""

    client: Client
    secret: str | None


def register_client(
    work: Work,
    *,
    kind: ClientKind,
    names: Mapping[str, str],
    organisation: str,
    purpose: Mapping[str, str],
    scopes: Iterable[str],
    auth_method: AuthMethod,
    redirect_uris: Iterable[str] = (),
    jwks: Mapping[str, Any] | None = None,
    sector: str | None = None,
    logout_uri: str | None = None,
    after_logout_uris: Iterable[str] = (),
    synthetic: bool = False,
) -> Registered:
    """Register a partner's client; refuses with ClientNotUsable.

    ``names`` and ``purpose`` are by language and need English at least; which scopes a partner may
    ask and which redirect URIs are sound is for ``hub.oauth`` to say. ``sector`` is what pairwise
    subjects are computed from (OpenID Connect Core 8.1): clients of one sector know a person by the
    same number; by itself each client is a sector of its own. ``logout_uri`` hears that somebody
    is signed out (OpenID Connect Back-Channel Logout 1.0, 2.2), ``after_logout_uris`` are where a
    browser may go afterwards (RP-Initiated Logout 1.0, 3).
    """
    _check(kind, auth_method, tuple(redirect_uris), jwks, names, purpose)
    secret = new_secret() if auth_method.startswith("client_secret") else None
    client_id = ids.new_id()
    row = RegisteredClient(
        id=client_id,
        kind=kind,
        names=dict(names),
        organisation=organisation,
        purpose=dict(purpose),
        redirect_uris=list(redirect_uris),
        scopes=sorted(set(scopes)),
        auth_method=auth_method,
        secret_hash=hash_of(secret) if secret else None,
        jwks=public_half(jwks) if jwks else None,
        sector=sector or ids.show(PREFIX, client_id),
        logout_uri=logout_uri,
        after_logout_uris=list(after_logout_uris),
        synthetic=synthetic,
        created_at=work.now,
        changed_at=work.now,
    )
    work.session.add(row)
    work.session.flush()
    shown = ids.show(PREFIX, client_id)
    audit.record(work, "identity.client_registered", shown, kind=kind, auth_method=auth_method)
    return Registered(client_of(row), secret)


def change_client(work: Work, client_id: str, **changes: Any) -> Client:
    """Change what a client is; everywhere within two seconds. NotFound for one that is none."""
    row = work.session.get(RegisteredClient, ids.read(PREFIX, client_id))
    if row is None or row.state == "ended":
        raise NotFound
    for name, value in changes.items():
        setattr(row, name, value)
    row.changed_at = work.now
    work.session.flush()
    announce(work, TOPIC, client_id)
    audit.record(work, "identity.client_changed", client_id, fields=",".join(sorted(changes)))
    return client_of(row)


class Clients:
    """Registered clients by id, kept in memory as long as nothing is heard of them."""

    def __init__(self, database: Database, watch: Watch) -> None:
        self._database = database
        self._watch = watch
        self._known: dict[str, Client] = {}
        self._heard = 0
        watch.on(TOPIC, self._forget)
        watch.on_gap(self._forget_all)

    def find(self, client_id: str, *, at_once: bool = False) -> Client | None:
        """The client with this id, unless it is unknown, suspended or ended. ``at_once`` asks the
        database."""
        fresh = self._watch.fresh and not at_once
        known = self._known.get(client_id) if fresh else None
        if known is None:
            heard = self._heard
            known = self._asked(client_id)
            # As with devices: strangers' ids could fill the memory, and news may have come by.
            if known is not None and fresh and heard == self._heard:
                self._known[client_id] = known
        return known

    def _forget(self, client_id: str) -> None:
        self._heard += 1
        self._known.pop(client_id, None)

    def _forget_all(self) -> None:
        self._heard += 1
        self._known.clear()

    def _asked(self, client_id: str) -> Client | None:
        with self._database.reads() as connection:
            return active_client(connection, client_id)


def active_client(connection: Connection, client_id: str) -> Client | None:
    """The client with this id as the database has it, unless it is unknown, suspended or ended."""
    try:
        identifier = ids.read(PREFIX, client_id)
    except NotFound:
        return None
    row = connection.execute(
        select(*RegisteredClient.__table__.columns).where(
            RegisteredClient.id == identifier, RegisteredClient.state == "active"
        )
    ).one_or_none()
    return None if row is None else client_of(row)


def all_clients(work: Work) -> list[Client]:
    """Every client ever registered, oldest first."""
    rows = work.session.scalars(select(RegisteredClient).order_by(RegisteredClient.id))
    return [client_of(row) for row in rows]


def _check(
    kind: ClientKind,
    auth_method: AuthMethod,
    redirect_uris: tuple[str, ...],
    jwks: Mapping[str, Any] | None,
    names: Mapping[str, str],
    purpose: Mapping[str, str],
) -> None:
    wrong: list[FieldError] = []
    if (kind == "public") != (auth_method == "none"):
        detail = "Only public clients, and all of them, go without a proof."
        wrong.append({"pointer": "/auth_method", "detail": detail})
    if (auth_method == "private_key_jwt") != (jwks is not None) or not sound(jwks):
        detail = "One to five public P-256 keys belong to private_key_jwt, and to nothing else."
        wrong.append({"pointer": "/jwks", "detail": detail})
    if (kind == "service") == bool(redirect_uris):
        detail = "Whoever asks citizens needs one; a service has none."
        wrong.append({"pointer": "/redirect_uris", "detail": detail})
    said = [names.get("en", ""), purpose.get("en", ""), *names.values(), *purpose.values()]
    if not all(text.strip() and text.isprintable() for text in said):
        detail = "Say name and purpose in English at least."
        wrong.append({"pointer": "/names", "detail": detail})
    if wrong:
        raise ClientNotUsable(errors=wrong)


def public_half(jwks: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of a key set: the keys and what names them, nothing else that was sent along."""
    kept = ("kty", "crv", "x", "y", "kid", "use", "alg")
    return {
        "keys": [
            {name: key[name] for name in kept if isinstance(key.get(name), str)}
            for key in jwks["keys"]
        ]
    }


def sound(jwks: Mapping[str, Any] | None) -> bool:
    """Whether this is a set of one to five public P-256 keys, or none at all."""
    if jwks is None:
        return True
    keys = jwks.get("keys")
    if not isinstance(keys, list) or not 0 < len(keys) <= MOST_KEYS:
        return False
    try:
        for key in keys:
            public_key(key if isinstance(key, dict) else {})
    except KeyNotUsable:
        return False
    return True


def client_of(row: Any) -> Client:
    """A row as everybody else sees it."""
    return Client(
        id=ids.show(PREFIX, cast(UUID, row.id)),
        kind=row.kind,
        names=row.names,
        organisation=row.organisation,
        purpose=row.purpose,
        redirect_uris=tuple(row.redirect_uris),
        scopes=frozenset(row.scopes),
        auth_method=row.auth_method,
        secret_hash=row.secret_hash,
        earlier_secret_hash=row.earlier_secret_hash,
        jwks=row.jwks,
        sector=row.sector,
        logout_uri=row.logout_uri,
        after_logout_uris=tuple(row.after_logout_uris),
        state=row.state,
        synthetic=row.synthetic,
        created_at=row.created_at,
    )
