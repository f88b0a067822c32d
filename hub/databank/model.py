"""The tables of the databank: versions of records, how fresh they are, appeals."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, LargeBinary, Text, text
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.db import Base
from hub.kernel.personal import Sealed, personal


def _record(sealed: Sealed | None = None) -> dict[str, Any]:
    return personal(
        purpose="to serve the person by what the city's registers say of them",
        basis="legal_duty",
        keep=timedelta(0),
        export=True,
        erase="delete",
        recipients=("the registers' own offices", "whoever a declared purpose names"),
        sealed=sealed,
    )


KEPT = timedelta(days=3 * 365)


def _appeal(sealed_for: str) -> dict[str, Any]:
    return personal(
        purpose="to decide the person's appeal",
        basis="legal_duty",
        keep=KEPT,
        export=True,
        erase="delete",
        sealed=Sealed(sealed_for, "id"),
        duty="databank.forget_old",
    )


class Record(Base):
    """One version of what a register says about somebody. Nothing is ever changed in it: what the
    register says anew, or an appeal corrects, is the next version.

    ``key`` is which of a person's records it is (an entitlement's kind), ``source`` who said so and
    ``as_of`` when. Content is sealed; ``digest`` is an HMAC of it, to see whether anything is new.
    """

    __tablename__ = "databank_record"
    __table_args__ = (
        Unique(
            "person_id", "register", "key", "version", name="uq_databank_record_person_id_version"
        ),
        CheckConstraint("version > 0", name="version_positive"),
        CheckConstraint("origin IN ('register', 'appeal')", name="origin_known"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("identity_person.id"))
    register: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(Text, info=_record())
    version: Mapped[int] = mapped_column(Integer)
    origin: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    as_of: Mapped[datetime]
    taken_in_at: Mapped[datetime]
    content_sealed: Mapped[bytes] = mapped_column(
        LargeBinary, info=_record(Sealed("databank.content", "id"))
    )
    digest: Mapped[bytes] = mapped_column(LargeBinary)


class Freshness(Base):
    """When a register was last asked about somebody, and when it last answered."""

    __tablename__ = "databank_freshness"
    __table_args__ = (Index("ix_databank_freshness_asked_at", "asked_at"),)

    person_id: Mapped[UUID] = mapped_column(ForeignKey("identity_person.id"), primary_key=True)
    register: Mapped[str] = mapped_column(Text, primary_key=True)
    asked_at: Mapped[datetime]
    answered_at: Mapped[datetime | None] = mapped_column(info=_record())


class Appeal(Base):
    """A person's objection to a refusal, and what an officer decided."""

    __tablename__ = "databank_appeal"
    __table_args__ = (
        Index("ix_databank_appeal_person_id", "person_id"),
        Index(
            "uq_databank_appeal_record_id",
            "record_id",
            unique=True,
        ),
        Index(
            "ix_databank_appeal_filed",
            "filed_at",
            postgresql_where=text("state = 'filed'"),
        ),
        CheckConstraint("state IN ('filed', 'upheld', 'dismissed')", name="state_known"),
        CheckConstraint(
            "(state = 'filed') = (decided_at IS NULL)"
            " AND (decided_at IS NULL) = (answer_sealed IS NULL)",
            name="decided_with_an_answer",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("identity_person.id"))
    record_id: Mapped[UUID] = mapped_column(ForeignKey("databank_record.id", ondelete="CASCADE"))
    statement_sealed: Mapped[bytes] = mapped_column(
        LargeBinary, info=_appeal("databank.appeal_statement")
    )
    state: Mapped[str] = mapped_column(Text, default="filed")
    filed_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(Text)
    answer_sealed: Mapped[bytes | None] = mapped_column(
        LargeBinary, info=_appeal("databank.appeal_answer")
    )
