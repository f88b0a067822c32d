"""The table of keys; every private part in it is sealed by the root key."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.db import Base, retry_on

ONE_ACTIVE = "uq_keys_key_active"


class Key(Base):
    """A key and its state: next (published, not used), active, retiring (still verifies and
    opens), revoked. ``kid`` of a signing key is its RFC 7638 thumbprint."""

    __tablename__ = "keys_key"
    __table_args__ = (
        CheckConstraint("kind IN ('sign', 'seal', 'blind')", name="kind"),
        CheckConstraint("state IN ('next', 'active', 'retiring', 'revoked')", name="state"),
        Index(ONE_ACTIVE, "kind", unique=True, postgresql_where=text("state = 'active'")),
    )

    kid: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    state: Mapped[str]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    public_jwk: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]


retry_on(ONE_ACTIVE)
