"""OAuth: assertions of clients, questions of devices without a browser, initial access tokens."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0018_oauth_ways"
down_revision = "0017_mandates"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "oauth_used_assertion",
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_oauth_used_assertion"),
    )
    op.create_index("ix_oauth_used_assertion_expires_at", "oauth_used_assertion", ["expires_at"])
    op.execute("GRANT SELECT, INSERT, DELETE ON oauth_used_assertion TO hub_app")
    op.create_table(
        "oauth_device_code",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("device_hash", sa.LargeBinary, nullable=False),
        sa.Column("user_hash", sa.LargeBinary, nullable=False),
        sa.Column("client_id", sa.Text, nullable=False),
        sa.Column("scopes", ARRAY(sa.Text), nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("interval_seconds", sa.Integer, nullable=False),
        sa.Column("next_poll_at", MOMENT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("session_id", sa.Uuid),
        sa.Column("until", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_oauth_device_code"),
        sa.UniqueConstraint("device_hash", name="uq_oauth_device_code_device_hash"),
        sa.UniqueConstraint("user_hash", name="uq_oauth_device_code_user_hash"),
        sa.CheckConstraint("state IN ('waiting', 'allowed', 'denied', 'used')", name="state_known"),
    )
    op.create_index("ix_oauth_device_code_expires_at", "oauth_device_code", ["expires_at"])
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON oauth_device_code TO hub_app")
    op.create_table(
        "oauth_initial_token",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("token_hash", sa.LargeBinary, nullable=False),
        sa.Column("organisation", sa.Text, nullable=False),
        sa.Column("uses_left", sa.Integer, nullable=False),
        sa.Column("synthetic", sa.Boolean, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_oauth_initial_token"),
        sa.UniqueConstraint("token_hash", name="uq_oauth_initial_token_token_hash"),
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON oauth_initial_token TO hub_app")
