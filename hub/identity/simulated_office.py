"""An office that a demonstration stands in for: a small WSGI application with one question.

The population register here and the registers of hub/databank are such offices; the real adapters
ask them by real HTTP requests (population_gateway.py).
"""

import hmac
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

_MOST_BYTES = 64 * 1024


class SimulatedOffice:
    """``POST <path>`` for whoever has the key; everything else is 404.

    ``answer`` gets the question, read as ``kind``, and the request's Idempotency-Key.
    """

    def __init__(
        self, key: str, path: str, kind: type[Any], answer: Callable[[Any, str], Any]
    ) -> None:
        self._expected = f"Bearer {key}"
        self._asked = ("POST", path)
        self._kind = kind
        self._answer = answer

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """One request (PEP 3333)."""
        status, answer = self._answered(environ)
        start_response(status, [("Content-Type", "application/json")])
        return [msgspec.json.encode(answer)]

    def _answered(self, environ: dict[str, Any]) -> tuple[str, Any]:
        given = environ.get("HTTP_AUTHORIZATION", "")
        if not hmac.compare_digest(given.encode(), self._expected.encode()):
            return "401 Unauthorized", {"error": "key"}
        if (environ["REQUEST_METHOD"], environ["PATH_INFO"]) != self._asked:
            return "404 Not Found", {"error": "address"}
        try:
            length = min(int(environ.get("CONTENT_LENGTH") or 0), _MOST_BYTES)
            question = msgspec.json.decode(environ["wsgi.input"].read(length), type=self._kind)
        except msgspec.DecodeError:
            return "400 Bad Request", {"error": "body"}
        return "200 OK", self._answer(question, environ.get("HTTP_IDEMPOTENCY_KEY", ""))
