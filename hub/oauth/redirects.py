"""Redirect URIs: which ones may be registered, and which one of a request is one of them.

Comparison is by the letters, exactly (RFC 9700, 4.1.3; OAuth 2.1). The one exception is the port of
a loopback address of an app on the person's own machine, which the system hands out (RFC 8252,
7.3): only ``http``, only ``127.0.0.1`` and ``[::1]``, never ``localhost``, which a name server may
answer.
"""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

LONGEST = 500
_VISIBLE = re.compile(r"[\x21\x23-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7a\x7e]+")  # RFC 3986's letters
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|[0-9a-f:.]+", re.IGNORECASE)
_LOOPBACK = re.compile(r"http://(127\.0\.0\.1|\[::1\])(?::([0-9]{1,5}))?(/[^#]*)?")
_PRIVATE_SCHEME = re.compile(r"[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+")


def usable(uri: str, *, loopback_web: bool = False) -> bool:
    """Whether an app may register this address.

    ``https`` with a host (a name in ASCII, or an address); a private-use scheme with a dot in it,
    which is a domain name turned around (RFC 8252, 7.1); a loopback address. No fragment, no user,
    no ``..``. ``loopback_web`` lets ``http://localhost`` in too, for partners' web apps under
    development (the demonstration only).
    """
    if len(uri) > LONGEST or not _VISIBLE.fullmatch(uri) or "#" in uri:
        return False
    try:
        parts = urlsplit(uri)
        host, port = parts.hostname, parts.port
    except ValueError:
        return False
    if "@" in parts.netloc or any(step in {".", ".."} for step in parts.path.split("/")):
        return False
    if parts.scheme == "https":
        # Host and port go into a policy of ours (form_target): no letter that means anything there.
        return _HOST.fullmatch(host or "") is not None and port != 0
    if parts.scheme == "http":
        return _LOOPBACK.fullmatch(uri) is not None or (loopback_web and host == "localhost")
    return _PRIVATE_SCHEME.fullmatch(parts.scheme) is not None and not uri.startswith(
        f"{parts.scheme}://"
    )


def registered(uri: str, known: Iterable[str]) -> bool:
    """Whether ``uri`` is one of the registered ones."""
    return any(uri == one or _same_but_port(uri, one) for one in known)


def _same_but_port(uri: str, known: str) -> bool:
    ours, theirs = _LOOPBACK.fullmatch(known), _LOOPBACK.fullmatch(uri)
    if ours is None or theirs is None:
        return False
    port = theirs[2]
    if port is not None and not 0 < int(port) < 65536:
        return False
    return (ours[1], ours[3]) == (theirs[1], theirs[3])


def form_target(uri: str) -> str:
    """What ``form-action`` of a page must allow for a form that ends in this redirect."""
    parts = urlsplit(uri)
    if parts.scheme in {"http", "https"}:
        return f"{parts.scheme}://{parts.netloc}"
    return f"{parts.scheme}:"
