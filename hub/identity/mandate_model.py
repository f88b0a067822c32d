"""The tables of mandates and of children. Private to this package."""

from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKey, Index, LargeBinary, Text
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.db import Base
from hub.kernel.personal import personal, whose

KEPT = timedelta(days=365 * 3)
"""As long as somebody can go to court about what was done (Civil Code of the PRC, article 188)."""

_AGENCY = personal(
    purpose="to show for what one person could act for another",
    basis="legal_duty",
    keep=KEPT,
    export=True,
    erase="keep",
    duty="identity.forget_old",
)
_BIRTH = personal(
    purpose="to know when a child may sign in and when guardianship ends",
    basis="legal_duty",
    keep=timedelta(days=30),
    export=True,
    erase="delete",
)


class MandateRow(Base):
    """One person lets another act. ``offered`` awaits the other's word until ``offer_until``,
    ``active`` counts within its term, ``ended`` never counts again.

    ``given_by`` is whoever offered it: the giver, or who handed on what ``parent_id`` gave them.
    ``*_through`` and ``*_device`` say how each side confirmed: in the app or at an enrolled kiosk.
    """

    __tablename__ = "identity_mandate"
    __table_args__ = (
        Unique("code_hmac", name="uq_identity_mandate_code_hmac"),
        Index("ix_identity_mandate_giver_id_id", "giver_id", "id"),
        Index("ix_identity_mandate_holder_id_id", "holder_id", "id"),
        Index("ix_identity_mandate_given_by_id", "given_by", "id"),
        Index("ix_identity_mandate_parent_id", "parent_id"),
        CheckConstraint("kind IN ('mandate', 'care', 'guardianship')", name="kind_known"),
        CheckConstraint("state IN ('offered', 'active', 'ended')", name="state_known"),
        CheckConstraint("giver_id <> holder_id", name="between_two"),
        CheckConstraint("until > starts_at", name="has_a_term"),
        CheckConstraint("state <> 'active' OR holder_id IS NOT NULL", name="active_with_a_holder"),
        CheckConstraint("acts_done <= coalesce(acts_limit, acts_done)", name="within_its_acts"),
        CheckConstraint("offered_through IN ('app', 'kiosk')", name="offered_through_known"),
        CheckConstraint("accepted_through IN ('app', 'kiosk')", name="accepted_through_known"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    giver_id: Mapped[UUID] = mapped_column(ForeignKey("identity_person.id"))
    holder_id: Mapped[UUID | None] = mapped_column(ForeignKey("identity_person.id"))
    given_by: Mapped[UUID] = mapped_column(ForeignKey("identity_person.id"))
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("identity_mandate.id"))
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text), info=_AGENCY)
    amount_limit: Mapped[int | None] = mapped_column(BigInteger, info=_AGENCY)
    acts_limit: Mapped[int | None]
    acts_done: Mapped[int] = mapped_column(default=0)
    may_delegate: Mapped[bool] = mapped_column(default=False)
    starts_at: Mapped[datetime]
    until: Mapped[datetime]
    code_hmac: Mapped[bytes | None] = mapped_column(LargeBinary)
    offered_at: Mapped[datetime]
    offer_until: Mapped[datetime]
    offered_through: Mapped[str] = mapped_column(Text)
    offered_device: Mapped[UUID | None] = mapped_column(ForeignKey("identity_device.id"))
    accepted_at: Mapped[datetime | None]
    accepted_through: Mapped[str | None] = mapped_column(Text)
    accepted_device: Mapped[UUID | None] = mapped_column(ForeignKey("identity_device.id"))
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None] = mapped_column(Text)
    ended_because: Mapped[str | None] = mapped_column(Text)


class Child(Base):
    """A person whom a guardian entered. Without an address of its own until fourteen."""

    __tablename__ = "identity_child"
    __table_args__ = ({"info": whose("person_id")},)

    person_id: Mapped[UUID] = mapped_column(ForeignKey("identity_person.id"), primary_key=True)
    born_on: Mapped[date] = mapped_column(Date, info=_BIRTH)
    entered_by: Mapped[UUID] = mapped_column(ForeignKey("identity_person.id"))
    entered_at: Mapped[datetime]
