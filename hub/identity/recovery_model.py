"""The tables of devices seen before and of accounts on their way to another holder.

Private to this package.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, Text, text
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.db import Base
from hub.kernel.personal import personal

_DEVICE = personal(
    purpose="to tell the person when somebody signs in on a device not seen before",
    basis="contract",
    keep=timedelta(days=400),
    export=False,
    erase="delete",
    duty="identity.forget_old",
)
_CONTACT = personal(
    purpose="to give a telephone number to whoever holds it now, after notice and waiting",
    basis="contract",
    keep=timedelta(days=30),
    export=False,
    erase="delete",
)


class SeenDevice(Base):
    """A device on which a person has signed in before; its mark is kept as SHA-256."""

    __tablename__ = "identity_seen_device"
    __table_args__ = (Index("ix_identity_seen_device_last_seen_at", "last_seen_at"),)

    person_id: Mapped[UUID] = mapped_column(ForeignKey("identity_person.id"), primary_key=True)
    mark_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True, info=_DEVICE)
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]


class Recovery(Base):
    """What waits to happen to an account whose person is given time to say no.

    ``account``: its holder lost the second factor and gets back in by the address. ``address``: the
    number has a new holder, whose account is ``claimant_id``, and goes over to it.
    """

    __tablename__ = "identity_recovery"
    __table_args__ = (
        Unique("secret_hash", name="uq_identity_recovery_secret_hash"),
        Index(
            "uq_identity_recovery_account_waiting",
            "person_id",
            unique=True,
            postgresql_where=text("state = 'waiting' AND kind = 'account'"),
        ),
        Index(
            "uq_identity_recovery_address_waiting",
            "address_index",
            unique=True,
            postgresql_where=text("state = 'waiting' AND kind = 'address'"),
        ),
        Index("ix_identity_recovery_person_id", "person_id"),
        CheckConstraint("kind IN ('account', 'address')", name="kind_known"),
        CheckConstraint("state IN ('waiting', 'done', 'cancelled')", name="state_known"),
        CheckConstraint(
            "(kind = 'address') = (claimant_id IS NOT NULL)", name="claimant_of_address"
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, default="waiting")
    person_id: Mapped[UUID] = mapped_column(ForeignKey("identity_person.id"))
    claimant_id: Mapped[UUID | None] = mapped_column(ForeignKey("identity_person.id"))
    channel: Mapped[str] = mapped_column(Text)
    address_index: Mapped[bytes] = mapped_column(LargeBinary, info=_CONTACT)
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary)
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
