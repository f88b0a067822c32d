"""Tables of the fleet. Trips and routes are only text here: what they mean, transit knows.

`fleet_position` is partitioned by UTC day of `reported_at`; `fleet_open_days` makes partitions
and `fleet_drop_days` ends them (migration 0003), so the application needs no right to change
tables.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Identity,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import DOUBLE_PRECISION, REAL
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.db import Base

REASONS = (
    "future",
    "stale",
    "off_planet",
    "jump",
    "off_route",
    "unknown_trip",
    "unknown_vehicle",
)


class StoredPosition(Base):
    """A vehicle was there at that moment; the three together are the natural key, so a report
    received twice is stored once. `transaction` is what followers go by."""

    __tablename__ = "fleet_position"
    __table_args__: Any = (
        Index("ix_fleet_position_transaction", "transaction"),
        {"postgresql_partition_by": "RANGE (reported_at)"},
    )

    feed: Mapped[str] = mapped_column(Text, primary_key=True)
    vehicle: Mapped[str] = mapped_column(Text, primary_key=True)
    reported_at: Mapped[datetime] = mapped_column(primary_key=True)
    received_at: Mapped[datetime]
    transaction: Mapped[int] = mapped_column(
        BigInteger, server_default=text("(pg_current_xact_id()::text::bigint)")
    )
    longitude: Mapped[float | None] = mapped_column(DOUBLE_PRECISION)
    latitude: Mapped[float | None] = mapped_column(DOUBLE_PRECISION)
    bearing: Mapped[float | None] = mapped_column(REAL)
    speed_mps: Mapped[float | None] = mapped_column(REAL)
    distance_m: Mapped[float | None] = mapped_column(DOUBLE_PRECISION)
    trip: Mapped[str | None] = mapped_column(Text)
    route: Mapped[str | None] = mapped_column(Text)
    service_date: Mapped[date | None]
    start_time: Mapped[str | None] = mapped_column(Text)
    occupancy: Mapped[str | None] = mapped_column(Text)
    label: Mapped[str | None] = mapped_column(Text)


class QuarantinedPosition(Base):
    """A report that cannot be true, as it came (`raw`, JSON), and why it was set aside."""

    __tablename__ = "fleet_quarantined_position"
    __table_args__ = (
        CheckConstraint(f"reason IN ({', '.join(repr(word) for word in REASONS)})", name="reason"),
        UniqueConstraint("feed", "digest", "reason", name="uq_fleet_quarantined_position_report"),
        Index("ix_fleet_quarantined_position_received_at", "received_at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    feed: Mapped[str] = mapped_column(Text)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    reason: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime]
    raw: Mapped[str] = mapped_column(Text)
