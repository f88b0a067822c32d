"""What happens today on the lines: trip updates, alerts, calls served."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0005_realtime"
down_revision = "0004_transit"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    trip_updates()
    alerts()
    passages()
    tables = "transit_trip_update, transit_alert, transit_stop_passage"
    op.execute(f"GRANT SELECT ON {tables} TO hub_read")


def trip_updates() -> None:
    op.create_table(
        "transit_trip_update",
        sa.Column("feed", sa.Text, nullable=False),
        sa.Column("trip", sa.Text, nullable=False),
        sa.Column("service_day", sa.Text, nullable=False),
        sa.Column("start_time", sa.Text, nullable=False),
        sa.Column("reported_at", MOMENT, nullable=False),
        sa.Column("said", JSONB, nullable=False),
        sa.Column("withdrawn", sa.Boolean, nullable=False),
        sa.Column(
            "transaction",
            sa.BigInteger,
            server_default=sa.text("(pg_current_xact_id()::text::bigint)"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint(
            "feed", "trip", "service_day", "start_time", name="pk_transit_trip_update"
        ),
    )
    op.create_index("ix_transit_trip_update_transaction", "transit_trip_update", ["transaction"])
    op.create_index("ix_transit_trip_update_reported_at", "transit_trip_update", ["reported_at"])
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON transit_trip_update TO hub_app")


def alerts() -> None:
    op.create_table(
        "transit_alert",
        sa.Column("feed", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("said", JSONB, nullable=False),
        sa.Column("reported_at", MOMENT, nullable=False),
        sa.Column("withdrawn_at", MOMENT),
        sa.PrimaryKeyConstraint("feed", "id", name="pk_transit_alert"),
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON transit_alert TO hub_app")


def passages() -> None:
    op.create_table(
        "transit_stop_passage",
        sa.Column("feed", sa.Text, nullable=False),
        sa.Column("service_date", sa.Date, nullable=False),
        sa.Column("trip", sa.Text, nullable=False),
        sa.Column("start_s", sa.Integer, nullable=False),
        sa.Column("position", sa.SmallInteger, nullable=False),
        sa.Column("stop", sa.Text, nullable=False),
        sa.Column("vehicle", sa.Text, nullable=False),
        sa.Column("passed_at", MOMENT, nullable=False),
        sa.Column("delay_s", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint(
            "feed", "service_date", "trip", "start_s", "position", name="pk_transit_stop_passage"
        ),
    )
    op.create_index(
        "ix_transit_stop_passage_stop", "transit_stop_passage", ["feed", "stop", "passed_at"]
    )
    op.execute("GRANT SELECT, INSERT ON transit_stop_passage TO hub_app")
