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

_SERVICE = personal(
    purpose="to say who acts in the city's name",
    basis="public_interest",
    keep=timedelta(days=3650),
    export=True,
    erase="keep",
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
    """That an officer holds a role, by whose word and until when. Never changed, never deleted."""

    __tablename__ = "identity_appointment"
    __table_args__ = (
        Index("ix_identity_appointment_officer_id", "officer_id"),
        CheckConstraint("until > appointed_at", name="has_a_term"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    officer_id: Mapped[UUID] = mapped_column(ForeignKey("identity_officer.id"))
    role: Mapped[str] = mapped_column(Text)
    appointed_by: Mapped[str] = mapped_column(Text)
    appointed_at: Mapped[datetime]
    until: Mapped[datetime]


class AppointmentEnd(Base):
    """That an appointment was ended before its day, and by whom. Never changed, never deleted."""

    __tablename__ = "identity_appointment_end"

    appointment_id: Mapped[UUID] = mapped_column(
        ForeignKey("identity_appointment.id"), primary_key=True
    )
    ended_by: Mapped[str] = mapped_column(Text)
    ended_at: Mapped[datetime]


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
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB, info=_SERVICE)
    asked_by: Mapped[UUID] = mapped_column(ForeignKey("identity_officer.id"))
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    decision: Mapped[str | None] = mapped_column(Text)
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("identity_officer.id"))
    decided_at: Mapped[datetime | None]
