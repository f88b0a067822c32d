"""The databank: versions of records, their freshness, appeals; the simulator of entitlements."""

import sqlalchemy as sa
from alembic import op

revision = "0014_databank"
down_revision = "0013_access_log"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    records()
    appeals()
    simulated_register()


def records() -> None:
    op.create_table(
        "databank_record",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("register", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("as_of", MOMENT, nullable=False),
        sa.Column("taken_in_at", MOMENT, nullable=False),
        sa.Column("content_sealed", sa.LargeBinary, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_databank_record"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["identity_person.id"], name="fk_databank_record_person_id"
        ),
        sa.UniqueConstraint(
            "person_id", "register", "key", "version", name="uq_databank_record_person_id_version"
        ),
        sa.CheckConstraint("version > 0", name="version_positive"),
        sa.CheckConstraint("origin IN ('register', 'appeal')", name="origin_known"),
    )
    # Versions are never changed; they go as a whole when a verified name ends.
    op.execute("GRANT SELECT, INSERT, DELETE ON databank_record TO hub_app")
    op.create_table(
        "databank_freshness",
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("register", sa.Text, nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("answered_at", MOMENT),
        sa.PrimaryKeyConstraint("person_id", "register", name="pk_databank_freshness"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["identity_person.id"], name="fk_databank_freshness_person_id"
        ),
    )
    op.create_index("ix_databank_freshness_asked_at", "databank_freshness", ["asked_at"])
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON databank_freshness TO hub_app")


def appeals() -> None:
    op.create_table(
        "databank_appeal",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("record_id", sa.Uuid, nullable=False),
        sa.Column("statement_sealed", sa.LargeBinary, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("filed_at", MOMENT, nullable=False),
        sa.Column("decided_at", MOMENT),
        sa.Column("decided_by", sa.Text),
        sa.Column("answer_sealed", sa.LargeBinary),
        sa.PrimaryKeyConstraint("id", name="pk_databank_appeal"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["identity_person.id"], name="fk_databank_appeal_person_id"
        ),
        sa.ForeignKeyConstraint(
            ["record_id"],
            ["databank_record.id"],
            name="fk_databank_appeal_record_id",
            ondelete="CASCADE",
        ),
        sa.CheckConstraint("state IN ('filed', 'upheld', 'dismissed')", name="state_known"),
        sa.CheckConstraint(
            "(state = 'filed') = (decided_at IS NULL)"
            " AND (decided_at IS NULL) = (answer_sealed IS NULL)",
            name="decided_with_an_answer",
        ),
    )
    op.create_index("ix_databank_appeal_person_id", "databank_appeal", ["person_id"])
    op.create_index("uq_databank_appeal_record_id", "databank_appeal", ["record_id"], unique=True)
    op.create_index(
        "ix_databank_appeal_filed",
        "databank_appeal",
        ["filed_at"],
        postgresql_where=sa.text("state = 'filed'"),
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON databank_appeal TO hub_app")


def simulated_register() -> None:
    op.execute("CREATE SCHEMA simulator_entitlements")
    op.create_table(
        "entitlement",
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("issuer", sa.Text, nullable=False),
        sa.Column("valid_from", sa.Date),
        sa.Column("valid_until", sa.Date),
        sa.Column("evidence", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.PrimaryKeyConstraint("person", "kind", name="pk_entitlement"),
        sa.CheckConstraint("kind IN ('student', 'senior', 'disabled', 'carer')", name="kind_known"),
        sa.CheckConstraint("state IN ('granted', 'refused', 'ended')", name="state_known"),
        schema="simulator_entitlements",
    )
    op.execute("GRANT USAGE ON SCHEMA simulator_entitlements TO hub_app")
    op.execute(
        "GRANT SELECT, INSERT, UPDATE, DELETE ON simulator_entitlements.entitlement TO hub_app"
    )
