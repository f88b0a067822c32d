"""Where a client hears that somebody is signed out, and where a browser goes afterwards."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020_logout_addresses"
down_revision = "0019_notices"


def upgrade() -> None:
    op.add_column("identity_client", sa.Column("logout_uri", sa.Text))
    op.add_column(
        "identity_client",
        sa.Column(
            "after_logout_uris", postgresql.ARRAY(sa.Text), nullable=False, server_default="{}"
        ),
    )
