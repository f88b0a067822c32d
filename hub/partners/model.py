"""The tables of partner organisations."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.db import Base
from hub.kernel.personal import personal

_MEMBERSHIP = personal(
    purpose="to know who acts for a partner organisation",
    basis="contract",
    keep=timedelta(0),
    export=True,
    erase="delete",
)


class Organisation(Base):
    """A partner. ``names`` are by language; ``contact`` is the organisation's own address for
    questions, nobody's."""

    __tablename__ = "partners_organisation"
    __table_args__ = (CheckConstraint("state IN ('active', 'suspended')", name="state_known"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    names: Mapped[dict[str, str]] = mapped_column(JSONB)
    contact: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, default="active")
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class Member(Base):
    """A person who acts for an organisation."""

    __tablename__ = "partners_member"
    __table_args__ = (
        Index("ix_partners_member_person_id", "person_id"),
        CheckConstraint("role IN ('owner', 'developer')", name="role_known"),
    )

    organisation_id: Mapped[UUID] = mapped_column(
        ForeignKey("partners_organisation.id"), primary_key=True
    )
    person_id: Mapped[UUID] = mapped_column(ForeignKey("identity_person.id"), primary_key=True)
    role: Mapped[str] = mapped_column(Text, info=_MEMBERSHIP)
    added_at: Mapped[datetime] = mapped_column(info=_MEMBERSHIP)


class RegisteredApp(Base):
    """Which organisation a client belongs to; ``live_at`` is when an officer first let it out of
    the sandbox."""

    __tablename__ = "partners_client"
    __table_args__ = (Index("ix_partners_client_organisation_id", "organisation_id"),)

    client_id: Mapped[UUID] = mapped_column(ForeignKey("identity_client.id"), primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("partners_organisation.id"))
    live_at: Mapped[datetime | None]


class ScopeRequest(Base):
    """What a member asks that a client may do with everybody, and what became of it. Which member
    it was stands in the audit."""

    __tablename__ = "partners_scope_request"
    __table_args__ = (
        Index("ix_partners_scope_request_organisation_id", "organisation_id"),
        Index(
            "ix_partners_scope_request_waiting", "id", postgresql_where=text("state = 'waiting'")
        ),
        CheckConstraint("state IN ('waiting', 'granted', 'refused')", name="state_known"),
        CheckConstraint("(state = 'waiting') = (decided_at IS NULL)", name="decided_whole"),
        CheckConstraint("cardinality(scopes) > 0", name="asks_something"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    client_id: Mapped[UUID] = mapped_column(ForeignKey("partners_client.client_id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("partners_organisation.id"))
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    reason: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(Text, default="waiting")
    decided_by: Mapped[str | None] = mapped_column(Text)
    decided_at: Mapped[datetime | None]
