"""The tables of identity: people, their addresses, sign-ins under way, sessions, devices.

Addresses are sealed; a blind index (HMAC) finds them. Codes and long-lived tokens are kept only as
HMAC or SHA-256. Private to this package.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, LargeBinary, Text, text
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.db import Base
from hub.kernel.personal import Sealed, personal

LANGUAGES = ("zh-CN", "en", "ru")

_PROFILE = personal(
    purpose="to address the person as they wish",
    basis="contract",
    keep=timedelta(days=30),
    export=True,
    erase="blank",
)
_LANGUAGE = personal(
    purpose="to speak the person's language",
    basis="contract",
    keep=timedelta(days=30),
    export=True,
    erase="blank",
    blank="en",
)
_CONTACT = personal(
    purpose="to sign the person in and to reach them",
    basis="contract",
    keep=timedelta(days=30),
    export=True,
    erase="delete",
    recipients=("the city's message providers",),
    sealed=Sealed("identity.address", "person_id"),
)
_FOUND_BY = personal(
    purpose="to find the person by an address without reading it",
    basis="contract",
    keep=timedelta(days=30),
    export=False,
    erase="delete",
)
_SIGN_IN = personal(
    purpose="to sign the person in",
    basis="contract",
    keep=timedelta(days=1),
    export=False,
    erase="delete",
    duty="identity.forget_old",
)
_DEVICES = personal(
    purpose="to show the person where they are signed in",
    basis="contract",
    keep=timedelta(days=90),
    export=True,
    erase="delete",
    duty="identity.forget_old",
)
_ACTS_FOR = personal(
    purpose="to let an app act for the person, and to show them which",
    basis="contract",
    keep=timedelta(days=90),
    export=True,
    erase="delete",
    duty="identity.forget_old",
)
_RENEWAL = personal(
    purpose="to renew a sign-in, and to notice a copied token",
    basis="contract",
    keep=timedelta(days=7),
    export=False,
    erase="delete",
    duty="identity.forget_old",
)
_SECRET = personal(
    purpose="to check a second factor",
    basis="contract",
    keep=timedelta(0),
    export=False,
    erase="delete",
)


class Person(Base):
    """Somebody the city serves. ``revision`` grows with every change and is the ETag of /v1/me;
    ``synthetic`` marks the invented people of a demonstration."""

    __tablename__ = "identity_person"
    __table_args__ = (
        CheckConstraint("language IN ('zh-CN', 'en', 'ru')", name="language_known"),
        CheckConstraint("state IN ('active', 'closed')", name="state_known"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    display_name: Mapped[str | None] = mapped_column(Text, info=_PROFILE)
    language: Mapped[str] = mapped_column(Text, info=_LANGUAGE)
    state: Mapped[str] = mapped_column(Text, default="active")
    synthetic: Mapped[bool] = mapped_column(default=False)
    revision: Mapped[int] = mapped_column(Integer, default=1)
    created_at: Mapped[datetime]


class ContactAddress(Base):
    """A telephone or e-mail address that a code has reached, and whose it is. ``used_at`` is the
    last time its holder signed in with a code sent there."""

    __tablename__ = "identity_address"
    __table_args__ = (
        Unique("channel", "blind_index", name="uq_identity_address_blind_index"),
        Index("ix_identity_address_person_id", "person_id"),
        CheckConstraint("channel IN ('sms', 'email')", name="channel_known"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("identity_person.id"))
    channel: Mapped[str] = mapped_column(Text)
    sealed: Mapped[bytes] = mapped_column(LargeBinary, info=_CONTACT)
    blind_index: Mapped[bytes] = mapped_column(LargeBinary, info=_FOUND_BY)
    verified_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Login(Base):
    """A sign-in under way. Only whoever holds its secret can enter its code.

    ``code`` awaits the one-time code, ``second_factor`` the authenticator's; ``done`` and ``over``
    take nothing more. ``shown`` holds what was shown already, in RFC 8176's words. The address is
    kept sealed until the sign-in is done, then erased.
    """

    __tablename__ = "identity_login"
    __table_args__ = (
        Unique("secret_hash", name="uq_identity_login_secret_hash"),
        Index("ix_identity_login_expires_at", "expires_at"),
        CheckConstraint("channel IN ('sms', 'email', 'voice')", name="channel_known"),
        CheckConstraint("state IN ('code', 'second_factor', 'done', 'over')", name="state_known"),
        CheckConstraint(
            "state <> 'code' OR (code_hmac IS NOT NULL AND code_expires_at IS NOT NULL)",
            name="code_expected",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(Text, default="code")
    channel: Mapped[str] = mapped_column(Text)
    address_sealed: Mapped[bytes | None] = mapped_column(LargeBinary, info=_SIGN_IN)
    address_index: Mapped[bytes] = mapped_column(LargeBinary, info=_SIGN_IN)
    code_hmac: Mapped[bytes | None] = mapped_column(LargeBinary)
    shown: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"), default=list)
    tries: Mapped[int] = mapped_column(Integer, default=0)
    second_tries: Mapped[int] = mapped_column(Integer, default=0)
    language: Mapped[str] = mapped_column(Text)
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("identity_person.id"))
    code_expires_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]


class CodeDelivery(Base):
    """A code, or a notice (``kind``), on its way to somebody. The sealed copies are erased once it
    was handed over. ``about`` names the cause of a notice, so that it is written once; it is its
    person's (``person_id``), a code goes with its sign-in."""

    __tablename__ = "identity_code_delivery"
    __table_args__ = (
        Index(
            "ix_identity_code_delivery_waiting",
            "due_at",
            postgresql_where=text("state = 'waiting'"),
        ),
        Index("ix_identity_code_delivery_login_id", "login_id"),
        CheckConstraint("channel IN ('sms', 'email', 'voice')", name="channel_known"),
        CheckConstraint("state IN ('waiting', 'sent', 'given_up')", name="state_known"),
        CheckConstraint(
            "kind IN ('code', 'new_device', 'credential_changed', 'recovery_opened',"
            " 'address_claimed', 'export_ready', 'closure_asked')",
            name="kind_known",
        ),
        CheckConstraint("(kind = 'code') = (login_id IS NOT NULL)", name="code_of_login"),
        Unique("about", name="uq_identity_code_delivery_about"),
        CheckConstraint(
            "state = 'waiting' OR (address_sealed IS NULL AND code_sealed IS NULL)",
            name="erased_after_sending",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    login_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("identity_login.id", ondelete="CASCADE")
    )
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("identity_person.id"))
    kind: Mapped[str] = mapped_column(Text, server_default=text("'code'"), default="code")
    about: Mapped[str | None] = mapped_column(Text)
    channel: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    address_sealed: Mapped[bytes | None] = mapped_column(LargeBinary, info=_SIGN_IN)
    code_sealed: Mapped[bytes | None] = mapped_column(LargeBinary, info=_SIGN_IN)
    state: Mapped[str] = mapped_column(Text, default="waiting")
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    due_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class Bucket(Base):
    """A token bucket of a rate limit. The key is an HMAC, so that no address stands here."""

    __tablename__ = "identity_bucket"
    __table_args__ = (Index("ix_identity_bucket_refilled_at", "refilled_at"),)

    key: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    tokens: Mapped[float]
    refilled_at: Mapped[datetime]


