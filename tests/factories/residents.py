"""Invented people in the simulated population register, each with a number that no test shares."""

import itertools
import os
from datetime import date

from hub.databank import register_simulator
from hub.databank.register_simulator import InventedEntitlement
from hub.identity import DocumentKind, population_simulator
from hub.identity.documents import Document
from hub.identity.population_simulator import Invented
from hub.kernel.work import SYSTEM
from hub.local.demo.people import invented_number

_next = itertools.count(1)


def number(born_on=date(1990, 5, 17)):
    """A resident's number with a right check digit, of a place that does not exist."""
    count = next(_next)
    return invented_number(born_on, count % 1000, place=f"00{9000 + count // 1000:04d}")


def resident(db, name="张三", *, born_on=date(1990, 5, 17), state="current", more=()):
    """Somebody whom the simulated register knows; ``more`` are further documents of theirs."""
    count = next(_next)
    card = Document(DocumentKind.RESIDENT_CARD, "CHN", number(born_on), born_on)
    found = Invented(
        reference=f"TEST-{os.getpid()}-{count}",
        name=name,
        sex="female",
        born_on=born_on,
        district="Nangang",
        documents=[(card, state), *((document, "current") for document in more)],
    )
    db.run(lambda work: population_simulator.settle(work, [found]), SYSTEM)
    return found


def passport():
    """A passport of Utopia that no test shares."""
    return Document(DocumentKind.PASSPORT, "UTO", f"T{next(_next):07d}")


def card_of(found):
    """The body of a request that hands in the person's first document."""
    document = found.documents[0][0]
    return {
        "kind": document.kind.value,
        "issuing_state": document.issuing_state,
        "number": document.number,
        "name": found.name,
        "sensitive_consent": True,
    }


def say(db, found, kind, state="granted", **more):
    """Let the simulated register of entitlements say this of somebody from now on."""
    entitlement = InventedEntitlement(
        person=found.reference,
        kind=kind,
        state=state,
        **{"issuer": "Office of examples (invented)", "evidence": "SYN-77", **more},
    )
    db.run(lambda work: register_simulator.settle(work, [entitlement]), SYSTEM)
