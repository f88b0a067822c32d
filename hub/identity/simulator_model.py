"""Messages that a demonstration shows instead of sending them. Empty wherever HUB_DEMO is off."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import CheckConstraint, Text
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.db import Base
from hub.kernel.personal import nobodys, personal

_SHOWN = personal(
    purpose="to show in a demonstration what would have been sent",
    basis="consent",
    keep=timedelta(days=1),
    export=False,
    erase="delete",
    duty="identity.forget_old",
)


class ShownMessage(Base):
    """One message, readable on this machine only."""

    __tablename__ = "message"
    __table_args__ = (
        CheckConstraint("channel IN ('sms', 'email', 'voice')", name="channel_known"),
        {
            "schema": "simulator_message",
            "info": nobodys("found by no account; each is gone after a day"),
        },
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text, info=_SHOWN)
    subject: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text, info=_SHOWN)
    shown_at: Mapped[datetime]