class Session(Base):
    """One sign-in on one device or browser, until it is ended or ninety days old. With
    ``officer_id`` it is a person's duty in office (officers.py)."""

    __tablename__ = "identity_session"
    __table_args__ = (
        Index(
            "ix_identity_session_officer_id",
            "officer_id",
            postgresql_where=text("officer_id IS NOT NULL"),
        ),
        Index("ix_identity_session_person_id_id", "person_id", "id"),
        Index("ix_identity_session_expires_at", "expires_at"),
        Index(
            "ix_identity_session_revoked_at",
            "revoked_at",
            postgresql_where=text("revoked_at IS NOT NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("identity_person.id"))
    officer_id: Mapped[UUID | None] = mapped_column(ForeignKey("identity_officer.id"))
    device_name: Mapped[str | None] = mapped_column(Text, info=_DEVICES)
    acr: Mapped[str] = mapped_column(Text)
    amr: Mapped[list[str]] = mapped_column(ARRAY(Text))
    auth_time: Mapped[datetime]
    last_seen_at: Mapped[datetime] = mapped_column(info=_DEVICES)
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revoked_because: Mapped[str | None] = mapped_column(Text)


class Grant(Base):
    """What one client may do through a session; the family of its refresh tokens.

    ``offline`` ones (``offline_access``) outlive the session that they were given in. What the
    person was told is ``expires_at``; the city's own app has none and ends with the session.
    """

    __tablename__ = "identity_grant"
    __table_args__ = (
        Index("ix_identity_grant_session_id", "session_id"),
        Index("ix_identity_grant_person_id", "person_id"),
        Index(
            "ix_identity_grant_revoked_at",
            "revoked_at",
            postgresql_where=text("revoked_at IS NOT NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    session_id: Mapped[UUID | None] = mapped_column(ForeignKey("identity_session.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("identity_person.id"))
    client_id: Mapped[str] = mapped_column(Text, info=_ACTS_FOR)
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text), info=_ACTS_FOR)
    offline: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None] = mapped_column(info=_ACTS_FOR)
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class RefreshToken(Base):
    """One generation of a family. The token itself is kept nowhere: its SHA-256 finds the row, and
    its successor lies sealed only as long as a lost answer may be asked for again."""

    __tablename__ = "identity_refresh_token"
    __table_args__ = (
        Unique("token_hash", name="uq_identity_refresh_token_token_hash"),
        Unique("grant_id", "generation", name="uq_identity_refresh_token_generation"),
        Index("ix_identity_refresh_token_expires_at", "expires_at"),
        Index(
            "ix_identity_refresh_token_successor",
            "used_at",
            postgresql_where=text("successor_sealed IS NOT NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    grant_id: Mapped[UUID] = mapped_column(ForeignKey("identity_grant.id", ondelete="CASCADE"))
    generation: Mapped[int] = mapped_column(Integer)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, info=_RENEWAL)
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    successor_sealed: Mapped[bytes | None] = mapped_column(LargeBinary, info=_RENEWAL)


class Authenticator(Base):
    """A person's authenticator app (RFC 6238). It counts once ``confirmed_at`` is set;
    ``last_step`` is the newest time step used, so that a code read over a shoulder is worthless."""

    __tablename__ = "identity_authenticator"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("identity_person.id"), primary_key=True)
    secret_sealed: Mapped[bytes] = mapped_column(LargeBinary, info=_SECRET)
    last_step: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]


class Device(Base):
    """An enrolled signer: a gate, a kiosk, a vehicle gateway, a publisher of schedules.

    ``acts_for`` names what it may speak for, for example ``feed:harbin``; ``*`` is everything.
    """

    __tablename__ = "identity_device"
    __table_args__ = (
        Unique("kid", name="uq_identity_device_kid"),
        CheckConstraint(
            "kind IN ('kiosk', 'gate', 'validator', 'vehicle_gateway', 'publisher')",
            name="kind_known",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    acts_for: Mapped[list[str]] = mapped_column(ARRAY(Text))
    public_jwk: Mapped[dict[str, Any]] = mapped_column(JSONB)
    kid: Mapped[str] = mapped_column(Text)
    enrolled_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
