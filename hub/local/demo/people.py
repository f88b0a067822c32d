"""Sample people of the demo city. All are invented, their addresses lead nowhere, and both say so.

Some are in the simulated population register too, so that their names can be verified: with numbers
whose check digits hold and that nobody is given (province 00, issuer UTO).

Telephone numbers are from ranges that are reserved for fiction (North America 555-01xx, Australia
0491 570 xxx), mail addresses from example.org (RFC 2606).
"""

import json
import os
import secrets
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from hub import identity
from hub.databank import register_simulator
from hub.databank.register_simulator import InventedEntitlement
from hub.identity import DocumentKind, population_simulator
from hub.identity.population_simulator import Invented
from hub.identity.stdnum_gateway import check_digit
from hub.kernel.db import Database
from hub.kernel.work import SYSTEM, Work
from hub.keys import KeyRing


@dataclass(frozen=True, slots=True)
class Sample:
    """An invented citizen and the addresses they sign in with."""

    display_name: str
    language: str
    email: str
    phone: str | None = None
    resident: Invented | None = None

    def addresses(self) -> list[identity.Address]:
        found = [identity.parse("email", self.email)]
        return [*found, identity.parse("sms", self.phone)] if self.phone else found


def invented_number(born_on: date, sequence: int, *, place: str = "000101") -> str:
    """A resident's number with a right check digit, of a place that does not exist."""
    digits = f"{place}{born_on:%Y%m%d}{sequence:03d}"
    return digits + check_digit(digits)


def _resident(reference: str, name: str, sex: Any, born_on: date, district: str) -> Invented:
    sequence = 101 if sex == "male" else 102  # odd for men, even for women (GB 11643)
    number = invented_number(born_on, sequence)
    card = identity.Document(DocumentKind.RESIDENT_CARD, "CHN", number, born_on)
    return Invented(
        reference=reference,
        name=name,
        sex=sex,
        born_on=born_on,
        district=district,
        documents=((card, "current"),),
    )


def _foreigner(reference: str, name: str, sex: Any, born_on: date, number: str) -> Invented:
    passport = identity.Document(DocumentKind.PASSPORT, "UTO", number, born_on)
    found = _resident(reference, name, sex, born_on, "Nangang")
    return replace(found, documents=((passport, "current"),))


SAMPLES = (
    Sample(
        "李伟（虚构）",
        "zh-CN",
        "li.wei@example.org",
        "+61491570006",
        _resident("SYN-0001", "李伟", "male", date(1990, 5, 17), "Daoli"),
    ),
    Sample(
        "王芳（虚构）",
        "zh-CN",
        "wang.fang@example.org",
        resident=_resident("SYN-0002", "王芳", "female", date(1954, 3, 2), "Xiangfang"),
    ),
    Sample(
        "Анна Петрова (вымышленная)",
        "ru",
        "anna.petrova@example.org",
        "+16135550143",
        _foreigner("SYN-0003", "ANNA PETROVA", "female", date(2004, 9, 1), "X0000001"),
    ),
    Sample(
        "Alex Morgan (synthetic)",
        "en",
        "alex.morgan@example.org",
        "+12025550143",
        _foreigner("SYN-0004", "ALEX MORGAN", "male", date(1985, 12, 30), "X0000002"),
    ),
)


ENTITLED = (
    InventedEntitlement(
        person="SYN-0002",
        kind="senior",
        state="granted",
        issuer="Office for the elderly (invented)",
        evidence="Certificate SYN-S-2",
        valid_from=date(2019, 3, 2),
    ),
    InventedEntitlement(
        person="SYN-0003",
        kind="student",
        state="granted",
        issuer="Institute of examples (invented)",
        evidence="Certificate SYN-T-3",
        valid_from=date(2026, 9, 1),
        valid_until=date(2030, 6, 30),
    ),
    InventedEntitlement(
        person="SYN-0001",
        kind="carer",
        state="refused",
        issuer="Office of care (invented)",
        evidence="Application SYN-C-1",
        reason="No certificate of care was enclosed. (invented)",
    ),
)


