"""The outbox: what happened, stored in the transaction in which it happened.

An event is a frozen dataclass named by a past participle and carrying ids only. ``work.emit``
gathers it; just before the commit all events of the transaction become rows, numbered per subject.
A relay (hub/jobs) finds the rows and hands each to the reactions that a sector declared. There is
no NOTIFY here: at commit that takes a lock across the whole cluster.
"""

from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, Integer, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from .db import Base
from .ids import new_id
from .work import Closing, Work

# Numbers are given per subject in the order of the ids; the row locks on kernel_event_sequence are
# taken in the order of the subjects, so that two transactions never wait for each other.
OUTBOX = Closing(
    "outbox",
    """
    outbox_given AS (
        SELECT * FROM jsonb_to_recordset(CAST(:outbox AS jsonb)) AS row (
            id uuid, type text, version int, occurred_at timestamptz, subject text,
            actor_kind text, actor_id text, act text, request_id text, data jsonb)
    ),
    outbox_counted AS (
        INSERT INTO kernel_event_sequence AS sequence (subject, last)
        SELECT subject, count(*) FROM outbox_given GROUP BY subject ORDER BY subject
        ON CONFLICT (subject) DO UPDATE SET last = sequence.last + excluded.last
        RETURNING subject, last
    ),
    outbox AS (
        INSERT INTO kernel_outbox (id, type, version, occurred_at, subject, sequence,
                                   actor_kind, actor_id, act, request_id, data)
        SELECT id, type, version, occurred_at, subject,
               last - count(*) OVER (PARTITION BY subject)
                    + row_number() OVER (PARTITION BY subject ORDER BY id),
               actor_kind, actor_id, act, request_id, data
        FROM outbox_given JOIN outbox_counted USING (subject)
    )""",
)


@dataclass(frozen=True, kw_only=True)
class Event(ABC):
    """A fact that was committed. ``type`` reads ``<capability>.<noun>_<participle>``."""

    type: ClassVar[str]
    version: ClassVar[int] = 1

    @property
    @abstractmethod
    def subject(self) -> str:
        """The thing it happened to; events of one subject are numbered without gaps."""

    def store(self, work: Work) -> None:
        """Leave the event to the end of the transaction (called by ``work.emit``)."""
        work.leave(
            OUTBOX,
            {
                "id": str(new_id()),
                "type": self.type,
                "version": self.version,
                "occurred_at": work.now.isoformat(),
                "subject": self.subject,
                "actor_kind": work.actor.kind,
                "actor_id": work.actor.id,
                "act": work.actor.act,
                "request_id": work.request_id,
                "data": self.data(),
            },
        )

    def data(self) -> dict[str, Any]:
        """The ids that it carries, as JSON."""
        return {name: str(v) if isinstance(v, UUID) else v for name, v in asdict(self).items()}


class OutboxEvent(Base):
    """A stored event. ``relayed_at`` says that its reactions were handed to the workers;
    ``held_at`` that it must not be (a restored hub sends nothing a second time); ``act`` who did it
    for the actor, by a mandate."""

    __tablename__ = "kernel_outbox"
    __table_args__ = (
        Index(
            "ix_kernel_outbox_waiting",
            "id",
            postgresql_where=text("relayed_at IS NULL AND held_at IS NULL"),
        ),
        Index("ix_kernel_outbox_relayed_at", "relayed_at"),
        CheckConstraint("sequence > 0", name="sequence_positive"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    type: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Integer)
    occurred_at: Mapped[datetime]
    subject: Mapped[str] = mapped_column(Text)
    sequence: Mapped[int] = mapped_column(BigInteger)
    actor_kind: Mapped[str] = mapped_column(Text)
    actor_id: Mapped[str] = mapped_column(Text)
    act: Mapped[str | None] = mapped_column(Text)
    request_id: Mapped[str | None] = mapped_column(Text)
    data: Mapped[dict[str, Any]] = mapped_column(JSONB)
    relayed_at: Mapped[datetime | None]
    held_at: Mapped[datetime | None]


class EventSequence(Base):
    """The last number given to an event of a subject; its row lock orders a subject's events."""

    __tablename__ = "kernel_event_sequence"

    subject: Mapped[str] = mapped_column(Text, primary_key=True)
    last: Mapped[int] = mapped_column(BigInteger)


class Reaction(Base):
    """That a reaction has had its effect: written in the transaction of the effect itself, so that
    an event delivered twice acts once."""

    __tablename__ = "kernel_reaction"

    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    reaction: Mapped[str] = mapped_column(Text, primary_key=True)
    done_at: Mapped[datetime]
