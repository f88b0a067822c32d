"""Mandates and children; who acted for somebody else, in the audit and the outbox."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0017_mandates"
down_revision = "0016_partners"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("audit_entry", sa.Column("act", sa.Text))
    op.add_column("kernel_outbox", sa.Column("act", sa.Text))
    mandates()
    children()


def mandates() -> None:
    op.create_table(
        "identity_mandate",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("giver_id", sa.Uuid, nullable=False),
        sa.Column("holder_id", sa.Uuid),
        sa.Column("given_by", sa.Uuid, nullable=False),
        sa.Column("parent_id", sa.Uuid),
        sa.Column("scopes", ARRAY(sa.Text), nullable=False),
        sa.Column("amount_limit", sa.BigInteger),
        sa.Column("acts_limit", sa.Integer),
        sa.Column("acts_done", sa.Integer, nullable=False),
        sa.Column("may_delegate", sa.Boolean, nullable=False),
        sa.Column("starts_at", MOMENT, nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.Column("code_hmac", sa.LargeBinary),
        sa.Column("offered_at", MOMENT, nullable=False),
        sa.Column("offer_until", MOMENT, nullable=False),
        sa.Column("offered_through", sa.Text, nullable=False),
        sa.Column("offered_device", sa.Uuid),
        sa.Column("accepted_at", MOMENT),
        sa.Column("accepted_through", sa.Text),
        sa.Column("accepted_device", sa.Uuid),
        sa.Column("ended_at", MOMENT),
        sa.Column("ended_by", sa.Text),
        sa.Column("ended_because", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_identity_mandate"),
        *(
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=f"fk_identity_mandate_{column}")
            for column, table in (
                ("giver_id", "identity_person"),
                ("holder_id", "identity_person"),
                ("given_by", "identity_person"),
                ("parent_id", "identity_mandate"),
                ("offered_device", "identity_device"),
                ("accepted_device", "identity_device"),
            )
        ),
        sa.UniqueConstraint("code_hmac", name="uq_identity_mandate_code_hmac"),
        sa.CheckConstraint("kind IN ('mandate', 'care', 'guardianship')", name="kind_known"),
        sa.CheckConstraint("state IN ('offered', 'active', 'ended')", name="state_known"),
        sa.CheckConstraint("giver_id <> holder_id", name="between_two"),
        sa.CheckConstraint("until > starts_at", name="has_a_term"),
        sa.CheckConstraint(
            "state <> 'active' OR holder_id IS NOT NULL", name="active_with_a_holder"
        ),
        sa.CheckConstraint("acts_done <= coalesce(acts_limit, acts_done)", name="within_its_acts"),
        sa.CheckConstraint("offered_through IN ('app', 'kiosk')", name="offered_through_known"),
        sa.CheckConstraint("accepted_through IN ('app', 'kiosk')", name="accepted_through_known"),
    )
    for column in ("giver_id", "holder_id", "given_by"):
        op.create_index(f"ix_identity_mandate_{column}_id", "identity_mandate", [column, "id"])
    op.create_index("ix_identity_mandate_parent_id", "identity_mandate", ["parent_id"])
    # What was agreed stays as it was; only answers, acts and ends are added.
    op.execute("GRANT SELECT, INSERT, DELETE ON identity_mandate TO hub_app")
    op.execute(
        "GRANT UPDATE (state, holder_id, acts_done, accepted_at, accepted_through,"
        " accepted_device, ended_at, ended_by, ended_because) ON identity_mandate TO hub_app"
    )


def children() -> None:
    op.create_table(
        "identity_child",
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("born_on", sa.Date, nullable=False),
        sa.Column("entered_by", sa.Uuid, nullable=False),
        sa.Column("entered_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("person_id", name="pk_identity_child"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["identity_person.id"], name="fk_identity_child_person_id"
        ),
        sa.ForeignKeyConstraint(
            ["entered_by"], ["identity_person.id"], name="fk_identity_child_entered_by"
        ),
    )
    op.execute("GRANT SELECT, INSERT, DELETE ON identity_child TO hub_app")
