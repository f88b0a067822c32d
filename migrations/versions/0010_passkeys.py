"""Passkeys, and the ceremonies that are under way."""

import sqlalchemy as sa
from alembic import op

revision = "0010_passkeys"
down_revision = "0009_real_names"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "identity_passkey",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("credential_id", sa.LargeBinary, nullable=False),
        sa.Column("public_key", sa.LargeBinary, nullable=False),
        sa.Column("sign_count", sa.BigInteger, nullable=False),
        sa.Column("aaguid", sa.Uuid, nullable=False),
        sa.Column("backup_eligible", sa.Boolean, nullable=False),
        sa.Column("backed_up", sa.Boolean, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("last_used_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_identity_passkey"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["identity_person.id"], name="fk_identity_passkey_person_id"
        ),
        sa.UniqueConstraint("credential_id", name="uq_identity_passkey_credential_id"),
    )
    op.create_index("ix_identity_passkey_person_id_id", "identity_passkey", ["person_id", "id"])
    op.create_table(
        "identity_ceremony",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("secret_hash", sa.LargeBinary, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("challenge", sa.LargeBinary, nullable=False),
        sa.Column("person_id", sa.Uuid),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_identity_ceremony"),
        sa.UniqueConstraint("secret_hash", name="uq_identity_ceremony_secret_hash"),
        sa.CheckConstraint("purpose IN ('show', 'add', 'join')", name="purpose_known"),
    )
    op.create_index("ix_identity_ceremony_expires_at", "identity_ceremony", ["expires_at"])
    for table in ("identity_passkey", "identity_ceremony"):
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO hub_app")
