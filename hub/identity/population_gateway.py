"""Asks the population register whether a name and a document belong together.

``POST <HUB_POPULATION_URL>/verifications`` with a bearer key and an ``Idempotency-Key``, the same
for every attempt at one document:

    {"kind": "resident_card", "issuing_state": "CHN", "number": "...", "name": "..."}

and in answer ``{"outcome": "match" | "no_match" | "not_current", "reference": "...", "person":
"...", "born_on": "1990-05-17"}``; ``person`` is the register's own word for them and comes only
with a match. Number and name travel in the body alone, never in an address that is logged.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar

import msgspec

if TYPE_CHECKING:
    import httpx

CONNECT_SECONDS, READ_SECONDS = 3.0, 10.0
MOST_BYTES = 64 * 1024

T = TypeVar("T")
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class RegisterAway(Exception):
    """The register did not answer, or nothing that can be understood; ask again later."""


@dataclass(frozen=True, repr=False)
class Inquiry:
    """A document and the name on it. Shown nowhere: it has no repr."""

    key: str
    kind: str
    issuing_state: str
    number: str
    name: str


class Answer(msgspec.Struct, frozen=True):
    """What the register says. ``person`` and ``born_on`` come with a match."""

    outcome: Literal["match", "no_match", "not_current"]
    reference: str
    person: str | None = None
    born_on: date | None = None


class Population(Protocol):
    """A register of people; raises RegisterAway."""

    def check(self, inquiry: Inquiry) -> Answer:
        """Whether name and document belong together."""


class PopulationGateway:
    """Speaks HTTP to the register; redirects are not followed. With ``inside`` the register is a
    WSGI application in this process: the demonstration's simulator behind the same adapter."""

    def __init__(self, url: str, key: str, *, inside: Wsgi | None = None) -> None:
        self._url = url.rstrip("/")
        self._key = key
        self._inside = inside
        self._http: httpx.Client | None = None

    def check(self, inquiry: Inquiry) -> Answer:
        """Ask; the same ``inquiry.key`` gets the same answer and reference."""
        body = {
            "kind": inquiry.kind,
            "issuing_state": inquiry.issuing_state,
            "number": inquiry.number,
            "name": inquiry.name,
        }
        return self.asked("POST", "/verifications", Answer, body=body, key=inquiry.key)

    def asked(
        self,
        method: str,
        path: str,
        kind: type[T],
        *,
        body: dict[str, str],
        key: str | None = None,
    ) -> T:
        """The register's answer to one request, read as ``kind``."""
        import httpx

        headers = {"Authorization": f"Bearer {self._key}"}
        if key is not None:
            headers["Idempotency-Key"] = key
        try:
            answer = self._client().request(method, self._url + path, json=body, headers=headers)
        except httpx.HTTPError as error:
            raise RegisterAway(type(error).__name__) from None
        if answer.status_code != httpx.codes.OK or len(answer.content) > MOST_BYTES:
            raise RegisterAway(f"status {answer.status_code}")
        try:
            return msgspec.json.decode(answer.content, type=kind)
        except msgspec.DecodeError:
            raise RegisterAway("unreadable") from None

    def close(self) -> None:
        """Close the connection that is kept open between questions."""
        if self._http is not None:
            self._http.close()
            self._http = None

    def _client(self) -> "httpx.Client":
        import httpx

        if self._http is None:
            self._http = httpx.Client(
                timeout=httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
                follow_redirects=False,
                trust_env=False,
                transport=httpx.WSGITransport(self._inside) if self._inside else None,
            )
        return self._http
