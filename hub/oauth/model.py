"""The tables of the authorization server's protocol state. Private to this package."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, Text
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.db import Base


class AuthorizationCode(Base):
    """A code on its way through a browser. Used ones are kept for a day, so that a second use finds
    the grant that the first one gave."""

    __tablename__ = "oauth_code"
    __table_args__ = (
        Unique("code_hash", name="uq_oauth_code_code_hash"),
        Index("ix_oauth_code_expires_at", "expires_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary)
    client_id: Mapped[str] = mapped_column(Text)
    session_id: Mapped[UUID]
    redirect_uri: Mapped[str] = mapped_column(Text)
    redirect_uri_sent: Mapped[bool]
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    offline: Mapped[bool]
    until: Mapped[datetime]
    challenge: Mapped[str] = mapped_column(Text)
    nonce: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    grant_id: Mapped[UUID | None]


class UsedAssertion(Base):
    """An assertion of a client that was used, as long as it could be used again."""

    __tablename__ = "oauth_used_assertion"
    __table_args__ = (Index("ix_oauth_used_assertion_expires_at", "expires_at"),)

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    expires_at: Mapped[datetime]


class PushedRequest(Base):
    """An authorization request that a client pushed (RFC 9126), by the hash of its name. What it
    says in ``login_hint`` was left out: nothing in it names a person."""

    __tablename__ = "oauth_pushed_request"
    __table_args__ = (
        Unique("name_hash", name="uq_oauth_pushed_request_name_hash"),
        Index("ix_oauth_pushed_request_expires_at", "expires_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name_hash: Mapped[bytes] = mapped_column(LargeBinary)
    client_id: Mapped[str] = mapped_column(Text)
    parameters: Mapped[list[list[str]]] = mapped_column(JSONB)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class DeviceCode(Base):
    """A device without a browser that asks, by the hash of its long and the HMAC of its short code.
    ``session_id`` and ``until`` are of whoever said yes."""

    __tablename__ = "oauth_device_code"
    __table_args__ = (
        Unique("device_hash", name="uq_oauth_device_code_device_hash"),
        Unique("user_hash", name="uq_oauth_device_code_user_hash"),
        Index("ix_oauth_device_code_expires_at", "expires_at"),
        CheckConstraint("state IN ('waiting', 'allowed', 'denied', 'used')", name="state_known"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    device_hash: Mapped[bytes] = mapped_column(LargeBinary)
    user_hash: Mapped[bytes] = mapped_column(LargeBinary)
    client_id: Mapped[str] = mapped_column(Text)
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    state: Mapped[str] = mapped_column(Text)
    interval_seconds: Mapped[int]
    next_poll_at: Mapped[datetime]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    session_id: Mapped[UUID | None]
    until: Mapped[datetime | None]


class InitialToken(Base):
    """By which a partner's organisation registers its clients itself (RFC 7591, 3)."""

    __tablename__ = "oauth_initial_token"
    __table_args__ = (Unique("token_hash", name="uq_oauth_initial_token_token_hash"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    organisation: Mapped[str] = mapped_column(Text)
    uses_left: Mapped[int]
    synthetic: Mapped[bool]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
