"""Real names of people; the population register's simulator has a schema of its own."""

import sqlalchemy as sa
from alembic import op

revision = "0009_real_names"
down_revision = "0008_key_rotation"

MOMENT = sa.DateTime(timezone=True)
OPEN = sa.text("state IN ('pending', 'verified')")
VERIFIED = sa.text("state = 'verified'")


def upgrade() -> None:
    real_names()
    simulated_register()


def real_names() -> None:
    op.create_table(
        "identity_real_name",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("issuing_state", sa.Text, nullable=False),
        sa.Column("number_sealed", sa.LargeBinary),
        sa.Column("number_index", sa.LargeBinary),
        sa.Column("name_sealed", sa.LargeBinary),
        sa.Column("register_reference_sealed", sa.LargeBinary),
        sa.Column("register_index", sa.LargeBinary),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("provider_reference", sa.Text),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("consented_at", MOMENT, nullable=False),
        sa.Column("submitted_at", MOMENT, nullable=False),
        sa.Column("decided_at", MOMENT),
        sa.Column("ended_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_identity_real_name"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["identity_person.id"], name="fk_identity_real_name_person_id"
        ),
        sa.CheckConstraint(
            "kind IN ('resident_card', 'residence_permit', 'travel_permit_hk_macao',"
            " 'travel_permit_taiwan', 'permanent_residence_card', 'passport')",
            name="kind_known",
        ),
        sa.CheckConstraint(
            "state IN ('pending', 'verified', 'refused', 'revoked')", name="state_known"
        ),
        sa.CheckConstraint(
            "reason IN ('no_match', 'not_current', 'under_14', 'taken', 'register_away',"
            " 'withdrawn', 'released')",
            name="reason_known",
        ),
        sa.CheckConstraint(
            "state IN ('pending', 'verified') = (number_sealed IS NOT NULL)"
            " AND (number_sealed IS NULL) = (name_sealed IS NULL)"
            " AND (number_sealed IS NULL) = (number_index IS NULL)",
            name="erased_at_the_end",
        ),
        sa.CheckConstraint(
            "(state = 'verified') = (register_index IS NOT NULL)"
            " AND (register_index IS NULL) = (register_reference_sealed IS NULL)",
            name="register_known_while_verified",
        ),
    )
    for column, rows in (
        ("person_id", OPEN),
        ("number_index", VERIFIED),
        ("register_index", VERIFIED),
    ):
        op.create_index(
            f"uq_identity_real_name_{column}",
            "identity_real_name",
            [column],
            unique=True,
            postgresql_where=rows,
        )
    op.create_index("ix_identity_real_name_person_id_id", "identity_real_name", ["person_id", "id"])
    op.create_index(
        "ix_identity_real_name_pending",
        "identity_real_name",
        ["submitted_at"],
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON identity_real_name TO hub_app")


def simulated_register() -> None:
    op.execute("CREATE SCHEMA simulator_population")
    op.create_table(
        "resident",
        sa.Column("reference", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("latin_name", sa.Text),
        sa.Column("sex", sa.Text, nullable=False),
        sa.Column("born_on", sa.Date, nullable=False),
        sa.Column("district", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("reference", name="pk_resident"),
        sa.CheckConstraint("sex IN ('female', 'male')", name="sex_known"),
        schema="simulator_population",
    )
    op.create_table(
        "document",
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("issuing_state", sa.Text, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("reference", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("kind", "issuing_state", "number", name="pk_document"),
        sa.ForeignKeyConstraint(
            ["reference"],
            ["simulator_population.resident.reference"],
            name="fk_document_reference",
        ),
        sa.CheckConstraint("state IN ('current', 'expired', 'lost')", name="state_known"),
        schema="simulator_population",
    )
    op.execute("GRANT USAGE ON SCHEMA simulator_population TO hub_app")
    for table in ("resident", "document"):
        op.execute(f"GRANT SELECT, INSERT, DELETE ON simulator_population.{table} TO hub_app")
