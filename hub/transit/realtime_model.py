"""Tables of what happens today: operators' own words about trips and lines, and calls served."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Index, Integer, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.db import Base

CURRENT_TRANSACTION = "(pg_current_xact_id()::text::bigint)"


class TripUpdate(Base):
    """The last TripUpdate about a journey. `service_day` (YYYYMMDD) and `start_time` are empty
    where the feed left them out; `withdrawn` when a later full dataset no longer held it."""

    __tablename__ = "transit_trip_update"
    __table_args__ = (
        Index("ix_transit_trip_update_transaction", "transaction"),
        Index("ix_transit_trip_update_reported_at", "reported_at"),
    )

    feed: Mapped[str] = mapped_column(Text, primary_key=True)
    trip: Mapped[str] = mapped_column(Text, primary_key=True)
    service_day: Mapped[str] = mapped_column(Text, primary_key=True)
    start_time: Mapped[str] = mapped_column(Text, primary_key=True)
    reported_at: Mapped[datetime]
    said: Mapped[dict[str, Any]] = mapped_column(JSONB)
    withdrawn: Mapped[bool]
    transaction: Mapped[int] = mapped_column(BigInteger, server_default=text(CURRENT_TRANSACTION))


class StoredAlert(Base):
    """An alert of a feed; one that a later message no longer holds is withdrawn, not removed."""

    __tablename__ = "transit_alert"

    feed: Mapped[str] = mapped_column(Text, primary_key=True)
    id: Mapped[str] = mapped_column(Text, primary_key=True)
    said: Mapped[dict[str, Any]] = mapped_column(JSONB)
    reported_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class StopPassage(Base):
    """A vehicle served a call of a journey: the truth that predictions are measured by. Written
    once, by the tracker; a restarted one finds its own rows and changes nothing."""

    __tablename__ = "transit_stop_passage"
    __table_args__ = (Index("ix_transit_stop_passage_stop", "feed", "stop", "passed_at"),)

    feed: Mapped[str] = mapped_column(Text, primary_key=True)
    service_date: Mapped[date] = mapped_column(primary_key=True)
    trip: Mapped[str] = mapped_column(Text, primary_key=True)
    start_s: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    stop: Mapped[str] = mapped_column(Text)
    vehicle: Mapped[str] = mapped_column(Text)
    passed_at: Mapped[datetime]
    delay_s: Mapped[int] = mapped_column(Integer)
