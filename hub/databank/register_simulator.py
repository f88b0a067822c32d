"""Stands in for the offices that keep the registers: a small WSGI application, demonstrations only.

It answers the requests of source_gateway.py: from the population simulator's people, and from a
table of entitlements of its own. All of them are invented.
"""

import hmac
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Literal

import msgspec
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from hub.identity import population_simulator
from hub.kernel.db import Database
from hub.kernel.work import Work

from .simulator_model import Granted
from .source_gateway import Delivery

_MOST_BYTES = 64 * 1024


@dataclass(frozen=True, kw_only=True)
class InventedEntitlement:
    """What an office says of an invented person, by the population register's word for them."""

    person: str
    kind: Literal["student", "senior", "disabled", "carer"]
    state: Literal["granted", "refused", "ended"]
    issuer: str
    evidence: str
    valid_from: date | None = None
    valid_until: date | None = None
    reason: str | None = None


class _Question(msgspec.Struct):
    register: str
    person: str


class RegisterSimulator:
    """``POST /records`` for whoever has the key; everything else is 404."""

    def __init__(self, database: Database, key: str) -> None:
        self._database = database
        self._expected = f"Bearer {key}"

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
        if (environ["REQUEST_METHOD"], environ["PATH_INFO"]) != ("POST", "/records"):
            return "404 Not Found", {"error": "address"}
        try:
            length = min(int(environ.get("CONTENT_LENGTH") or 0), _MOST_BYTES)
            question = msgspec.json.decode(environ["wsgi.input"].read(length), type=_Question)
        except msgspec.DecodeError:
            return "400 Bad Request", {"error": "body"}
        return "200 OK", Delivery(self._database.clock(), self._held(question))

    def _held(self, question: _Question) -> dict[str, dict[str, Any]]:
        with self._database.reads() as connection:
            if question.register == "population":
                found = population_simulator.resident(connection, question.person)
                return {} if found is None else {"person": found}
            rows = connection.execute(
                select(Granted.__table__).where(Granted.person == question.person)
            )
            return {
                row.kind: {
                    name: value.isoformat() if isinstance(value, date) else value
                    for name, value in row._mapping.items()
                    if name != "person" and value is not None
                }
                for row in rows
            }


def settle(work: Work, entitlements: Iterable[InventedEntitlement]) -> None:
    """Make sure that the simulated register says this, and nothing else of the same kind."""
    for entitlement in entitlements:
        values = asdict(entitlement)
        work.session.execute(
            insert(Granted)
            .values(values)
            .on_conflict_do_update(index_elements=["person", "kind"], set_=values)
        )
