"""The simulated population register's own tables: invented people, nobody's data.

A schema of its own, as a register of another office would be; empty wherever HUB_DEMO is off.
"""

from datetime import date, timedelta

from sqlalchemy import CheckConstraint, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.db import Base
from hub.kernel.personal import nobodys, personal

SCHEMA = "simulator_population"

_INVENTED = personal(
    purpose="to stand in for the population register in a demonstration; the people are invented",
    basis="contract",
    keep=timedelta(0),
    export=False,
    erase="delete",
)


class Resident(Base):
    """An invented person of the register. ``reference`` is what the register calls them."""

    __tablename__ = "resident"
    __table_args__ = (
        CheckConstraint("sex IN ('female', 'male')", name="sex_known"),
        {"schema": SCHEMA, "info": nobodys("invented people of a demonstration")},
    )

    reference: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str] = mapped_column(Text, info=_INVENTED)
    latin_name: Mapped[str | None] = mapped_column(Text, info=_INVENTED)
    sex: Mapped[str] = mapped_column(Text, info=_INVENTED)
    born_on: Mapped[date] = mapped_column(info=_INVENTED)
    district: Mapped[str] = mapped_column(Text, info=_INVENTED)


class IssuedDocument(Base):
    """A document of an invented person; its number is from a range that nobody is given."""

    __tablename__ = "document"
    __table_args__ = (
        CheckConstraint("state IN ('current', 'expired', 'lost')", name="state_known"),
        {"schema": SCHEMA, "info": nobodys("invented people of a demonstration")},
    )

    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    issuing_state: Mapped[str] = mapped_column(Text, primary_key=True)
    number: Mapped[str] = mapped_column(Text, primary_key=True, info=_INVENTED)
    reference: Mapped[str] = mapped_column(Text, ForeignKey(f"{SCHEMA}.resident.reference"))
    state: Mapped[str] = mapped_column(Text)
