"""The tables of the access log. The application may add to them and change nothing in them; only
``audit_erase_access``, a function of the owner, blanks what was personal in a row."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index, LargeBinary, SmallInteger, Text
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.db import Base
from hub.kernel.personal import personal, whose

KEPT = timedelta(days=3 * 365)

_SEEN = personal(
    purpose="to show the person who read their record, and why",
    basis="legal_duty",
    keep=KEPT,
    export=True,
    erase="blank",
    duty="access_log.forget_old",
)


class Access(Base):
    """That somebody read something about a person. ``transaction`` is the id of the transaction of
    the read, by which the sealer finds the row whatever the order of commits. A row about nobody
    says that other rows were erased."""

    __tablename__ = "audit_access"
    __table_args__ = (
        Index("ix_audit_access_person_id_id", "person_id", "id"),
        Index("ix_audit_access_transaction", "transaction"),
        CheckConstraint(
            "CASE WHEN erased_at IS NULL"
            " THEN num_nulls(actor_kind, actor_id, register, purpose, basis, fields, salt) = 0"
            " ELSE num_nonnulls(person_id, actor_kind, actor_id, for_whom, client_id, register,"
            " purpose, basis, fields, salt) = 0 END",
            name="whole_or_erased",
        ),
        {"info": whose("person_id", by_verb=True)},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    person_id: Mapped[UUID | None] = mapped_column(info=_SEEN)
    actor_kind: Mapped[str | None] = mapped_column(Text)
    actor_id: Mapped[str | None] = mapped_column(Text, info=_SEEN)
    for_whom: Mapped[str | None] = mapped_column(Text, info=_SEEN)
    client_id: Mapped[str | None] = mapped_column(Text)
    register: Mapped[str | None] = mapped_column(Text, info=_SEEN)
    purpose: Mapped[str | None] = mapped_column(Text, info=_SEEN)
    basis: Mapped[str | None] = mapped_column(Text)
    fields: Mapped[list[str] | None] = mapped_column(ARRAY(Text), info=_SEEN)
    salt: Mapped[bytes | None] = mapped_column(LargeBinary)
    erased_at: Mapped[datetime | None]
    transaction: Mapped[int] = mapped_column(
        BigInteger, server_default=sql("(pg_current_xact_id()::text::bigint)")
    )


class Leaf(Base):
    """The place of a row in the tree. The hash outlives what it was made of."""

    __tablename__ = "audit_leaf"
    __table_args__ = (Unique("access_id", name="uq_audit_leaf_access_id"),)

    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    access_id: Mapped[UUID]
    hash: Mapped[bytes] = mapped_column(LargeBinary)


class Node(Base):
    """The root of a complete subtree of 2 to the power of ``level`` leaves (8, 16, ...)."""

    __tablename__ = "audit_node"

    level: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    hash: Mapped[bytes] = mapped_column(LargeBinary)


class Checkpoint(Base):
    """A signed state of the tree (checkpoints.py). ``snapshot`` is PostgreSQL's name for what had
    been committed when the rows were looked for: what it does not contain is to be sealed next."""

    __tablename__ = "audit_checkpoint"
    __table_args__ = (Index("ix_audit_checkpoint_size", "size"),)

    number: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    text: Mapped[str] = mapped_column(Text)
    kid: Mapped[str] = mapped_column(Text)
    signature: Mapped[bytes] = mapped_column(LargeBinary)
    signed_at: Mapped[datetime]
    snapshot: Mapped[str] = mapped_column(Text)
