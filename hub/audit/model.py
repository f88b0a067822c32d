"""The audit table: append-only, for the application no UPDATE or DELETE is granted."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Identity, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.db import Base


class Entry(Base):
    """One act. ``details`` hold ids, states and counts, nothing personal.
    ``act`` is who did it for the actor, by a mandate."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index("ix_audit_entry_subject", "subject", "at"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    at: Mapped[datetime]
    actor_kind: Mapped[str]
    actor_id: Mapped[str]
    act: Mapped[str | None]
    action: Mapped[str]
    subject: Mapped[str]
    request_id: Mapped[str | None]
    details: Mapped[dict[str, Any]] = mapped_column(JSONB)
