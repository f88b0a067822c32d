"""The table of real names: which document of a person is being checked or is verified."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, LargeBinary, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.db import Base
from hub.kernel.personal import Sealed, personal


def _document(sealed_for: str) -> dict[str, Any]:
    return personal(
        purpose="to know that the person is who they say, for services that the law ties to it",
        basis="consent",
        keep=timedelta(0),
        export=True,
        erase="delete",
        recipients=("the population register",),
        sealed=Sealed(sealed_for, "id"),
    )


_ONE_ACCOUNT = personal(
    purpose="to give one person one verified account",
    basis="consent",
    keep=timedelta(0),
    export=False,
    erase="delete",
)


class RealName(Base):
    """One document of a person on its way: ``pending`` until the register has answered, then
    ``verified`` or ``refused``; ``revoked`` once it was withdrawn or taken away.

    Number and name are sealed, and erased as soon as nothing more is done with them. The blind
    indexes are unique among verified rows: of the document, and of the person in the register, who
    may hold several documents.
    """

    __tablename__ = "identity_real_name"
    __table_args__ = (
        Index(
            "uq_identity_real_name_person_id",
            "person_id",
            unique=True,
            postgresql_where=text("state IN ('pending', 'verified')"),
        ),
        Index(
            "uq_identity_real_name_number_index",
            "number_index",
            unique=True,
            postgresql_where=text("state = 'verified'"),
        ),
        Index(
            "uq_identity_real_name_register_index",
            "register_index",
            unique=True,
            postgresql_where=text("state = 'verified'"),
        ),
        Index("ix_identity_real_name_person_id_id", "person_id", "id"),
        Index(
            "ix_identity_real_name_pending",
            "submitted_at",
            postgresql_where=text("state = 'pending'"),
        ),
        CheckConstraint(
            "kind IN ('resident_card', 'residence_permit', 'travel_permit_hk_macao',"
            " 'travel_permit_taiwan', 'permanent_residence_card', 'passport')",
            name="kind_known",
        ),
        CheckConstraint(
            "state IN ('pending', 'verified', 'refused', 'revoked')", name="state_known"
        ),
        CheckConstraint(
            "reason IN ('no_match', 'not_current', 'under_14', 'taken', 'register_away',"
            " 'withdrawn', 'released')",
            name="reason_known",
        ),
        CheckConstraint(
            "state IN ('pending', 'verified') = (number_sealed IS NOT NULL)"
            " AND (number_sealed IS NULL) = (name_sealed IS NULL)"
            " AND (number_sealed IS NULL) = (number_index IS NULL)",
            name="erased_at_the_end",
        ),
        CheckConstraint(
            "(state = 'verified') = (register_index IS NOT NULL)"
            " AND (register_index IS NULL) = (register_reference_sealed IS NULL)",
            name="register_known_while_verified",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("identity_person.id"))
    kind: Mapped[str] = mapped_column(Text)
    issuing_state: Mapped[str] = mapped_column(Text)
    number_sealed: Mapped[bytes | None] = mapped_column(
        LargeBinary, info=_document("identity.document_number")
    )
    number_index: Mapped[bytes | None] = mapped_column(LargeBinary, info=_ONE_ACCOUNT)
    name_sealed: Mapped[bytes | None] = mapped_column(
        LargeBinary, info=_document("identity.document_name")
    )
    register_reference_sealed: Mapped[bytes | None] = mapped_column(
        LargeBinary, info=_document("identity.register_person")
    )
    register_index: Mapped[bytes | None] = mapped_column(LargeBinary, info=_ONE_ACCOUNT)
    state: Mapped[str] = mapped_column(Text, default="pending")
    reason: Mapped[str | None] = mapped_column(Text)
    provider_reference: Mapped[str | None] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    consented_at: Mapped[datetime]
    submitted_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
