"""The tables of consent. Private to this package."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.db import Base
from hub.kernel.personal import personal

KEPT = timedelta(days=365 * 3)

_RECORD = personal(
    purpose="to show what the person consented to, and that they took it back",
    basis="legal_duty",
    keep=KEPT,
    export=True,
    erase="keep",
    duty="consent.forget_old",
)


class Consent(Base):
    """What a person agreed to, in the words they were shown. Only its withdrawal changes it."""

    __tablename__ = "consent_consent"
    __table_args__ = (
        Index("ix_consent_consent_person_id_id", "person_id", "id"),
        Index("ix_consent_consent_person_id_recipient", "person_id", "recipient"),
        CheckConstraint("language IN ('zh-CN', 'en', 'ru')", name="language_known"),
        CheckConstraint("source IN ('page', 'app', 'counter')", name="source_known"),
        CheckConstraint("until > given_at", name="has_a_term"),
        CheckConstraint("cardinality(scopes) > 0", name="is_about_something"),
        CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_by IS NULL)", name="withdrawn_by_somebody"
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("identity_person.id"))
    recipient: Mapped[str] = mapped_column(Text, info=_RECORD)
    recipient_name: Mapped[str] = mapped_column(Text, info=_RECORD)
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text), info=_RECORD)
    purpose_text: Mapped[str] = mapped_column(Text, info=_RECORD)
    purpose_version: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    given_at: Mapped[datetime]
    until: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[str | None] = mapped_column(Text)


class ConsentEvent(Base):
    """One act and its receipt as it was signed. Append-only: for the application no UPDATE or
    DELETE is granted, so the history outlives every mistake."""

    __tablename__ = "consent_event"
    __table_args__ = (
        Unique("consent_id", "act", name="uq_consent_event_act"),
        CheckConstraint("act IN ('given', 'withdrawn')", name="act_known"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    consent_id: Mapped[UUID] = mapped_column(ForeignKey("consent_consent.id"))
    act: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    actor_kind: Mapped[str] = mapped_column(Text)
    actor_id: Mapped[str] = mapped_column(Text)
    receipt: Mapped[str] = mapped_column(Text, info=_RECORD)
