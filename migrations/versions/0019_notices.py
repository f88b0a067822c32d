"""Notices and spoken codes on the lane of the codes; devices seen before; what waits for a no."""

import sqlalchemy as sa
from alembic import op

revision = "0019_notices"
down_revision = "0018_oauth_ways"

MOMENT = sa.DateTime(timezone=True)
CHANNELS = "channel IN ('sms', 'email', 'voice')"


def upgrade() -> None:
    spoken()
    notices()
    addresses()
    seen_devices()
    recoveries()
    for table in ("identity_seen_device", "identity_recovery"):
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO hub_app")


def spoken() -> None:
    """Codes may be read out on any telephone; these tables hold days, so the checks are quick."""
    for table, schema in (
        ("identity_login", None),
        ("identity_code_delivery", None),
        ("message", "simulator_message"),
    ):
        name = op.f(f"ck_{table}_channel_known")
        op.drop_constraint(name, table, schema=schema)
        op.create_check_constraint(name, table, CHANNELS, schema=schema)


def notices() -> None:
    op.alter_column("identity_code_delivery", "login_id", nullable=True)
    op.add_column(
        "identity_code_delivery",
        sa.Column("kind", sa.Text, nullable=False, server_default="code"),
    )
    op.add_column("identity_code_delivery", sa.Column("about", sa.Text))
    op.add_column("identity_code_delivery", sa.Column("person_id", sa.Uuid))
    op.create_foreign_key(
        "fk_identity_code_delivery_person_id",
        "identity_code_delivery",
        "identity_person",
        ["person_id"],
        ["id"],
    )
    op.create_check_constraint(
        op.f("ck_identity_code_delivery_kind_known"),
        "identity_code_delivery",
        "kind IN ('code', 'new_device', 'credential_changed', 'recovery_opened',"
        " 'address_claimed')",
    )
    op.create_check_constraint(
        op.f("ck_identity_code_delivery_code_of_login"),
        "identity_code_delivery",
        "(kind = 'code') = (login_id IS NOT NULL)",
    )
    op.create_unique_constraint(
        "uq_identity_code_delivery_about", "identity_code_delivery", ["about"]
    )


def addresses() -> None:
    op.add_column("identity_address", sa.Column("used_at", MOMENT))


def seen_devices() -> None:
    op.create_table(
        "identity_seen_device",
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("mark_hash", sa.LargeBinary, nullable=False),
        sa.Column("first_seen_at", MOMENT, nullable=False),
        sa.Column("last_seen_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("person_id", "mark_hash", name="pk_identity_seen_device"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["identity_person.id"], name="fk_identity_seen_device_person_id"
        ),
    )
    op.create_index(
        "ix_identity_seen_device_last_seen_at", "identity_seen_device", ["last_seen_at"]
    )


def recoveries() -> None:
    op.create_table(
        "identity_recovery",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("claimant_id", sa.Uuid),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("address_index", sa.LargeBinary, nullable=False),
        sa.Column("secret_hash", sa.LargeBinary, nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("closed_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_identity_recovery"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["identity_person.id"], name="fk_identity_recovery_person_id"
        ),
        sa.ForeignKeyConstraint(
            ["claimant_id"], ["identity_person.id"], name="fk_identity_recovery_claimant_id"
        ),
        sa.UniqueConstraint("secret_hash", name="uq_identity_recovery_secret_hash"),
        sa.CheckConstraint("kind IN ('account', 'address')", name="kind_known"),
        sa.CheckConstraint("state IN ('waiting', 'done', 'cancelled')", name="state_known"),
        sa.CheckConstraint(
            "(kind = 'address') = (claimant_id IS NOT NULL)", name="claimant_of_address"
        ),
    )
    op.create_index("ix_identity_recovery_person_id", "identity_recovery", ["person_id"])
    for name, column, kind in (
        ("uq_identity_recovery_account_waiting", "person_id", "account"),
        ("uq_identity_recovery_address_waiting", "address_index", "address"),
    ):
        op.create_index(
            name,
            "identity_recovery",
            [column],
            unique=True,
            postgresql_where=sa.text(f"state = 'waiting' AND kind = '{kind}'"),
        )
