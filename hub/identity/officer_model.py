"""The tables of officers: who of the city's staff may act in office, and what needs two of them."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.db import Base
from hub.kernel.personal import personal

KEPT = timedelta(days=3650)

_SERVICE = personal(
    purpose="to say who acts in the city's name",
    basis="public_interest",
    keep=KEPT,
    export=True,
    erase="keep",
    duty="identity.forget_old",
)
# What was decided in office is about others, and no part of the officer's own copy.
_DEED = personal(
    purpose="to show what was decided in the city's name, and by whom",
    basis="public_interest",
    keep=KEPT,
    export=False,
    erase="keep",
    duty="identity.forget_old",
)


class Officer(Base):
    """Somebody of the city's staff. They are a person of the hub as well, but what they do in
    office is done by the officer: their citizen's number appears in no record of it."""

    __tablename__ = "identity_officer"
    __table_args__ = (Unique("person_id", name="uq_identity_officer_person_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("identity_person.id"))
    service_name: Mapped[str] = mapped_column(Text, info=_SERVICE)
    created_at: Mapped[datetime]


class Appointment(Base):
    """That an officer holds a role, by whose word and until when. Never changed; the database
    itself deletes it after ten years (``identity_forget_officers``)."""

    __tablename__ = "identity_appointment"
    __table_args__ = (
        Index("ix_identity_appointment_officer_id", "officer_id"),
        CheckConstraint("until > appointed_at", name="has_a_term"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    officer_id: Mapped[UUID] = mapped_column(ForeignKey("identity_officer.id"))
    role: Mapped[str] = mapped_column(Text, info=_SERVICE)
    appointed_by: Mapped[str] = mapped_column(Text)
    appointed_at: Mapped[datetime]
    until: Mapped[datetime]


class AppointmentEnd(Base):
    """That an appointment was ended before its day, and by whom. Never changed, and deleted
    with it."""

    __tablename__ = "identity_appointment_end"

    appointment_id: Mapped[UUID] = mapped_column(
        ForeignKey("identity_appointment.id"), primary_key=True
    )
    ended_by: Mapped[str] = mapped_column(Text)
    ended_at: Mapped[datetime] = mapped_column(info=_SERVICE)


class Approval(Base):
    """Something one officer asked for and another must decide. The database itself refuses that
    both are the same; ``payload`` is what will be done, as it was asked."""

    __tablename__ = "identity_approval"
    __table_args__ = (
        Index("ix_identity_approval_waiting", "id", postgresql_where=text("decision IS NULL")),
        CheckConstraint("decision IN ('approved', 'refused')", name="decision_known"),
        CheckConstraint("decided_by <> asked_by", name="four_eyes"),
        CheckConstraint(
            "(decision IS NULL) = (decided_by IS NULL)"
            " AND (decision IS NULL) = (decided_at IS NULL)",
            name="decided_whole",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB, info=_DEED)
    asked_by: Mapped[UUID] = mapped_column(ForeignKey("identity_officer.id"))
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    decision: Mapped[str | None] = mapped_column(Text)
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("identity_officer.id"))
    decided_at: Mapped[datetime | None]
