"""Ready answers: bytes that exist before they are asked for leave before Flask is asked.

Routing, contexts and hooks cost more than twice what handing out a stop board does. So a sector may
declare for a public route how to find its ready body; a plain GET of it (no query, no unusual id)
is answered here, inside the edge, with the headers and the 304 of the view. Everything else goes
on to the view, which can answer all of it and stays the description; a test holds both equal.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from hub.kernel.errors import Refusal
from hub.parts import Parts

from .bodies import JSON, cache_control

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


_PLAIN = re.compile(r'|(W/)?"[^",]*"')
"""No If-None-Match, or one ETag (a packed answer's is weak); the view reads lists and the star."""


class Body(NamedTuple):
    """An encoded answer and what its strong ETag says between the quotes."""

    body: bytes
    etag: str


@dataclass(frozen=True, kw_only=True)
class Ready:
    """A public GET route with one id in it, such as ``/v1/transit/stops/<path:stop_id>/arrivals``,
    and where its body is found. None leaves the request to the view."""

    rule: str
    find: Callable[[Parts, str], Body | None]


@dataclass(frozen=True, kw_only=True)
class Unchanged:
    """Public GET routes below an address whose ETag follows from the address alone, such as reads
    of a timetable's version: whoever sends it back gets 304 here. ``etag`` is told the address with
    its query as werkzeug's ``full_path`` has it."""

    below: str
    etag: Callable[[Parts, str], str]
    max_age: int


class Front:
    """Answers from ready bodies, or hands the request on."""

    def __init__(
        self,
        inner: "WSGIApplication",
        parts: Parts,
        ready: Sequence[Ready | Unchanged],
        waits: Callable[[str], float],
    ) -> None:
        """``waits`` gives the seconds that a client must wait; whoever must is left to the view."""
        self._inner, self._parts, self._waits = inner, parts, waits
        self._routes = [
            (one.rule.partition("<")[0], one.rule.rpartition(">")[2], one)
            for one in ready
            if isinstance(one, Ready)
        ]
        self._unchanged = [one for one in ready if isinstance(one, Unchanged)]
        self._max_age = cache_control()

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] != "GET":
            return self._inner(environ, start_response)
        found = self._found(environ)
        if found is None:
            if (headers := self._known(environ)) is not None:
                start_response("304 NOT MODIFIED", headers)
                return ()
            return self._inner(environ, start_response)
        quoted = f'"{found.etag}"'
        headers = [("ETag", quoted), ("Cache-Control", self._max_age)]
        if environ.get("HTTP_IF_NONE_MATCH", "").removeprefix("W/") == quoted:
            start_response("304 NOT MODIFIED", headers)
            return ()
        headers += [("Content-Type", JSON), ("Content-Length", str(len(found.body)))]
        start_response("200 OK", headers)
        return (found.body,)

    def _found(self, environ: "WSGIEnvironment") -> Body | None:
        if environ.get("QUERY_STRING"):
            return None
        if not _PLAIN.fullmatch(environ.get("HTTP_IF_NONE_MATCH", "")):
            return None
        path: str = environ["PATH_INFO"]
        for begins, ends, ready in self._routes:
            if path.startswith(begins) and path.endswith(ends):
                subject = path[len(begins) : len(path) - len(ends)]
                found = ready.find(self._parts, subject) if subject.isascii() else None
                if found is None or self._waits(environ.get("REMOTE_ADDR", "unknown")):
                    return None
                environ["hub.rule"] = ready.rule
                return found
        return None

    def _known(self, environ: "WSGIEnvironment") -> list[tuple[str, str]] | None:
        """The headers of a 304, when what was asked for is what the asker has."""
        asked = environ.get("HTTP_IF_NONE_MATCH")
        path: str = environ["PATH_INFO"]
        if asked is None or not path.isascii():
            return None
        for one in self._unchanged:
            if path.startswith(one.below):
                address = f"{path}?{environ.get('QUERY_STRING', '')}"
                try:
                    quoted = f'"{one.etag(self._parts, address)}"'
                except Refusal:
                    return None  # the view says it properly
                if asked.removeprefix("W/") != quoted:
                    return None
                if self._waits(environ.get("REMOTE_ADDR", "unknown")):
                    return None
                environ["hub.rule"] = f"{one.below} unchanged"
                return [("ETag", quoted), ("Cache-Control", cache_control(one.max_age))]
        return None
