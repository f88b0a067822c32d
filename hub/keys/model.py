"""The table of keys; every private part in it is sealed by the root key."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.db import Base, retry_on

ONE_ACTIVE = "uq_keys_key_active"
ONE_NEXT = "uq_keys_key_next"


class Key(Base):
    """A key and its state (rotation.py). ``kid`` of a signing key is its RFC 7638 thumbprint;
    ``created_at`` is when it was published, ``changed_at`` when its present state began."""

    __tablename__ = "keys_key"
    __table_args__ = (
        CheckConstraint("kind IN ('sign', 'seal', 'blind')", name="kind"),
        CheckConstraint("state IN ('next', 'active', 'retiring', 'revoked')", name="state"),
        CheckConstraint(
            "(state = 'revoked') = (revoked_because IS NOT NULL)"
            " AND revoked_because IN ('age', 'compromise')",
            name="revoked_because",
        ),
        Index(ONE_ACTIVE, "kind", unique=True, postgresql_where=text("state = 'active'")),
        Index(ONE_NEXT, "kind", unique=True, postgresql_where=text("state = 'next'")),
    )

    kid: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    state: Mapped[str]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    public_jwk: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    revoked_because: Mapped[str | None]


retry_on(ONE_ACTIVE)
retry_on(ONE_NEXT)
