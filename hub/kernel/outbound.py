"""The guard in front of every connection to an address that somebody else chose.

A name is resolved once, and the connection goes to exactly the address that was looked at: a name
that resolves differently a moment later gains nothing (OWASP, Server Side Request Forgery).
"""

import ipaddress
import socket
from collections.abc import Callable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_TRANSLATED = tuple(
    ipaddress.ip_network(network) for network in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16")
)
"""Addresses that stand for an IPv4 address (RFC 6052, RFC 8215, RFC 3056), which may be any."""


class NoWay(Exception):
    """There is no address that the hub may connect to; the text says why, without the name."""


class NameNotFound(NoWay):
    """Nobody knows the name now."""


def is_public(address: Address) -> bool:
    """Whether an address is one host of the public internet (RFC 6890)."""
    if address.is_multicast or not address.is_global:
        return False
    return not any(address in network for network in _TRANSLATED)


def resolve(host: str, port: int | None, *, allowed: Callable[[Address], bool] = is_public) -> str:
    """The first allowed address of a host; refuses with NoWay. ``host`` is in ASCII:
    the interpreter writes international names in another way than addresses do."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NameNotFound("name not found") from error
    addresses = [ipaddress.ip_address(str(entry[4][0])) for entry in found]
    usable = [one for one in addresses if allowed(one)]
    if not usable:
        raise NoWay("address in a special-use network")
    return str(usable[0])
