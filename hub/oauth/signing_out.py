"""Signing out: an app asks for it by way of the browser (OpenID Connect RP-Initiated Logout 1.0),
and whatever ends what an app was allowed, the app's server hears of (Back-Channel Logout 1.0)."""

from dataclasses import dataclass

import structlog

from hub import identity
from hub.identity import AccessTokenRefused, Client, GrantEnded, Issuer
from hub.kernel.db import Database
from hub.kernel.outbound import Address, is_public
from hub.keys import KeyRing

from .asked import Asked
from .authority import Authority
from .errors import Back, InvalidRequest
from .redirects import registered, usable

ITS_OWN_DOING = frozenset({"ended_by_client"})

log = structlog.get_logger()


class LogoutNotHeard(Exception):
    """A client's server is away; telling it is tried again."""


@dataclass(frozen=True)
class Leaving:
    """A request to sign out: which app asks, if it says so, and where the browser goes then."""

    client: Client | None
    back: Back | None

    @property
    def address(self) -> str | None:
        """Where to go, with the app's ``state``."""
        return None if self.back is None else self.back.address_alone()


def read_logout(authority: Authority, asked: Asked) -> Leaving:
    """What a request to sign out says (RP-Initiated Logout 1.0, 2). Refuses with InvalidRequest
    what does not fit together, and any way on that the app did not register: nobody is sent there.
    """
    asked.check_once()
    asked.check_length()
    named = _named(authority, asked)
    client = None if named is None else authority.clients.find(named)
    if named is not None and client is None:
        raise InvalidRequest(said="No such client_id.")
    uri = asked.get("post_logout_redirect_uri")
    if uri is None:
        return Leaving(client, None)
    if client is None or not registered(uri, client.after_logout_uris):
        raise InvalidRequest(said="post_logout_redirect_uri is not registered for this client.")
    return Leaving(client, Back(uri, asked.get("state")))


def _named(authority: Authority, asked: Asked) -> str | None:
    hint, named = asked.get("id_token_hint"), asked.get("client_id")
    if hint is None:
        return named
    try:
        told = authority.verifier.read_id_token(hint).aud
    except AccessTokenRefused:
        raise InvalidRequest(said="id_token_hint is not an id_token of ours.") from None
    if named not in {None, told}:
        raise InvalidRequest(said="id_token_hint was given to another client_id.")
    return told


def usable_logout(uri: str, *, loopback_web: bool = False) -> bool:
    """Whether an app may register this address: ``https`` on the public internet; with
    ``loopback_web`` also ``http`` on this machine (the demonstration only). What a name resolves to
    is looked at each time."""
    if not uri.startswith("https://"):
        return loopback_web and uri.startswith("http://") and usable(uri, loopback_web=True)
    return usable(uri)


def tell_client(
    database: Database, keyring: KeyRing, event: GrantEnded, *, url: str, loopback_web: bool
) -> None:
    """Tell the client of a grant that it has ended (``sid`` of its id_tokens), if it gave an
    address and did not end it itself. May be run again. Raises LogoutNotHeard when another try
    could help; a refusal of the client's own is noted and left."""
    if event.reason in ITS_OWN_DOING:
        return
    with database.reads() as connection:
        client = identity.active_client(connection, event.client_id)
    if client is None or client.logout_uri is None:
        return
    token = Issuer(keyring, url, frozenset()).issue_logout_token(
        client_id=client.id,
        subject=identity.subject_of(keyring, client.sector, event.person_id),
        grant_id=event.grant_id,
        now=database.clock(),
    )
    from . import logout_gateway  # late: only the worker speaks with partners

    def allowed(address: Address) -> bool:
        return is_public(address) or (loopback_web and address.is_loopback)

    try:
        logout_gateway.post(client.logout_uri, token, allowed=allowed)
    except logout_gateway.NotTaken as refusal:
        log.warning("logout not taken", client=client.id, why=str(refusal), again=refusal.again)
        if refusal.again:
            raise LogoutNotHeard(client.id) from refusal
