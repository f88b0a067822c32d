"""Stands in for the message providers of a demonstration: keeps what would have been sent.

The messages stand in a schema of their own and can be read at ``/demo/messages``, from this machine
only and only when ``HUB_DEMO`` is on.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from hub.kernel import ids
from hub.kernel.db import Database
from hub.kernel.work import SYSTEM, Reading, Work

from .addresses import Channel
from .delivery import Message
from .simulator_model import ShownMessage

SHOWN = 100


class ViewerGateway:
    """Keeps messages for the local viewer."""

    def __init__(self, database: Database, channel: Channel) -> None:
        self._database = database
        self._channel = channel

    def send(self, address: str, message: Message, *, key: str) -> None:
        """Keep the message; the same delivery twice is kept once, as a provider does that heeds
        ``key``."""
        self._database.run(lambda work: self._keep(work, address, message, key), SYSTEM)

    def _keep(self, work: Work, address: str, message: Message, key: str) -> None:
        shown = insert(ShownMessage).values(
            id=ids.read("delivery", key),
            channel=self._channel,
            address=address,
            subject=message.subject,
            text=message.text,
            shown_at=work.now,
        )
        work.session.execute(shown.on_conflict_do_nothing())


@dataclass(frozen=True)
class Shown:
    """A message as the viewer shows it."""

    id: str
    channel: str
    address: str
    subject: str
    text: str
    sent_at: datetime


def shown_messages(reading: Reading, *, address: str | None = None) -> list[Shown]:
    """The newest messages, at most a hundred; those to one address if given."""
    query = (
        select(
            ShownMessage.id,
            ShownMessage.channel,
            ShownMessage.address,
            ShownMessage.subject,
            ShownMessage.text,
            ShownMessage.shown_at,
        )
        .order_by(ShownMessage.id.desc())
        .limit(SHOWN)
    )
    if address is not None:
        query = query.where(ShownMessage.address == address)
    return [
        Shown(
            id=ids.show("message", row.id),
            channel=row.channel,
            address=row.address,
            subject=row.subject,
            text=row.text,
            sent_at=row.shown_at,
        )
        for row in reading.connection.execute(query)
    ]


def forget_old(work: Work) -> None:
    """Delete what was shown a day ago."""
    work.session.execute(
        delete(ShownMessage).where(ShownMessage.shown_at < work.now - timedelta(days=1))
    )
