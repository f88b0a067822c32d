"""Partner organisations, their members and clients, what they ask; two secrets in rotation.

The new columns of the clients are empty, so no row is rewritten.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0016_partners"
down_revision = "0015_privacy"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("identity_client", sa.Column("earlier_secret_hash", sa.LargeBinary))
    op.add_column("identity_client", sa.Column("earlier_secret_until", MOMENT))
    organisations()
    clients()


def organisations() -> None:
    op.create_table(
        "partners_organisation",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("names", JSONB, nullable=False),
        sa.Column("contact", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_partners_organisation"),
        sa.CheckConstraint("state IN ('active', 'suspended')", name="state_known"),
    )
    op.create_table(
        "partners_member",
        sa.Column("organisation_id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "person_id", name="pk_partners_member"),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["partners_organisation.id"],
            name="fk_partners_member_organisation_id",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["identity_person.id"], name="fk_partners_member_person_id"
        ),
        sa.CheckConstraint("role IN ('owner', 'developer')", name="role_known"),
    )
    op.create_index("ix_partners_member_person_id", "partners_member", ["person_id"])
    op.execute("GRANT SELECT, INSERT, UPDATE ON partners_organisation TO hub_app")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON partners_member TO hub_app")


def clients() -> None:
    op.create_table(
        "partners_client",
        sa.Column("client_id", sa.Uuid, nullable=False),
        sa.Column("organisation_id", sa.Uuid, nullable=False),
        sa.Column("live_at", MOMENT),
        sa.PrimaryKeyConstraint("client_id", name="pk_partners_client"),
        sa.ForeignKeyConstraint(
            ["client_id"], ["identity_client.id"], name="fk_partners_client_client_id"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["partners_organisation.id"],
            name="fk_partners_client_organisation_id",
        ),
    )
    op.create_index("ix_partners_client_organisation_id", "partners_client", ["organisation_id"])
    op.create_table(
        "partners_scope_request",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("client_id", sa.Uuid, nullable=False),
        sa.Column("organisation_id", sa.Uuid, nullable=False),
        sa.Column("scopes", ARRAY(sa.Text), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("decided_by", sa.Text),
        sa.Column("decided_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_partners_scope_request"),
        sa.ForeignKeyConstraint(
            ["client_id"],
            ["partners_client.client_id"],
            name="fk_partners_scope_request_client_id",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["partners_organisation.id"],
            name="fk_partners_scope_request_organisation_id",
        ),
        sa.CheckConstraint("state IN ('waiting', 'granted', 'refused')", name="state_known"),
        sa.CheckConstraint("(state = 'waiting') = (decided_at IS NULL)", name="decided_whole"),
        sa.CheckConstraint("cardinality(scopes) > 0", name="asks_something"),
    )
    op.create_index(
        "ix_partners_scope_request_organisation_id", "partners_scope_request", ["organisation_id"]
    )
    op.create_index(
        "ix_partners_scope_request_waiting",
        "partners_scope_request",
        ["id"],
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.execute("GRANT SELECT, INSERT ON partners_client, partners_scope_request TO hub_app")
    op.execute("GRANT UPDATE (live_at) ON partners_client TO hub_app")
    op.execute("GRANT UPDATE (state, decided_by, decided_at) ON partners_scope_request TO hub_app")
