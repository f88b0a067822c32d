"""Stands in for the offices that keep the registers, in demonstrations only.

It answers the requests of source_gateway.py: from the population simulator's people, and from a
table of entitlements of its own. All of them are invented.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Literal

import msgspec
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from hub.identity import population_simulator
from hub.identity.simulated_office import SimulatedOffice
from hub.kernel.db import Database
from hub.kernel.work import Work

from .simulator_model import Granted
from .source_gateway import Delivery


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


class RegisterSimulator(SimulatedOffice):
    """The offices that answer ``POST /records``."""

    def __init__(self, database: Database, key: str) -> None:
        super().__init__(key, "/records", _Question, self._deliver)
        self._database = database

    def _deliver(self, question: _Question, _key: str) -> Delivery:
        return Delivery(self._database.clock(), self._held(question))

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
