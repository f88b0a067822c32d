"""The access log: rows, the tree over them, its checkpoints, and the only way to erase a row."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0013_access_log"
down_revision = "0012_officers"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    rows()
    tree()
    erasing()


def rows() -> None:
    op.create_table(
        "audit_access",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("person_id", sa.Uuid),
        sa.Column("actor_kind", sa.Text),
        sa.Column("actor_id", sa.Text),
        sa.Column("for_whom", sa.Text),
        sa.Column("client_id", sa.Text),
        sa.Column("register", sa.Text),
        sa.Column("purpose", sa.Text),
        sa.Column("basis", sa.Text),
        sa.Column("fields", ARRAY(sa.Text)),
        sa.Column("salt", sa.LargeBinary),
        sa.Column("erased_at", MOMENT),
        sa.Column(
            "transaction",
            sa.BigInteger,
            server_default=sa.text("(pg_current_xact_id()::text::bigint)"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name="pk_audit_access"),
        sa.CheckConstraint(
            "CASE WHEN erased_at IS NULL"
            " THEN num_nulls(actor_kind, actor_id, register, purpose, basis, fields, salt) = 0"
            " ELSE num_nonnulls(person_id, actor_kind, actor_id, for_whom, client_id, register,"
            " purpose, basis, fields, salt) = 0 END",
            name="whole_or_erased",
        ),
    )
    op.create_index("ix_audit_access_person_id_id", "audit_access", ["person_id", "id"])
    op.create_index("ix_audit_access_transaction", "audit_access", ["transaction"])
    # Rows about people: those who only make reports do not read them.
    op.execute("GRANT SELECT, INSERT ON audit_access TO hub_app")


def tree() -> None:
    op.create_table(
        "audit_leaf",
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("access_id", sa.Uuid, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_audit_leaf"),
        sa.UniqueConstraint("access_id", name="uq_audit_leaf_access_id"),
    )
    op.create_table(
        "audit_node",
        sa.Column("level", sa.SmallInteger, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("level", "number", name="pk_audit_node"),
    )
    op.create_table(
        "audit_checkpoint",
        sa.Column("number", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("kid", sa.Text, nullable=False),
        sa.Column("signature", sa.LargeBinary, nullable=False),
        sa.Column("signed_at", MOMENT, nullable=False),
        sa.Column("snapshot", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_audit_checkpoint"),
    )
    op.create_index("ix_audit_checkpoint_size", "audit_checkpoint", ["size"])
    for table in ("audit_leaf", "audit_node", "audit_checkpoint"):
        op.execute(f"GRANT SELECT, INSERT ON {table} TO hub_app")
        op.execute(f"GRANT SELECT ON {table} TO hub_read")


def erasing() -> None:
    """Blanks a thousand rows at most: sealed ones, so that their hashes stay; never those that say
    what was erased."""
    op.execute(
        """
        CREATE FUNCTION audit_erase_access(person uuid, before uuid, moment timestamptz)
        RETURNS SETOF uuid LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
            UPDATE audit_access SET
                person_id = NULL, actor_kind = NULL, actor_id = NULL, for_whom = NULL,
                client_id = NULL, register = NULL, purpose = NULL, basis = NULL, fields = NULL,
                salt = NULL, erased_at = moment
            WHERE id IN (
                SELECT id FROM audit_access
                WHERE id < before AND erased_at IS NULL AND register <> 'audit.access'
                  AND (person IS NULL OR person_id = person)
                  AND EXISTS (SELECT FROM audit_leaf WHERE access_id = audit_access.id)
                ORDER BY id LIMIT 1000)
            RETURNING id
        $$
        """
    )
    op.execute("REVOKE ALL ON FUNCTION audit_erase_access FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION audit_erase_access TO hub_app")
