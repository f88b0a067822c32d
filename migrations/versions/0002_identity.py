"""Identity: people, their addresses, sign-ins under way, sessions and refresh tokens, devices.

The messages that a demonstration shows have a schema of their own.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0002_identity"
down_revision = "0001_kernel"

MOMENT = sa.DateTime(timezone=True)
CHANNELS = "channel IN ('sms', 'email')"
ZERO, ONE = sa.text("0"), sa.text("1")


def upgrade() -> None:
    people()
    signing_in()
    sessions()
    refresh_tokens()
    devices()
    shown_messages()


def people() -> None:
    op.create_table(
        "identity_person",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("display_name", sa.Text),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("synthetic", sa.Boolean, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_identity_person"),
        sa.CheckConstraint("language IN ('zh-CN', 'en', 'ru')", name="language_known"),
        sa.CheckConstraint("state IN ('active', 'closed')", name="state_known"),
    )
    op.create_table(
        "identity_address",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("blind_index", sa.LargeBinary, nullable=False),
        sa.Column("verified_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_identity_address"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["identity_person.id"], name="fk_identity_address_person_id"
        ),
        sa.UniqueConstraint("channel", "blind_index", name="uq_identity_address_blind_index"),
        sa.CheckConstraint(CHANNELS, name="channel_known"),
    )
    op.create_index("ix_identity_address_person_id", "identity_address", ["person_id"])
    op.create_table(
        "identity_authenticator",
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("secret_sealed", sa.LargeBinary, nullable=False),
        sa.Column("last_step", sa.Integer, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("confirmed_at", MOMENT),
        sa.PrimaryKeyConstraint("person_id", name="pk_identity_authenticator"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["identity_person.id"], name="fk_identity_authenticator_person_id"
        ),
    )
    changeable("identity_person", "identity_address", "identity_authenticator")


def signing_in() -> None:
    op.create_table(
        "identity_login",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("secret_hash", sa.LargeBinary, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("address_sealed", sa.LargeBinary),
        sa.Column("address_index", sa.LargeBinary, nullable=False),
        sa.Column("code_hmac", sa.LargeBinary, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("second_tries", sa.Integer, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("person_id", sa.Uuid),
        sa.Column("code_expires_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_identity_login"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["identity_person.id"], name="fk_identity_login_person_id"
        ),
        sa.UniqueConstraint("secret_hash", name="uq_identity_login_secret_hash"),
        sa.CheckConstraint(CHANNELS, name="channel_known"),
        sa.CheckConstraint(
            "state IN ('code', 'second_factor', 'done', 'over')",
            name="state_known",
        ),
    )
    op.create_index("ix_identity_login_expires_at", "identity_login", ["expires_at"])
    op.create_table(
        "identity_code_delivery",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("login_id", sa.Uuid, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("address_sealed", sa.LargeBinary),
        sa.Column("code_sealed", sa.LargeBinary),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_identity_code_delivery"),
        sa.ForeignKeyConstraint(
            ["login_id"],
            ["identity_login.id"],
            name="fk_identity_code_delivery_login_id",
            ondelete="CASCADE",
        ),
        sa.CheckConstraint(CHANNELS, name="channel_known"),
        sa.CheckConstraint(
            "state IN ('waiting', 'sent', 'given_up')",
            name="state_known",
        ),
        sa.CheckConstraint(
            "state = 'waiting' OR (address_sealed IS NULL AND code_sealed IS NULL)",
            name="erased_after_sending",
        ),
    )
    op.create_index(
        "ix_identity_code_delivery_waiting",
        "identity_code_delivery",
        ["due_at"],
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index("ix_identity_code_delivery_login_id", "identity_code_delivery", ["login_id"])
    op.create_table(
        "identity_bucket",
        sa.Column("key", sa.LargeBinary, nullable=False),
        sa.Column("tokens", sa.Float, nullable=False),
        sa.Column("refilled_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_identity_bucket"),
        postgresql_with={"fillfactor": "70"},
    )
    op.create_index("ix_identity_bucket_refilled_at", "identity_bucket", ["refilled_at"])
    changeable("identity_login", "identity_code_delivery", "identity_bucket")


def sessions() -> None:
    op.create_table(
        "identity_session",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("device_name", sa.Text),
        sa.Column("acr", sa.Text, nullable=False),
        sa.Column("amr", ARRAY(sa.Text), nullable=False),
        sa.Column("auth_time", MOMENT, nullable=False),
        sa.Column("last_seen_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("revoked_at", MOMENT),
        sa.Column("revoked_because", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_identity_session"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["identity_person.id"], name="fk_identity_session_person_id"
        ),
    )
    op.create_index("ix_identity_session_person_id_id", "identity_session", ["person_id", "id"])
    op.create_index("ix_identity_session_expires_at", "identity_session", ["expires_at"])
    op.create_index(
        "ix_identity_session_revoked_at",
        "identity_session",
        ["revoked_at"],
        postgresql_where=sa.text("revoked_at IS NOT NULL"),
    )
    op.create_table(
        "identity_grant",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("session_id", sa.Uuid),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("client_id", sa.Text, nullable=False),
        sa.Column("scopes", ARRAY(sa.Text), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("revoked_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_identity_grant"),
        sa.ForeignKeyConstraint(
            ["session_id"], ["identity_session.id"], name="fk_identity_grant_session_id"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["identity_person.id"], name="fk_identity_grant_person_id"
        ),
    )
    op.create_index("ix_identity_grant_session_id", "identity_grant", ["session_id"])
    op.create_index("ix_identity_grant_person_id", "identity_grant", ["person_id"])
    changeable("identity_session", "identity_grant")


def refresh_tokens() -> None:
    op.create_table(
        "identity_refresh_token",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("grant_id", sa.Uuid, nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("token_hash", sa.LargeBinary, nullable=False),
        sa.Column("issued_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT),
        sa.Column("successor_sealed", sa.LargeBinary),
        sa.PrimaryKeyConstraint("id", name="pk_identity_refresh_token"),
        sa.ForeignKeyConstraint(
            ["grant_id"],
            ["identity_grant.id"],
            name="fk_identity_refresh_token_grant_id",
            ondelete="CASCADE",
        ),
        sa.UniqueConstraint("token_hash", name="uq_identity_refresh_token_token_hash"),
        sa.UniqueConstraint("grant_id", "generation", name="uq_identity_refresh_token_generation"),
    )
    op.create_index(
        "ix_identity_refresh_token_expires_at", "identity_refresh_token", ["expires_at"]
    )
    op.create_index(
        "ix_identity_refresh_token_successor",
        "identity_refresh_token",
        ["used_at"],
        postgresql_where=sa.text("successor_sealed IS NOT NULL"),
    )
    changeable("identity_refresh_token")


def devices() -> None:
    op.create_table(
        "identity_device",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("scopes", ARRAY(sa.Text), nullable=False),
        sa.Column("acts_for", ARRAY(sa.Text), nullable=False),
        sa.Column("public_jwk", JSONB, nullable=False),
        sa.Column("kid", sa.Text, nullable=False),
        sa.Column("enrolled_at", MOMENT, nullable=False),
        sa.Column("revoked_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_identity_device"),
        sa.UniqueConstraint("kid", name="uq_identity_device_kid"),
        sa.CheckConstraint(
            "kind IN ('kiosk', 'gate', 'validator', 'vehicle_gateway', 'publisher')",
            name="kind_known",
        ),
    )
    op.execute("GRANT SELECT, INSERT ON identity_device TO hub_app")
    op.execute("GRANT UPDATE (revoked_at) ON identity_device TO hub_app")
    op.execute("GRANT SELECT ON identity_device TO hub_read")


def shown_messages() -> None:
    op.execute("CREATE SCHEMA simulator_message")
    op.create_table(
        "message",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("shown_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_message"),
        sa.CheckConstraint(CHANNELS, name="channel_known"),
        schema="simulator_message",
    )
    op.execute("GRANT USAGE ON SCHEMA simulator_message TO hub_app")
    op.execute("GRANT SELECT, INSERT, DELETE ON simulator_message.message TO hub_app")


def changeable(*tables: str) -> None:
    """Rows that the application writes and forgets; nobody reads them who only reads."""
    for table in tables:
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO hub_app")