def settle(work: Work, keyring: KeyRing) -> int:
    """Make sure that the sample people live here; how many moved in. Twice is harmless."""
    residents = [sample.resident for sample in SAMPLES if sample.resident is not None]
    population_simulator.settle(work, residents)
    register_simulator.settle(work, ENTITLED)
    joined = [
        identity.join(
            work,
            keyring,
            sample.addresses(),
            language=sample.language,
            display_name=sample.display_name,
            synthetic=True,
        )
        for sample in SAMPLES
    ]
    return sum(person is not None for person in joined)


KEYS = Path("demo") / "keys.json"
"""Where, under HUB_HOME, the demo keeps the password and the authenticator's secret of EQUIPPED."""

EQUIPPED = SAMPLES[1]
"""The invented citizen who also has a password and an authenticator app."""


def keys_at(path: Path) -> dict[str, str]:
    """Password and TOTP secret of EQUIPPED: made up once for this hub, readable by its owner."""
    if not path.exists():
        made = {"password": secrets.token_urlsafe(18), "totp_secret": _base32()}
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(made, file)
    found: dict[str, str] = json.loads(path.read_text())
    return found


def equip(database: Database, keyring: KeyRing, keys: dict[str, str]) -> bool:
    """Give EQUIPPED what ``keys`` says; whether anything was done. Twice is harmless."""
    chosen = identity.hashed(keys["password"])
    return database.run(
        lambda work: identity.equip(
            work,
            keyring,
            identity.parse("email", EQUIPPED.email),
            chosen=chosen,
            totp_secret=keys["totp_secret"],
        ),
        SYSTEM,
    )


def _base32() -> str:
    import pyotp

    return pyotp.random_base32(32)


def credentials(url: str, keys: dict[str, str] | None = None) -> dict[str, Any]:
    """Who can be signed in as, and how to obtain a code; in the shape that programs read. ``keys``
    are those of EQUIPPED."""
    return {
        "synthetic": True,
        "people": [
            {
                "name": sample.display_name,
                "language": sample.language,
                "email": sample.email,
                **({"phone": sample.phone} if sample.phone else {}),
                **(keys if keys and sample is EQUIPPED else {}),
                **({"document": _document(sample.resident)} if sample.resident else {}),
                "synthetic": True,
            }
            for sample in SAMPLES
        ],
        "sign_in_page": f"{url}/sign-in",
        "real_name": {
            "page": f"{url}/me/real-name",
            "hand_in": {"method": "POST", "url": f"{url}/v1/me/real-name"},
        },
        "codes": {
            "ask": {
                "method": "POST",
                "url": f"{url}/v1/sign-in/codes",
                "headers": {"Idempotency-Key": "<a fresh value>"},
                "body": {"channel": "email", "address": SAMPLES[0].email},
            },
            "read": {"page": f"{url}/demo/messages", "json": f"{url}/demo/messages.json"},
            "enter": {"method": "POST", "url": f"{url}/v1/sign-in/tokens"},
        },
        "passwords": {
            "enter": {"method": "POST", "url": f"{url}/v1/sign-in/passwords"},
            "second_factor": {"method": "POST", "url": f"{url}/v1/sign-in/second-factors"},
            "totp": {"algorithm": "SHA1", "digits": 6, "period_seconds": 30},
        },
    }


def _document(resident: Invented) -> dict[str, str]:
    document = resident.documents[0][0]
    return {
        "kind": document.kind.value,
        "issuing_state": document.issuing_state,
        "number": document.number,
        "name": resident.name,
    }


def told(found: dict[str, Any]) -> str:
    """The same for people who read."""
    lines = ["Sample people, all invented:"]
    for person in found["people"]:
        addresses = ", ".join(person[kind] for kind in ("email", "phone") if kind in person)
        lines.append(f"  {person['name']}  {addresses}")
        if "password" in person:
            lines.append(
                f"    password {person['password']}  authenticator {person['totp_secret']}"
            )
        if document := person.get("document"):
            kind = document["kind"].replace("_", " ")
            lines.append(f"    {kind} {document['number']}, {document['name']}")
    lines += [
        f"Sign in at {found['sign_in_page']} with one of these addresses,",
        f"then read the code at {found['codes']['read']['page']} (only on this machine).",
    ]
    return "\n".join(lines)
