"""Rotation of keys: at most one comes next of each kind, and why a key is trusted no more."""

import sqlalchemy as sa
from alembic import op

revision = "0008_key_rotation"
down_revision = "0007_credentials"


def upgrade() -> None:
    op.add_column("keys_key", sa.Column("revoked_because", sa.Text))
    op.execute("UPDATE keys_key SET revoked_because = 'age' WHERE state = 'revoked'")
    op.create_check_constraint(
        "revoked_because",
        "keys_key",
        "(state = 'revoked') = (revoked_because IS NOT NULL)"
        " AND revoked_because IN ('age', 'compromise')",
    )
    op.create_index(
        "uq_keys_key_next",
        "keys_key",
        ["kind"],
        unique=True,
        postgresql_where=sa.text("state = 'next'"),
    )
    op.execute("GRANT UPDATE (revoked_because) ON keys_key TO hub_app")
