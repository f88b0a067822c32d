"""The tables of what people prove themselves with besides a code.

Private to this package.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, text
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.db import Base
from hub.kernel.personal import personal

_SECRET = personal(
    purpose="to check that a sign-in is this person's",
    basis="contract",
    keep=timedelta(0),
    export=False,
    erase="delete",
)


class Password(Base):
    """A person's password as a sealed Argon2id hash: a copy of the database alone is nothing to
    guess at. ``stands_alone`` says that it is long enough without a second factor."""

    __tablename__ = "identity_password"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("identity_person.id"), primary_key=True)
    hash_sealed: Mapped[bytes] = mapped_column(LargeBinary, info=_SECRET)
    stands_alone: Mapped[bool]
    set_at: Mapped[datetime]


class RecoveryCode(Base):
    """One of ten codes on paper, good once. Kept as an HMAC."""

    __tablename__ = "identity_recovery_code"
    __table_args__ = (
        Unique("person_id", "code_hmac", name="uq_identity_recovery_code_code_hmac"),
        Index(
            "ix_identity_recovery_code_unused",
            "person_id",
            postgresql_where=text("used_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("identity_person.id"))
    code_hmac: Mapped[bytes] = mapped_column(LargeBinary, info=_SECRET)
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
