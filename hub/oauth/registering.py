"""Registering partners' clients: by the city (``python -m hub clients``), by the demonstration, and
by whoever holds an initial access token (RFC 7591)."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, update

from hub import audit, identity
from hub.identity import AuthMethod, ClientKind, Registered
from hub.kernel import ids
from hub.kernel.errors import Invalid, Unauthorized
from hub.kernel.work import Work

from .model import InitialToken
from .redirects import usable
from .signing_out import usable_logout

INITIAL_LIVES = timedelta(days=30)


class RedirectNotUsable(Invalid):
    """A redirect URI, also one for after signing out, is ``https://...``, a scheme of your own with
    a dot in it (``com.example.app:/callback``), or for an app on the person's machine
    ``http://127.0.0.1`` or ``http://[::1]``; without fragment, user or ``..`` (RFC 8252, RFC
    9700)."""

    title = "This redirect URI cannot be registered"


class LogoutAddressNotUsable(Invalid):
    """The address that hears of signing out is ``https://...`` on the public internet, without
    fragment, user or ``..`` (OpenID Connect Back-Channel Logout 1.0, 2.2)."""

    title = "This logout address cannot be registered"


class InitialTokenRefused(Unauthorized):
    """Registering a client needs an initial access token (RFC 7591, 3) that the city gave to your
    organisation. This one is unknown, over, or used as often as it may be. Ask the city for a new
    one."""

    title = "Registering needs a token of the city"


def register(
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
    loopback_web: bool = False,
) -> Registered:
    """Register a client whose addresses are sound; refuses with RedirectNotUsable,
    LogoutAddressNotUsable and ClientNotUsable. ``loopback_web`` lets ``http://localhost`` in: the
    demonstration only."""
    uris, later = tuple(redirect_uris), tuple(after_logout_uris)
    if not all(usable(uri, loopback_web=loopback_web) for uri in (*uris, *later)):
        raise RedirectNotUsable
    if logout_uri is not None and not usable_logout(logout_uri, loopback_web=loopback_web):
        raise LogoutAddressNotUsable
    return identity.register_client(
        work,
        kind=kind,
        names=names,
        organisation=organisation,
        purpose=purpose,
        scopes=scopes,
        auth_method=auth_method,
        redirect_uris=uris,
        jwks=jwks,
        sector=sector,
        logout_uri=logout_uri,
        after_logout_uris=later,
        synthetic=synthetic,
    )


def new_initial_token(
    work: Work, *, organisation: str, uses: int = 10, synthetic: bool = False
) -> str:
    """A token by which an organisation registers its clients itself, so many times, for thirty
    days; shown this once."""
    token = identity.new_secret()
    work.session.add(
        InitialToken(
            id=ids.new_id(),
            token_hash=identity.hash_of(token),
            organisation=organisation,
            uses_left=uses,
            synthetic=synthetic,
            created_at=work.now,
            expires_at=work.now + INITIAL_LIVES,
        )
    )
    audit.record(work, "oauth.initial_token_given", organisation, uses=uses)
    return token


def spend_initial_token(work: Work, token: str) -> tuple[str, bool]:
    """Use an initial access token once: whose it is, and whether they are invented. Refuses with
    InitialTokenRefused; a registration that is refused costs nothing."""
    spent = work.session.execute(
        update(InitialToken)
        .where(
            InitialToken.token_hash == identity.hash_of(token),
            InitialToken.uses_left > 0,
            InitialToken.expires_at > work.now,
        )
        .values(uses_left=InitialToken.uses_left - 1)
        .returning(InitialToken.organisation, InitialToken.synthetic)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if spent is None:
        raise InitialTokenRefused
    return spent.organisation, spent.synthetic


def is_good(work: Work, token: str) -> bool:
    """Whether an initial access token could still be used."""
    return bool(
        work.session.query(InitialToken.id)
        .filter(
            InitialToken.token_hash == identity.hash_of(token),
            InitialToken.uses_left > 0,
            InitialToken.expires_at > work.now,
        )
        .first()
    )


def forget_old(work: Work) -> None:
    """Delete initial tokens that are over."""
    work.session.execute(delete(InitialToken).where(InitialToken.expires_at < work.now))
