"""The kernel's tables, keys, files, audit, stored answers, and the schema of jobs.

The roles come first. hub_owner owns everything and only the release role is it; hub_app reads and
writes what it is granted here, table by table; hub_read only reads. They are made once per cluster
by whoever runs it (hub/local does on one machine), because making roles takes more rights than a
migration should have.
"""

from importlib.metadata import version

import sqlalchemy as sa
from alembic import op
from procrastinate.schema import SchemaManager
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001_kernel"
down_revision = None

ROLES = ("hub_owner", "hub_app", "hub_read")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    check_roles()
    op.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    op.execute("GRANT USAGE ON SCHEMA public TO hub_app, hub_read")
    op.execute("GRANT SELECT ON alembic_version TO hub_app, hub_read")  # asked by /readyz
    outbox()
    changes()
    keys()
    files()
    audit()
    answers()
    jobs()


def check_roles() -> None:
    """The three roles exist, and this migration runs as the owner."""
    connection = op.get_bind()
    found = set(
        connection.scalars(
            sa.text("SELECT rolname FROM pg_roles WHERE rolname = ANY(:names)"),
            {"names": list(ROLES)},
        )
    )
    if missing := [role for role in ROLES if role not in found]:
        raise SystemExit(
            f"Database roles missing: {', '.join(missing)}. See docs/operations.md, Roles."
        )


def outbox() -> None:
    op.create_table(
        "kernel_outbox",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("occurred_at", MOMENT, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("actor_kind", sa.Text, nullable=False),
        sa.Column("actor_id", sa.Text, nullable=False),
        sa.Column("request_id", sa.Text),
        sa.Column("data", JSONB, nullable=False),
        sa.Column("relayed_at", MOMENT),
        sa.Column("held_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_kernel_outbox"),
        sa.CheckConstraint("sequence > 0", name="sequence_positive"),
    )
    op.create_index(
        "ix_kernel_outbox_waiting",
        "kernel_outbox",
        ["id"],
        postgresql_where=sa.text("relayed_at IS NULL AND held_at IS NULL"),
    )
    op.create_index("ix_kernel_outbox_relayed_at", "kernel_outbox", ["relayed_at"])
    op.execute("GRANT SELECT, INSERT, DELETE ON kernel_outbox TO hub_app")
    op.execute("GRANT UPDATE (relayed_at, held_at) ON kernel_outbox TO hub_app")
    op.create_table(
        "kernel_event_sequence",
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("last", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("subject", name="pk_kernel_event_sequence"),
    )
    op.execute("GRANT SELECT, INSERT, UPDATE ON kernel_event_sequence TO hub_app")
    op.create_table(
        "kernel_reaction",
        sa.Column("event_id", sa.Uuid, nullable=False),
        sa.Column("reaction", sa.Text, nullable=False),
        sa.Column("done_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("event_id", "reaction", name="pk_kernel_reaction"),
    )
    op.execute("GRANT SELECT, INSERT, DELETE ON kernel_reaction TO hub_app")
    op.execute("GRANT SELECT ON kernel_outbox, kernel_event_sequence, kernel_reaction TO hub_read")


def changes() -> None:
    op.create_table(
        "kernel_change",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("announced_at", MOMENT, nullable=False),
        sa.Column(
            "transaction",
            sa.BigInteger,
            server_default=sa.text("(pg_current_xact_id()::text::bigint)"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name="pk_kernel_change"),
    )
    op.create_index("ix_kernel_change_transaction", "kernel_change", ["transaction"])
    op.execute("GRANT SELECT, INSERT, DELETE ON kernel_change TO hub_app")
    op.execute("GRANT SELECT ON kernel_change TO hub_read")


def keys() -> None:
    op.create_table(
        "keys_key",
        sa.Column("kid", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("public_jwk", JSONB),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("kid", name="pk_keys_key"),
        sa.CheckConstraint("kind IN ('sign', 'seal', 'blind')", name="kind"),
        sa.CheckConstraint("state IN ('next', 'active', 'retiring', 'revoked')", name="state"),
    )
    op.create_index(
        "uq_keys_key_active",
        "keys_key",
        ["kind"],
        unique=True,
        postgresql_where=sa.text("state = 'active'"),
    )
    op.execute("GRANT SELECT, INSERT ON keys_key TO hub_app")
    op.execute("GRANT UPDATE (state, changed_at) ON keys_key TO hub_app")


def files() -> None:
    op.create_table(
        "files_file",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("sha256", sa.LargeBinary, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("media_type", sa.Text, nullable=False),
        sa.Column("stored_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_files_file"),
        sa.CheckConstraint("size >= 0", name="size"),
    )
    op.create_index("ix_files_file_sha256", "files_file", ["sha256"])
    op.execute("GRANT SELECT, INSERT, DELETE ON files_file TO hub_app")
    op.execute("GRANT SELECT ON files_file TO hub_read")


def audit() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("actor_kind", sa.Text, nullable=False),
        sa.Column("actor_id", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("request_id", sa.Text),
        sa.Column("details", JSONB, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_entry"),
    )
    op.create_index("ix_audit_entry_subject", "audit_entry", ["subject", "at"])
    op.execute("GRANT SELECT, INSERT ON audit_entry TO hub_app")
    op.execute("GRANT SELECT ON audit_entry TO hub_read")


def answers() -> None:
    op.create_table(
        "web_answer",
        sa.Column("key", sa.LargeBinary, nullable=False),
        sa.Column("request", sa.LargeBinary, nullable=False),
        sa.Column("sealed", sa.LargeBinary),
        sa.Column("claimed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_web_answer"),
        postgresql_with={"fillfactor": "70"},
    )
    op.create_index("ix_web_answer_claimed_at", "web_answer", ["claimed_at"])
    op.execute("GRANT SELECT, INSERT, DELETE ON web_answer TO hub_app")
    op.execute("GRANT UPDATE (sealed) ON web_answer TO hub_app")


def jobs() -> None:
    """Procrastinate's own SQL, from the installed library, in a schema of its own."""
    assert version("procrastinate").startswith("3."), "A new major release needs its own migration."
    op.execute("CREATE SCHEMA procrastinate")
    op.execute("SET LOCAL search_path TO procrastinate")
    op.get_bind().exec_driver_sql(SchemaManager.get_schema().replace("%", "%%"))
    op.execute("SET LOCAL search_path TO public")
    op.execute("GRANT USAGE ON SCHEMA procrastinate TO hub_app")
    op.execute(
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA procrastinate TO hub_app"
    )
    op.execute("GRANT USAGE ON ALL SEQUENCES IN SCHEMA procrastinate TO hub_app")
