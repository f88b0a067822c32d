"""How a client proves itself: in one way, and in the one that it registered (RFC 6749, 2.3)."""

import base64
import binascii
from urllib.parse import unquote_plus

from hub.identity import Client
from hub.kernel.work import Work

from . import assertions
from .asked import Asked
from .authority import Authority
from .errors import InvalidRequest


def check_one_way(asked: Asked) -> None:
    """Refuse a client that proves itself in more than one way."""
    ways = ("client_secret" in asked.values) + ("client_assertion" in asked.values)
    if ways + ("authorization" in asked.headers) > 1:
        raise InvalidRequest(said="The client proves itself in more than one way.")


def by_basic(authority: Authority, asked: Asked) -> Client | None:
    """The client of HTTP Basic as RFC 6749, 2.3.1 writes it, if the secret is its own."""
    scheme, _, encoded = asked.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        plain = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    name, colon, secret = plain.partition(":")
    name, secret = unquote_plus(name), unquote_plus(secret)
    if not colon or asked.values.get("client_id", name) != name:
        return None
    client = authority.clients.find(name)
    return client if client is not None and client.knows_secret(secret) else None


def by_key(work: Work, authority: Authority, asked: Asked) -> Client | None:
    """The client that signed an assertion (``private_key_jwt``); one that is not good is refused
    with InvalidClient."""
    assertion = asked.get("client_assertion")
    if assertion is None or asked.get("client_assertion_type") != assertions.TYPE:
        return None
    client = authority.clients.find(assertions.claimed(assertion) or "")
    if client is None or client.auth_method != "private_key_jwt":
        return None
    if asked.values.get("client_id", client.id) != client.id:
        return None
    # RFC 9126, 2: a library that says the token endpoint everywhere proves as much.
    meant = frozenset({authority.url, f"{authority.url}/oauth/token", asked.url})
    assertions.check(work, client, assertion, meant)
    return client
