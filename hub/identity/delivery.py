"""The lane on which codes travel: their own table, their own loop, nothing else in front of them.

A delivery is claimed in one transaction, sent while no transaction is open, and finished in a
second one that erases code and address. A crash between sending and finishing sends the same code
once more, under the same key, when the claim lapses after a minute; it is never lost. A code that
was handed over cannot be sent again by anybody: its only readable copy is gone.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol
from uuid import UUID

import structlog
from sqlalchemy import select, update

from hub.kernel import ids
from hub.kernel.db import Database
from hub.kernel.work import SYSTEM, Work
from hub.keys import KeyRing, Unreadable

from .addresses import Channel
from .model import CodeDelivery
from .signing_in import DELIVERY

_CHANNELS: dict[str, Channel] = {"sms": "sms", "email": "email", "voice": "voice"}
AT_ONCE = 8
ATTEMPTS = 4
CLAIM = timedelta(seconds=60)  # longer than any gateway's timeouts together
PAUSES = (timedelta(seconds=2), timedelta(seconds=8), timedelta(seconds=30))
FAILURES_BEFORE_REST = 5
REST = timedelta(seconds=15)

log = structlog.get_logger()


class SendingFailed(Exception):
    """The provider did not take a message; ``final`` when it never will."""

    def __init__(self, *, final: bool) -> None:
        super().__init__("final" if final else "for the moment")
        self.final = final


@dataclass(frozen=True, repr=False)
class Parcel:
    """A code or a notice to be brought to somebody. Shown nowhere: it has no repr."""

    id: UUID
    channel: Channel
    language: str
    address: str
    code: str
    expires_at: datetime
    kind: str = "code"

    @property
    def values(self) -> dict[str, str]:
        """What a notice speaks of."""
        found: dict[str, str] = json.loads(self.code)
        return found


@dataclass(frozen=True, repr=False)
class Message:
    """What the person reads, or hears; only e-mail has a subject."""

    subject: str
    text: str
    language: str = "en"


class Gateway(Protocol):
    """Hands one message to a provider; raises SendingFailed. ``key`` is the same for every attempt
    at one delivery, for providers that refuse duplicates."""

    def send(self, address: str, message: Message, *, key: str) -> None:
        """Return when the provider has taken the message."""


Outcome = Literal["sent", "again", "given_up"]


class Dispatch:
    """Sends what is due, a few at a time; one per worker process.

    A provider that fails five times in a row is left alone for fifteen seconds.
    """

    def __init__(
        self,
        database: Database,
        keyring: KeyRing,
        gateways: Mapping[Channel, Gateway],
        write: Callable[[Parcel], Message],
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._gateways = gateways
        self._write = write
        self._failures: dict[Channel, int] = {}
        self._rests_until: dict[Channel, datetime] = {}
        self._tried: list[tuple[Parcel, Outcome]] = []

    def turn(self) -> bool:
        """Send one batch; whether there may be more to do at once."""
        # While the database was away nothing could be noted: without this it would be sent again.
        self._finish_tried()
        parcels = self._database.run(self._claim, SYSTEM)
        if not parcels:
            return False
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="codes") as pool:
            self._tried = list(zip(parcels, pool.map(self._send, parcels), strict=True))
        self._finish_tried()
        return len(parcels) == AT_ONCE

    def _finish_tried(self) -> None:
        if self._tried:
            self._database.run(lambda work: _finish(work, self._tried), SYSTEM)
            self._tried = []

    def _claim(self, work: Work) -> list[Parcel]:
        _give_up_expired(work)
        due = (
            select(CodeDelivery.id)
            .where(
                CodeDelivery.state == "waiting",
                CodeDelivery.due_at <= work.now,
                CodeDelivery.channel.in_(self._awake(work.now)),
            )
            .order_by(CodeDelivery.due_at)
            .limit(AT_ONCE)
            .with_for_update(skip_locked=True)
        )
        rows = work.session.execute(
            update(CodeDelivery)
            .where(CodeDelivery.id.in_(due.scalar_subquery()))
            .values(attempts=CodeDelivery.attempts + 1, due_at=work.now + CLAIM)
            .returning(CodeDelivery)
            .execution_options(synchronize_session=False)
        ).scalars()
        return [parcel for row in rows if (parcel := self._opened(row, work.now)) is not None]

    def _opened(self, row: CodeDelivery, now: datetime) -> Parcel | None:
        """What is to be brought; a row that this hub's keys do not open is given up."""
        try:
            return self._parcel(row)
        except Unreadable:
            log.warning("code_unreadable", channel=row.channel)
            _erase(row, "given_up", now)
            return None

    def _parcel(self, row: CodeDelivery) -> Parcel:
        assert row.address_sealed is not None  # both by a constraint of the table
        assert row.code_sealed is not None
        return Parcel(
            id=row.id,
            channel=_CHANNELS[row.channel],
            kind=row.kind,
            language=row.language,
            address=self._keyring.open(DELIVERY, row.address_sealed, row.id.bytes).decode(),
            code=self._keyring.open(DELIVERY, row.code_sealed, row.id.bytes).decode(),
            expires_at=row.expires_at,
        )

    def _send(self, parcel: Parcel) -> Outcome:
        try:
            self._gateways[parcel.channel].send(
                parcel.address, self._write(parcel), key=ids.show("delivery", parcel.id)
            )
        except SendingFailed as failure:
            log.warning("code_not_sent", channel=parcel.channel, final=failure.final)
            if not failure.final:
                self._count_failure(parcel.channel)
            return "given_up" if failure.final else "again"
        except Exception as error:  # noqa: BLE001 (one parcel must not cost the whole batch its end)
            log.warning("code_not_sent", channel=parcel.channel, error=type(error).__name__)
            self._count_failure(parcel.channel)
            return "again"
        self._failures[parcel.channel] = 0
        return "sent"

    def _count_failure(self, channel: Channel) -> None:
        self._failures[channel] = self._failures.get(channel, 0) + 1
        if self._failures[channel] >= FAILURES_BEFORE_REST:
            self._failures[channel] = 0
            self._rests_until[channel] = self._database.clock() + REST

    def _awake(self, now: datetime) -> list[Channel]:
        rests = self._rests_until
        return [
            channel for channel in self._gateways if channel not in rests or rests[channel] <= now
        ]


def _finish(work: Work, tried: Sequence[tuple[Parcel, Outcome]]) -> None:
    for parcel, outcome in sorted(tried, key=lambda pair: pair[0].id):
        row = work.session.get(CodeDelivery, parcel.id)
        if row is None or row.state != "waiting":
            continue
        if outcome == "again" and row.attempts < ATTEMPTS:
            row.due_at = work.now + PAUSES[row.attempts - 1]
        else:
            _erase(row, "sent" if outcome == "sent" else "given_up", work.now)


def _give_up_expired(work: Work) -> None:
    """A code that nobody can enter any more is not sent, and not kept."""
    work.session.execute(
        update(CodeDelivery)
        .where(CodeDelivery.state == "waiting", CodeDelivery.expires_at <= work.now)
        .values(state="given_up", address_sealed=None, code_sealed=None, finished_at=work.now)
        .execution_options(synchronize_session=False)
    )


def _erase(row: CodeDelivery, state: str, now: datetime) -> None:
    row.state, row.finished_at = state, now
    row.address_sealed = row.code_sealed = None
