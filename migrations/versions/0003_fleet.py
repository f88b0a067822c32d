"""The fleet: positions by day, and the quarantine.

The application adds and removes days through two functions of the owner, so that it needs no right
to change tables. Both take no lock that a reader would notice: a day is made beside the table and
attached, and detached before it is dropped.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003_fleet"
down_revision = "0002_identity"

MOMENT = sa.DateTime(timezone=True)
REASONS = "'future', 'stale', 'off_planet', 'jump', 'off_route', 'unknown_trip', 'unknown_vehicle'"

OPEN_DAYS = """
CREATE FUNCTION fleet_open_days(first date, last date) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    asked date;
    part text;
    opened integer := 0;
BEGIN
    IF last - first > 7 THEN
        RAISE EXCEPTION 'at most eight days at once';
    END IF;
    FOR asked IN SELECT generate_series(first, last, interval '1 day')::date LOOP
        part := 'fleet_position_' || to_char(asked, 'YYYYMMDD');
        CONTINUE WHEN to_regclass('public.' || part) IS NOT NULL;
        PERFORM pg_advisory_xact_lock(hashtext('fleet_open_days'));
        CONTINUE WHEN to_regclass('public.' || part) IS NOT NULL;
        EXECUTE format(
            'CREATE TABLE public.%I (LIKE public.fleet_position INCLUDING ALL)', part);
        EXECUTE format(
            'ALTER TABLE public.fleet_position ATTACH PARTITION public.%I'
            ' FOR VALUES FROM (%L) TO (%L)',
            part, asked::timestamp AT TIME ZONE 'UTC', (asked + 1)::timestamp AT TIME ZONE 'UTC');
        opened := opened + 1;
    END LOOP;
    RETURN opened;
END $$
"""

DROP_DAYS = """
CREATE FUNCTION fleet_drop_days(before date) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    part regclass;
    dropped integer := 0;
BEGIN
    IF before > (now() AT TIME ZONE 'UTC')::date - 2 THEN
        RAISE EXCEPTION 'the last two days are not history yet';
    END IF;
    FOR part IN
        SELECT inhrelid::regclass FROM pg_inherits
        WHERE inhparent = 'public.fleet_position'::regclass
          AND right(inhrelid::regclass::text, 8) < to_char(before, 'YYYYMMDD')
    LOOP
        EXECUTE format('ALTER TABLE public.fleet_position DETACH PARTITION %s', part);
        EXECUTE format('DROP TABLE %s', part);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END $$
"""


def upgrade() -> None:
    positions()
    quarantine()


def positions() -> None:
    op.create_table(
        "fleet_position",
        sa.Column("feed", sa.Text, nullable=False),
        sa.Column("vehicle", sa.Text, nullable=False),
        sa.Column("reported_at", MOMENT, nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column(
            "transaction",
            sa.BigInteger,
            server_default=sa.text("(pg_current_xact_id()::text::bigint)"),
            nullable=False,
        ),
        sa.Column("longitude", sa.Double),
        sa.Column("latitude", sa.Double),
        sa.Column("bearing", sa.REAL),
        sa.Column("speed_mps", sa.REAL),
        sa.Column("distance_m", sa.Double),
        sa.Column("trip", sa.Text),
        sa.Column("route", sa.Text),
        sa.Column("service_date", sa.Date),
        sa.Column("start_time", sa.Text),
        sa.Column("occupancy", sa.Text),
        sa.Column("label", sa.Text),
        sa.PrimaryKeyConstraint("feed", "vehicle", "reported_at", name="pk_fleet_position"),
        postgresql_partition_by="RANGE (reported_at)",
    )
    op.create_index("ix_fleet_position_transaction", "fleet_position", ["transaction"])
    op.execute("GRANT SELECT, INSERT ON fleet_position TO hub_app")
    op.execute("GRANT SELECT ON fleet_position TO hub_read")
    for name, function in (("open", OPEN_DAYS), ("drop", DROP_DAYS)):
        op.execute(function)
        arguments = "date, date" if name == "open" else "date"
        op.execute(f"REVOKE ALL ON FUNCTION fleet_{name}_days({arguments}) FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION fleet_{name}_days({arguments}) TO hub_app")
    op.execute("SELECT fleet_open_days(current_date - 1, current_date + 3)")


def quarantine() -> None:
    op.create_table(
        "fleet_quarantined_position",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("feed", sa.Text, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("raw", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_fleet_quarantined_position"),
        sa.UniqueConstraint(
            "feed", "digest", "reason", name="uq_fleet_quarantined_position_report"
        ),
        sa.CheckConstraint(f"reason IN ({REASONS})", name="reason"),
    )
    op.create_index(
        "ix_fleet_quarantined_position_received_at", "fleet_quarantined_position", ["received_at"]
    )
    op.execute("GRANT SELECT, INSERT, DELETE ON fleet_quarantined_position TO hub_app")
    op.execute("GRANT SELECT ON fleet_quarantined_position TO hub_read")
