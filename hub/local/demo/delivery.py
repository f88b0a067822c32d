"""Hands batches to the hub over HTTP, signed, until the hub has taken each exactly once.

A batch is tried again after a lost connection, an overload or a restart, with waits that double up
to `LONGEST_WAIT` and always under the same Idempotency-Key: whether the first try came through or
not, it counts once.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from random import Random
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from hub.identity import SIGNATURE_HEADER, sign_request
from hub.keys import jwk_of, thumbprint

FIRST_WAIT, LONGEST_WAIT = 0.5, 15.0
AGAIN = frozenset(
    (
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.CONFLICT,
        HTTPStatus.TOO_EARLY,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    )
)
"""Answers after which the same request is worth another try; a fault of the hub (500) is one too.
"""


class Refused(Exception):
    """The hub understood the request and will not have it; trying again would not help."""


@dataclass(frozen=True, slots=True)
class Signer:
    """The source's private key and its id."""

    key: ec.EllipticCurvePrivateKey
    kid: str

    @classmethod
    def read(cls, path: Path) -> "Signer":
        """The key in a PEM file."""
        key = load_pem_private_key(path.read_bytes(), password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise Refused(f"{path} holds no elliptic-curve key.")
        return cls(key, thumbprint(jwk_of(key.public_key())))


@dataclass(slots=True)
class Tally:
    """What the hub answered so far."""

    batches: int = 0
    accepted: int = 0
    duplicates: int = 0
    quarantined: int = 0
    retries: int = 0

    def add(self, receipt: Mapping[str, Any]) -> None:
        self.batches += 1
        self.accepted += receipt.get("accepted", 0)
        self.duplicates += receipt.get("duplicates", 0)
        self.quarantined += receipt.get("quarantined", 0)


@dataclass(slots=True)
class Delivery:
    """One source's way to the hub. `pause` waits so many seconds; it may raise to give up."""

    client: httpx.Client
    signer: Signer
    pause: Callable[[float], None]
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    say: Callable[[str], None] = lambda _: None
    jitter: Random = field(default_factory=Random)
    tally: Tally = field(default_factory=Tally)

    def positions(self, feed: str, positions: list[dict[str, Any]]) -> None:
        """Hand over up to 1,000 positions of a feed."""
        body = json.dumps({"feed": feed, "positions": positions}, separators=(",", ":")).encode()
        answer = self.post("/v1/fleet/positions", body, "application/json")
        self.tally.add(answer.json())

    def realtime(self, feed: str, message: bytes) -> None:
        """Hand over a GTFS-Realtime message of a feed."""
        self.post(f"/v1/fleet/feeds/{feed}/gtfs-realtime", message, "application/x-protobuf")

    def post(self, path: str, body: bytes, kind: str) -> httpx.Response:
        """Send until taken; raises `Refused` when the hub says no."""
        # The same content is the same request, also when a replay is started again.
        key = sha256(f"{self.signer.kid} {path} ".encode() + body).hexdigest()[:40]
        wait = FIRST_WAIT
        troubled = False
        while True:
            try:
                answer = self.client.post(
                    path, content=body, headers=self._headers(path, body, kind, key)
                )
            except httpx.TransportError as error:
                trouble, asked = f"no answer ({type(error).__name__})", 0.0
            else:
                if answer.is_success:
                    if troubled:
                        self.say("The hub takes positions again.")
                    return answer
                if (
                    answer.status_code not in AGAIN
                    and answer.status_code != HTTPStatus.INTERNAL_SERVER_ERROR
                ):
                    raise Refused(f"{path}: {answer.status_code} {said(answer)}")
                trouble, asked = f"{answer.status_code} {said(answer)}", retry_after(answer)
            if not troubled:
                self.say(f"The hub does not take positions: {trouble}. Trying until it does.")
                troubled = True
            self.tally.retries += 1
            self.pause(max(asked, wait * self.jitter.uniform(0.7, 1.3)))
            wait = min(2 * wait, LONGEST_WAIT)

    def _headers(self, path: str, body: bytes, kind: str, key: str) -> dict[str, str]:
        """Signed anew for every try: a signature is good for five minutes, an outage may last
        longer."""
        signature = sign_request(
            self.signer.key, self.signer.kid, body, method="POST", target=path, now=self.clock()
        )
        return {"Content-Type": kind, "Idempotency-Key": key, SIGNATURE_HEADER: signature}


def said(answer: httpx.Response) -> str:
    """The hub's own words, where it has some."""
    try:
        problem = answer.json()
    except ValueError:
        return ""
    return f"{problem.get('title', '')} {problem.get('detail', '')}".strip()


def retry_after(answer: httpx.Response) -> float:
    """Seconds the hub asked to wait."""
    text = answer.headers.get("Retry-After", "")
    return float(text) if text.isdigit() else 0.0
