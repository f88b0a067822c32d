"""Where a client hears that somebody is signed out."""

import sqlalchemy as sa
from alembic import op

revision = "0020_logout_addresses"
down_revision = "0019_notices"


def upgrade() -> None:
    op.add_column("identity_client", sa.Column("logout_uri", sa.Text))
