"""Passwords and recovery codes; a sign-in that begins with a password awaits no code."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0007_credentials"
down_revision = "0006_consent"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "identity_password",
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("hash_sealed", sa.LargeBinary, nullable=False),
        sa.Column("stands_alone", sa.Boolean, nullable=False),
        sa.Column("set_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("person_id", name="pk_identity_password"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["identity_person.id"], name="fk_identity_password_person_id"
        ),
    )
    op.create_table(
        "identity_recovery_code",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("code_hmac", sa.LargeBinary, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_identity_recovery_code"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["identity_person.id"], name="fk_identity_recovery_code_person_id"
        ),
        sa.UniqueConstraint("person_id", "code_hmac", name="uq_identity_recovery_code_code_hmac"),
    )
    op.create_index(
        "ix_identity_recovery_code_unused",
        "identity_recovery_code",
        ["person_id"],
        postgresql_where=sa.text("used_at IS NULL"),
    )
    logins()
    for table in ("identity_password", "identity_recovery_code"):
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO hub_app")


def logins() -> None:
    """Sign-ins live a quarter of an hour, so the table is small and the check is quick."""
    op.alter_column("identity_login", "code_hmac", nullable=True)
    op.alter_column("identity_login", "code_expires_at", nullable=True)
    op.add_column(
        "identity_login",
        sa.Column("shown", ARRAY(sa.Text), nullable=False, server_default="{}"),
    )
    op.create_check_constraint(
        op.f("ck_identity_login_code_expected"),
        "identity_login",
        "state <> 'code' OR (code_hmac IS NOT NULL AND code_expires_at IS NOT NULL)",
    )
