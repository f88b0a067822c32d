"""Packing: large public answers go out gzipped to whoever takes that; a map's first look at a
city's buses is a tenth of its size on the way to a telephone.

Only what everybody may see is packed. Compressing a private answer beside something that a stranger
chose tells the stranger about the rest by its length (BREACH).
"""

import gzip
from collections import OrderedDict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

WORTH_IT = 1400
"""Bytes from which on packing saves a network packet."""

_REMEMBERED = 256
_PACKABLE = ("application/json", "application/problem+json", "text/", "application/geo+json")

Headers = list[tuple[str, str]]


class Packing:
    """A WSGI layer. Bodies that have an ETag are packed once and remembered for a while."""

    def __init__(self, inner: "WSGIApplication") -> None:
        self._inner = inner
        self._packed: OrderedDict[tuple[str, ...], bytes] = OrderedDict()

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] != "GET":
            return self._inner(environ, start_response)
        begun: list[Any] = []

        def begin(status: str, headers: Headers, exc_info: Any = None) -> Any:
            begun[:] = [status, headers]
            if _packable(status, headers):
                headers.append(("Vary", "Accept-Encoding"))
                if takes_gzip(environ.get("HTTP_ACCEPT_ENCODING", "")):
                    return None
            begun.clear()
            return start_response(status, headers, exc_info)

        body = self._inner(environ, begin)
        if not begun:
            return body
        status, headers = begun
        packed = self._pack(environ, headers, body)
        start_response(status, _packed_headers(headers, len(packed)))
        return (packed,)

    def _pack(self, environ: "WSGIEnvironment", headers: Headers, body: Iterable[bytes]) -> bytes:
        try:
            etag = dict(headers).get("ETag")
            key = (environ["PATH_INFO"], environ.get("QUERY_STRING", ""), etag or "")
            packed = self._packed.get(key) if etag else None
            if packed is None:
                packed = gzip.compress(b"".join(body), 5, mtime=0)
                if etag:
                    self._remember(key, packed)
            return packed
        finally:
            if hasattr(body, "close"):
                body.close()

    def _remember(self, key: tuple[str, ...], packed: bytes) -> None:
        self._packed[key] = packed
        try:
            while len(self._packed) > _REMEMBERED:
                self._packed.popitem(last=False)
        except KeyError:
            pass  # another thread was quicker


def _packable(status: str, headers: Headers) -> bool:
    # Nearly all answers are small: no header of theirs is written in small letters first.
    if not any(name == "Content-Length" and int(value) >= WORTH_IT for name, value in headers):
        return False
    found = {name.lower(): value for name, value in headers}
    return (
        status.startswith("200")
        and "content-encoding" not in found
        and found.get("cache-control", "").startswith("public")
        and found.get("content-type", "").startswith(_PACKABLE)
    )


def takes_gzip(accept_encoding: str) -> bool:
    """Whether whoever sent this header takes gzip (RFC 9110, 12.5.3)."""
    return "gzip" in accept_encoding and parse_accept_header(accept_encoding, Accept)["gzip"] > 0


def _packed_headers(headers: Headers, length: int) -> Headers:
    """The same answer in other bytes: its strong ETag becomes a weak one (RFC 9110, 8.8.1)."""
    kept: Headers = []
    for name, value in headers:
        if name == "ETag" and value.startswith('"'):
            kept.append((name, f"W/{value}"))
        elif name != "Content-Length":
            kept.append((name, value))
    return [*kept, ("Content-Length", str(length)), ("Content-Encoding", "gzip")]
