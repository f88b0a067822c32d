"""OAuth: partners' clients, grants that outlive a session, authorization codes.

The new columns of the grants have defaults or are empty, so no row is rewritten; the index of ended
grants is partial and small.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0011_oauth"
down_revision = "0010_passkeys"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    clients()
    grants()
    codes()


def clients() -> None:
    op.create_table(
        "identity_client",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("names", JSONB, nullable=False),
        sa.Column("organisation", sa.Text, nullable=False),
        sa.Column("purpose", JSONB, nullable=False),
        sa.Column("redirect_uris", ARRAY(sa.Text), nullable=False),
        sa.Column("scopes", ARRAY(sa.Text), nullable=False),
        sa.Column("auth_method", sa.Text, nullable=False),
        sa.Column("secret_hash", sa.LargeBinary),
        sa.Column("jwks", JSONB),
        sa.Column("sector", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("synthetic", sa.Boolean, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_identity_client"),
        sa.CheckConstraint("kind IN ('public', 'confidential', 'service')", name="kind_known"),
        sa.CheckConstraint(
            "auth_method IN ('none', 'client_secret_basic', 'client_secret_post',"
            " 'private_key_jwt')",
            name="auth_method_known",
        ),
        sa.CheckConstraint("state IN ('active', 'suspended', 'ended')", name="state_known"),
        sa.CheckConstraint(
            "(kind = 'public') = (auth_method = 'none')", name="only_public_without_secret"
        ),
    )
    op.execute("GRANT SELECT, INSERT, UPDATE ON identity_client TO hub_app")


def grants() -> None:
    op.add_column(
        "identity_grant",
        sa.Column("offline", sa.Boolean, nullable=False, server_default=sa.text("false")),
    )
    op.add_column("identity_grant", sa.Column("last_used_at", MOMENT))
    op.add_column("identity_grant", sa.Column("expires_at", MOMENT))
    op.create_index(
        "ix_identity_grant_revoked_at",
        "identity_grant",
        ["revoked_at"],
        postgresql_where=sa.text("revoked_at IS NOT NULL"),
    )


def codes() -> None:
    op.create_table(
        "oauth_code",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("code_hash", sa.LargeBinary, nullable=False),
        sa.Column("client_id", sa.Text, nullable=False),
        sa.Column("session_id", sa.Uuid, nullable=False),
        sa.Column("redirect_uri", sa.Text, nullable=False),
        sa.Column("redirect_uri_sent", sa.Boolean, nullable=False),
        sa.Column("scopes", ARRAY(sa.Text), nullable=False),
        sa.Column("offline", sa.Boolean, nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.Column("challenge", sa.Text, nullable=False),
        sa.Column("nonce", sa.Text),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT),
        sa.Column("grant_id", sa.Uuid),
        sa.PrimaryKeyConstraint("id", name="pk_oauth_code"),
        sa.UniqueConstraint("code_hash", name="uq_oauth_code_code_hash"),
    )
    op.create_index("ix_oauth_code_expires_at", "oauth_code", ["expires_at"])
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON oauth_code TO hub_app")
