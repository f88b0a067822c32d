"""Stands in for the population register of a demonstration.

It answers the requests of hub/identity/population_gateway.py from tables of its own, so that the
real adapter with its real HTTP requests is what a demonstration runs. Its people are invented and
their numbers are from ranges that nobody is given: province 00, nationality 000, issuer UTO.
"""

import hashlib
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import msgspec
from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from hub.kernel.db import Database
from hub.kernel.work import Work

from .documents import Document
from .population_gateway import Answer
from .population_model import IssuedDocument, Resident
from .simulated_office import SimulatedOffice

ADDRESS = "http://population.invalid"  # RFC 2606: no such host, and none is looked for


@dataclass(frozen=True, kw_only=True)
class Invented:
    """A person of the simulated register and their documents, each with its state there."""

    reference: str
    name: str
    sex: Literal["female", "male"]
    born_on: date
    district: str
    documents: Sequence[tuple[Document, Literal["current", "expired", "lost"]]]
    latin_name: str | None = None


class _Question(msgspec.Struct):
    kind: str
    issuing_state: str
    number: str
    name: str


class PopulationSimulator(SimulatedOffice):
    """The office that answers ``POST /verifications``."""

    def __init__(self, database: Database, key: str) -> None:
        super().__init__(key, "/verifications", _Question, self._check)
        self._database = database

    def _check(self, question: _Question, key: str) -> Answer:
        reference = _reference(key, question)
        with self._database.reads() as connection:
            found = connection.execute(
                select(
                    IssuedDocument.state,
                    Resident.reference,
                    Resident.name,
                    Resident.latin_name,
                    Resident.born_on,
                )
                .join(Resident, Resident.reference == IssuedDocument.reference)
                .where(
                    IssuedDocument.kind == question.kind,
                    IssuedDocument.issuing_state == question.issuing_state,
                    IssuedDocument.number == question.number,
                )
            ).one_or_none()
        if found is None or not _same_name(question.name, (found.name, found.latin_name)):
            return Answer("no_match", reference)
        if found.state != "current":
            return Answer("not_current", reference)
        return Answer("match", reference, found.reference, found.born_on)


def settle(work: Work, people: Iterable[Invented]) -> None:
    """Make sure that these people are in the simulated register. Twice is harmless."""
    for person in people:
        work.session.execute(
            insert(Resident)
            .values(
                reference=person.reference,
                name=person.name,
                latin_name=person.latin_name,
                sex=person.sex,
                born_on=person.born_on,
                district=person.district,
            )
            .on_conflict_do_nothing()
        )
        for document, state in person.documents:
            work.session.execute(
                insert(IssuedDocument)
                .values(
                    kind=document.kind.value,
                    issuing_state=document.issuing_state,
                    number=document.number,
                    reference=person.reference,
                    state=state,
                )
                .on_conflict_do_nothing()
            )


def _reference(key: str, question: _Question) -> str:
    """The same question under the same key has the same reference, as in a register that knows
    idempotency keys."""
    said = key.encode() + b"|" + msgspec.json.encode(question)
    return "SIM-" + hashlib.sha256(said).hexdigest()[:16].upper()


def _same_name(asked: str, printed: tuple[str, str | None]) -> bool:
    return any(name is not None and _folded(asked) == _folded(name) for name in printed)


def _folded(name: str) -> list[str]:
    """Words without accents and case, in any order: machine-readable lines turn names around."""
    parts = unicodedata.normalize("NFD", name.casefold()).replace(",", " ").split()
    return sorted("".join(c for c in part if not unicodedata.combining(c)) for part in parts)


def resident(connection: Connection, reference: str) -> dict[str, str] | None:
    """What the simulated register holds about one person, as the hub's databank takes it in."""
    found = connection.execute(
        select(
            Resident.name,
            Resident.sex,
            Resident.born_on,
            Resident.district,
            IssuedDocument.number,
        )
        .join(IssuedDocument, IssuedDocument.reference == Resident.reference)
        .where(Resident.reference == reference, IssuedDocument.state == "current")
        .order_by(IssuedDocument.kind.desc())
        .limit(1)
    ).one_or_none()
    if found is None:
        return None
    return {
        "name": found.name,
        "document": found.number,
        "born_on": found.born_on.isoformat(),
        "sex": found.sex,
        "district": found.district,
    }
