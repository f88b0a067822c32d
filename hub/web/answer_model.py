"""The table of answers given under an Idempotency-Key."""

from datetime import datetime

from sqlalchemy import Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.db import Base


class Answer(Base):
    """``key`` is an HMAC of scope and Idempotency-Key; ``request`` the fingerprint; ``sealed`` the
    answer, null once its seven days are over."""

    __tablename__ = "web_answer"
    __table_args__ = (Index("ix_web_answer_claimed_at", "claimed_at"),)

    key: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    request: Mapped[bytes] = mapped_column(LargeBinary)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    claimed_at: Mapped[datetime]
