"""The tables of what people prove themselves with besides a code.

Private to this package.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, Text, text
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.db import Base
from hub.kernel.personal import nobodys, personal

_SECRET = personal(
    purpose="to check that a sign-in is this person's",
    basis="contract",
    keep=timedelta(0),
    export=False,
    erase="delete",
)
_PASSKEY = personal(
    purpose="to sign the person in by their own device, and to show them which",
    basis="contract",
    keep=timedelta(0),
    export=True,
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


class Passkey(Base):
    """A credential of the person's own device or password manager (WebAuthn). Its private half is
    nowhere here. ``backup_eligible`` says that it may be copied among their devices."""

    __tablename__ = "identity_passkey"
    __table_args__ = (
        Unique("credential_id", name="uq_identity_passkey_credential_id"),
        Index("ix_identity_passkey_person_id_id", "person_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("identity_person.id"))
    credential_id: Mapped[bytes] = mapped_column(LargeBinary, info=_PASSKEY)
    public_key: Mapped[bytes] = mapped_column(LargeBinary, info=_PASSKEY)
    sign_count: Mapped[int] = mapped_column(BigInteger)
    aaguid: Mapped[UUID]
    backup_eligible: Mapped[bool]
    backed_up: Mapped[bool]
    name: Mapped[str] = mapped_column(Text, info=_PASSKEY)
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None] = mapped_column(info=_PASSKEY)


class Ceremony(Base):
    """A passkey ceremony under way: one challenge, for whoever holds its secret, good once.

    ``purpose``: ``show`` for signing in and step-up, ``add`` for the person who is signed in,
    ``join`` for one who is not there yet and will have ``person_id``.
    """

    __tablename__ = "identity_ceremony"
    __table_args__ = (
        Unique("secret_hash", name="uq_identity_ceremony_secret_hash"),
        Index("ix_identity_ceremony_expires_at", "expires_at"),
        CheckConstraint("purpose IN ('show', 'add', 'join')", name="purpose_known"),
        {"info": nobodys("a challenge of minutes, forgotten within the hour")},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary)
    purpose: Mapped[str] = mapped_column(Text)
    challenge: Mapped[bytes] = mapped_column(LargeBinary)
    person_id: Mapped[UUID | None]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
