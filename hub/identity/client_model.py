"""The table of clients: apps and services of partners that speak OAuth with the hub."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, LargeBinary, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.db import Base


class RegisteredClient(Base):
    """An app or service of a partner. ``names`` and ``purpose`` are by language, as the consent
    page shows them. The secret is 256 random bits, so SHA-256 is all that it needs at rest."""

    __tablename__ = "identity_client"
    __table_args__ = (
        CheckConstraint("kind IN ('public', 'confidential', 'service')", name="kind_known"),
        CheckConstraint(
            "auth_method IN ('none', 'client_secret_basic', 'client_secret_post',"
            " 'private_key_jwt')",
            name="auth_method_known",
        ),
        CheckConstraint("state IN ('active', 'suspended', 'ended')", name="state_known"),
        CheckConstraint(
            "(kind = 'public') = (auth_method = 'none')", name="only_public_without_secret"
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    names: Mapped[dict[str, str]] = mapped_column(JSONB)
    organisation: Mapped[str] = mapped_column(Text)
    purpose: Mapped[dict[str, str]] = mapped_column(JSONB)
    redirect_uris: Mapped[list[str]] = mapped_column(ARRAY(Text))
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    auth_method: Mapped[str] = mapped_column(Text)
    secret_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    earlier_secret_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    earlier_secret_until: Mapped[datetime | None]
    jwks: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    sector: Mapped[str] = mapped_column(Text)
    logout_uri: Mapped[str | None] = mapped_column(Text)
    after_logout_uris: Mapped[list[str]] = mapped_column(
        ARRAY(Text), server_default=text("'{}'"), default=list
    )
    state: Mapped[str] = mapped_column(Text, default="active")
    synthetic: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
