"""The simulated register of entitlements: its own table in its own schema, invented people only."""

from datetime import date, timedelta

from sqlalchemy import CheckConstraint, Text
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.db import Base
from hub.kernel.personal import nobodys, personal

SCHEMA = "simulator_entitlements"

_INVENTED = personal(
    purpose="to stand in for the register of entitlements; the people are invented",
    basis="contract",
    keep=timedelta(0),
    export=False,
    erase="delete",
)


class Granted(Base):
    """What an office granted or refused an invented person."""

    __tablename__ = "entitlement"
    __table_args__ = (
        CheckConstraint("kind IN ('student', 'senior', 'disabled', 'carer')", name="kind_known"),
        CheckConstraint("state IN ('granted', 'refused', 'ended')", name="state_known"),
        {"schema": SCHEMA, "info": nobodys("invented people of a demonstration")},
    )

    person: Mapped[str] = mapped_column(Text, primary_key=True)
    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    state: Mapped[str] = mapped_column(Text, info=_INVENTED)
    issuer: Mapped[str] = mapped_column(Text)
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None]
    evidence: Mapped[str] = mapped_column(Text, info=_INVENTED)
    reason: Mapped[str | None] = mapped_column(Text, info=_INVENTED)
