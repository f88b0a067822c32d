"""Officers: appointments to roles, duties, and what takes two.

The new column of the sessions is empty, so no row is rewritten, and its index is partial.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0012_officers"
down_revision = "0011_oauth"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    officers()
    approvals()
    duties()


def officers() -> None:
    op.create_table(
        "identity_officer",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("service_name", sa.Text, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_identity_officer"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["identity_person.id"], name="fk_identity_officer_person_id"
        ),
        sa.UniqueConstraint("person_id", name="uq_identity_officer_person_id"),
    )
    op.execute("GRANT SELECT, INSERT, UPDATE (service_name) ON identity_officer TO hub_app")
    op.create_table(
        "identity_appointment",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("officer_id", sa.Uuid, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("appointed_by", sa.Text, nullable=False),
        sa.Column("appointed_at", MOMENT, nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_identity_appointment"),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["identity_officer.id"], name="fk_identity_appointment_officer_id"
        ),
        sa.CheckConstraint("until > appointed_at", name="has_a_term"),
    )
    op.create_index("ix_identity_appointment_officer_id", "identity_appointment", ["officer_id"])
    op.create_table(
        "identity_appointment_end",
        sa.Column("appointment_id", sa.Uuid, nullable=False),
        sa.Column("ended_by", sa.Text, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("appointment_id", name="pk_identity_appointment_end"),
        sa.ForeignKeyConstraint(
            ["appointment_id"],
            ["identity_appointment.id"],
            name="fk_identity_appointment_end_appointment_id",
        ),
    )
    # Who held which office when is never rewritten.
    op.execute("GRANT SELECT, INSERT ON identity_appointment, identity_appointment_end TO hub_app")


def approvals() -> None:
    op.create_table(
        "identity_approval",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("payload", JSONB, nullable=False),
        sa.Column("asked_by", sa.Uuid, nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("decision", sa.Text),
        sa.Column("decided_by", sa.Uuid),
        sa.Column("decided_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_identity_approval"),
        sa.ForeignKeyConstraint(
            ["asked_by"], ["identity_officer.id"], name="fk_identity_approval_asked_by"
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["identity_officer.id"], name="fk_identity_approval_decided_by"
        ),
        sa.CheckConstraint("decision IN ('approved', 'refused')", name="decision_known"),
        sa.CheckConstraint("decided_by <> asked_by", name="four_eyes"),
        sa.CheckConstraint(
            "(decision IS NULL) = (decided_by IS NULL)"
            " AND (decision IS NULL) = (decided_at IS NULL)",
            name="decided_whole",
        ),
    )
    op.create_index(
        "ix_identity_approval_waiting",
        "identity_approval",
        ["id"],
        postgresql_where=sa.text("decision IS NULL"),
    )
    # What was asked never changes; only the one decision is added.
    op.execute("GRANT SELECT, INSERT ON identity_approval TO hub_app")
    op.execute("GRANT UPDATE (decision, decided_by, decided_at) ON identity_approval TO hub_app")


def duties() -> None:
    op.add_column("identity_session", sa.Column("officer_id", sa.Uuid))
    op.create_foreign_key(
        "fk_identity_session_officer_id",
        "identity_session",
        "identity_officer",
        ["officer_id"],
        ["id"],
        postgresql_not_valid=True,
    )
    op.execute("ALTER TABLE identity_session VALIDATE CONSTRAINT fk_identity_session_officer_id")
    op.create_index(
        "ix_identity_session_officer_id",
        "identity_session",
        ["officer_id"],
        postgresql_where=sa.text("officer_id IS NOT NULL"),
    )
