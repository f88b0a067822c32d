"""Consent: who may use what about whom; the history of acts with their receipts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0006_consent"
down_revision = "0005_realtime"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "consent_consent",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("recipient_name", sa.Text, nullable=False),
        sa.Column("scopes", ARRAY(sa.Text), nullable=False),
        sa.Column("purpose_text", sa.Text, nullable=False),
        sa.Column("purpose_version", sa.Text, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("given_at", MOMENT, nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.Column("withdrawn_at", MOMENT),
        sa.Column("withdrawn_by", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_consent_consent"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["identity_person.id"], name="fk_consent_consent_person_id"
        ),
        sa.CheckConstraint("language IN ('zh-CN', 'en', 'ru')", name="language_known"),
        sa.CheckConstraint("source IN ('page', 'app', 'counter')", name="source_known"),
        sa.CheckConstraint("until > given_at", name="has_a_term"),
        sa.CheckConstraint("cardinality(scopes) > 0", name="is_about_something"),
        sa.CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_by IS NULL)", name="withdrawn_by_somebody"
        ),
    )
    op.create_index("ix_consent_consent_person_id_id", "consent_consent", ["person_id", "id"])
    op.create_index(
        "ix_consent_consent_person_id_recipient", "consent_consent", ["person_id", "recipient"]
    )
    op.create_table(
        "consent_event",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("consent_id", sa.Uuid, nullable=False),
        sa.Column("act", sa.Text, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("actor_kind", sa.Text, nullable=False),
        sa.Column("actor_id", sa.Text, nullable=False),
        sa.Column("receipt", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_consent_event"),
        sa.ForeignKeyConstraint(
            ["consent_id"], ["consent_consent.id"], name="fk_consent_event_consent_id"
        ),
        sa.UniqueConstraint("consent_id", "act", name="uq_consent_event_act"),
        sa.CheckConstraint("act IN ('given', 'withdrawn')", name="act_known"),
    )
    # What was agreed to never changes; only that it was taken back is added.
    op.execute("GRANT SELECT, INSERT ON consent_consent, consent_event TO hub_app")
    op.execute("GRANT UPDATE (withdrawn_at, withdrawn_by) ON consent_consent TO hub_app")
