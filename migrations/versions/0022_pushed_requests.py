"""Authorization requests that a client's server leaves before the browser comes (RFC 9126)."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0022_pushed_requests"
down_revision = "0021_notices_of_privacy"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "oauth_pushed_request",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("name_hash", sa.LargeBinary, nullable=False),
        sa.Column("client_id", sa.Text, nullable=False),
        sa.Column("parameters", JSONB, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_oauth_pushed_request"),
        sa.UniqueConstraint("name_hash", name="uq_oauth_pushed_request_name_hash"),
    )
    op.create_index("ix_oauth_pushed_request_expires_at", "oauth_pushed_request", ["expires_at"])
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON oauth_pushed_request TO hub_app")
