"""The tables of privacy: what people asked for. Private to this package."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.db import Base, refuse_on, retry_on
from hub.kernel.personal import personal

from .errors import ClosureUnderWay

ONE_EXPORT = "uq_privacy_export_person_id"
ONE_CLOSURE = "uq_privacy_closure_person_id"

_EXPORT = personal(
    purpose="to give the person a copy of what is kept about them",
    basis="legal_duty",
    keep=timedelta(days=7),
    export=True,
    erase="delete",
    duty="privacy.forget_old",
)
_CLOSURE = personal(
    purpose="to show that an account was closed as its person asked",
    basis="legal_duty",
    keep=timedelta(days=365 * 3),
    export=True,
    erase="keep",
    duty="privacy.forget_old",
)


class Export(Base):
    """A copy of what is kept about somebody: ``waiting`` for the job, ``ready`` for seven days."""

    __tablename__ = "privacy_export"
    __table_args__ = (
        Index(ONE_EXPORT, "person_id", unique=True, postgresql_where=text("state = 'waiting'")),
        Index("ix_privacy_export_person_id_id", "person_id", "id"),
        Index("ix_privacy_export_expires_at", "expires_at"),
        CheckConstraint("state IN ('waiting', 'ready')", name="state_known"),
        CheckConstraint(
            "(state = 'ready') = (file_id IS NOT NULL)"
            " AND (file_id IS NULL) = (ready_at IS NULL)"
            " AND (file_id IS NULL) = (expires_at IS NULL)"
            " AND (file_id IS NULL) = (size IS NULL)",
            name="has_a_file_when_ready",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("identity_person.id"))
    state: Mapped[str] = mapped_column(Text, default="waiting")
    asked_at: Mapped[datetime] = mapped_column(info=_EXPORT)
    ready_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    size: Mapped[int | None] = mapped_column(BigInteger)
    file_id: Mapped[UUID | None] = mapped_column(ForeignKey("files_file.id"))


class Closure(Base):
    """Somebody's wish to close their account. ``waiting`` until ``due_at`` unless ``cancelled``;
    then ``closed``, and ``erased`` once nothing is left but what the law wants kept."""

    __tablename__ = "privacy_closure"
    __table_args__ = (
        Index(
            ONE_CLOSURE,
            "person_id",
            unique=True,
            postgresql_where=text("state <> 'cancelled'"),
        ),
        Index(
            "ix_privacy_closure_due_at",
            "due_at",
            postgresql_where=text("state IN ('waiting', 'closed')"),
        ),
        CheckConstraint(
            "state IN ('waiting', 'cancelled', 'closed', 'erased')", name="state_known"
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("identity_person.id"))
    state: Mapped[str] = mapped_column(Text, default="waiting")
    asked_at: Mapped[datetime] = mapped_column(info=_CLOSURE)
    due_at: Mapped[datetime] = mapped_column(info=_CLOSURE)
    cancelled_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]


retry_on(ONE_EXPORT)
refuse_on(ONE_CLOSURE, ClosureUnderWay)
