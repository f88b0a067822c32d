"""The tables of the authorization server's protocol state. Private to this package."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, LargeBinary, Text
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy.dialects.postgresql import ARRAY
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
