"""Sample people of the demo city. All are invented, their addresses lead nowhere, and both say so.

Telephone numbers are from ranges that are reserved for fiction (North America 555-01xx, Australia
0491 570 xxx), mail addresses from example.org (RFC 2606).
"""

from dataclasses import dataclass
from typing import Any

from hub import identity
from hub.kernel.work import Work
from hub.keys import KeyRing


@dataclass(frozen=True, slots=True)
class Sample:
    """An invented citizen and the addresses they sign in with."""

    display_name: str
    language: str
    email: str
    phone: str | None = None

    def addresses(self) -> list[identity.Address]:
        found = [identity.parse("email", self.email)]
        return [*found, identity.parse("sms", self.phone)] if self.phone else found


SAMPLES = (
    Sample("李伟（虚构）", "zh-CN", "li.wei@example.org", "+61491570006"),
    Sample("王芳（虚构）", "zh-CN", "wang.fang@example.org"),
    Sample("Анна Петрова (вымышленная)", "ru", "anna.petrova@example.org", "+16135550143"),
    Sample("Alex Morgan (synthetic)", "en", "alex.morgan@example.org", "+12025550143"),
)


def settle(work: Work, keyring: KeyRing) -> int:
    """Make sure that the sample people live here; how many moved in. Twice is harmless."""
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


def credentials(url: str) -> dict[str, Any]:
    """Who can be signed in as, and how to obtain a code; in the shape that programs read."""
    return {
        "synthetic": True,
        "people": [
            {
                "name": sample.display_name,
                "language": sample.language,
                "email": sample.email,
                **({"phone": sample.phone} if sample.phone else {}),
                "synthetic": True,
            }
            for sample in SAMPLES
        ],
        "sign_in_page": f"{url}/sign-in",
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
    }


def told(found: dict[str, Any]) -> str:
    """The same for people who read."""
    lines = ["Sample people, all invented:"]
    for person in found["people"]:
        addresses = ", ".join(person[kind] for kind in ("email", "phone") if kind in person)
        lines.append(f"  {person['name']}  {addresses}")
    lines += [
        f"Sign in at {found['sign_in_page']} with one of these addresses,",
        f"then read the code at {found['codes']['read']['page']} (only on this machine).",
    ]
    return "\n".join(lines)
