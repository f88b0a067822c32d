"""Back-channel logout: whoever ends what an app was allowed, the app's server hears of it."""

import structlog

from hub import identity
from hub.identity import GrantEnded, Issuer
from hub.kernel.db import Database
from hub.kernel.outbound import Address, is_public
from hub.keys import KeyRing

from .redirects import usable

ITS_OWN_DOING = frozenset({"ended_by_client"})

log = structlog.get_logger()


class LogoutNotHeard(Exception):
    """A client's server is away; telling it is tried again."""


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
