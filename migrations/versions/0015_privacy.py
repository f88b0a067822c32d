"""Privacy: copies that people asked for, accounts that they close, history forgotten on time."""

import sqlalchemy as sa
from alembic import op

revision = "0015_privacy"
down_revision = "0014_databank"

MOMENT = sa.DateTime(timezone=True)

# The history of consents is append-only for the application. What ended long ago goes by this
# function alone: by the clock of the caller and by the database's own, so that neither an error nor
# a clock that runs ahead takes anything of the last three years.
CONSENT_FORGET = """
CREATE FUNCTION consent_forget(before timestamptz) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    long_ago CONSTANT timestamptz := least(before, now() - interval '1095 days');
    forgotten integer;
BEGIN
    DELETE FROM public.consent_event USING public.consent_consent AS consent
    WHERE consent.id = consent_id AND least(consent.until, consent.withdrawn_at) < long_ago;
    DELETE FROM public.consent_consent WHERE least(until, withdrawn_at) < long_ago;
    GET DIAGNOSTICS forgotten = ROW_COUNT;
    RETURN forgotten;
END $$
"""

# The same for what officers did: ten years after it was over.
OFFICERS_FORGET = """
CREATE FUNCTION identity_forget_officers(before timestamptz) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    long_ago CONSTANT timestamptz := least(before, now() - interval '3650 days');
    over uuid[];
    forgotten integer;
BEGIN
    DELETE FROM public.identity_approval WHERE coalesce(decided_at, expires_at) < long_ago;
    over := ARRAY(
        SELECT id FROM public.identity_appointment
        LEFT JOIN public.identity_appointment_end ON appointment_id = id
        WHERE least(until, ended_at) < long_ago);
    DELETE FROM public.identity_appointment_end WHERE appointment_id = ANY (over);
    DELETE FROM public.identity_appointment WHERE id = ANY (over);
    DELETE FROM public.identity_officer AS officer
    WHERE created_at < long_ago
      AND NOT EXISTS (SELECT FROM public.identity_appointment WHERE officer_id = officer.id)
      AND NOT EXISTS (SELECT FROM public.identity_session WHERE officer_id = officer.id)
      AND NOT EXISTS (SELECT FROM public.identity_approval
                      WHERE officer.id IN (asked_by, decided_by));
    GET DIAGNOSTICS forgotten = ROW_COUNT;
    RETURN forgotten;
END $$
"""


def upgrade() -> None:
    exports()
    closures()
    for function in (CONSENT_FORGET, OFFICERS_FORGET):
        op.execute(function)
    for name in ("consent_forget", "identity_forget_officers"):
        op.execute(f"REVOKE ALL ON FUNCTION {name}(timestamptz) FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {name}(timestamptz) TO hub_app")


def exports() -> None:
    op.create_table(
        "privacy_export",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("ready_at", MOMENT),
        sa.Column("expires_at", MOMENT),
        sa.Column("size", sa.BigInteger),
        sa.Column("file_id", sa.Uuid),
        sa.PrimaryKeyConstraint("id", name="pk_privacy_export"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["identity_person.id"], name="fk_privacy_export_person_id"
        ),
        sa.ForeignKeyConstraint(["file_id"], ["files_file.id"], name="fk_privacy_export_file_id"),
        sa.CheckConstraint("state IN ('waiting', 'ready')", name="state_known"),
        sa.CheckConstraint(
            "(state = 'ready') = (file_id IS NOT NULL)"
            " AND (file_id IS NULL) = (ready_at IS NULL)"
            " AND (file_id IS NULL) = (expires_at IS NULL)"
            " AND (file_id IS NULL) = (size IS NULL)",
            name="has_a_file_when_ready",
        ),
    )
    op.create_index(
        "uq_privacy_export_person_id",
        "privacy_export",
        ["person_id"],
        unique=True,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index("ix_privacy_export_person_id_id", "privacy_export", ["person_id", "id"])
    op.create_index("ix_privacy_export_expires_at", "privacy_export", ["expires_at"])
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON privacy_export TO hub_app")


def closures() -> None:
    op.create_table(
        "privacy_closure",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("cancelled_at", MOMENT),
        sa.Column("closed_at", MOMENT),
        sa.Column("erased_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_privacy_closure"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["identity_person.id"], name="fk_privacy_closure_person_id"
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'cancelled', 'closed', 'erased')", name="state_known"
        ),
    )
    op.create_index(
        "uq_privacy_closure_person_id",
        "privacy_closure",
        ["person_id"],
        unique=True,
        postgresql_where=sa.text("state <> 'cancelled'"),
    )
    op.create_index(
        "ix_privacy_closure_due_at",
        "privacy_closure",
        ["due_at"],
        postgresql_where=sa.text("state IN ('waiting', 'closed')"),
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON privacy_closure TO hub_app")
