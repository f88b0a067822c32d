"""Declares what is personal about a column, in the table itself.

``mapped_column(info=personal(purpose="sign-in", basis="contract", keep=..., ...))`` puts the
processing record (PIPL article 55, GDPR article 30) where the column is written; the register,
retention, export and erasure all read it from there.

Whose a row is follows from its foreign keys: to ``identity_person``, or to a table whose rows are
somebody's. A table that names its person in another way says so in ``__table_args__``, with
``{"info": whose(...)}``; one whose rows are nobody's, with ``{"info": nobodys(...)}``.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

Basis = Literal["consent", "contract", "legal_duty", "public_interest", "vital_interest"]
Erase = Literal["delete", "blank", "keep"]

WITH_THE_ACCOUNT = "privacy.close_accounts"
"""The duty that ends what is kept as long as somebody has an account."""


@dataclass(frozen=True)
class Sealed:
    """How a sealed value is opened: the purpose that it was sealed for, and the column whose UUID
    is its context."""

    purpose: str
    bound_to: str


@dataclass(frozen=True, kw_only=True)
class Personal:
    """One line of the processing record; ``keep`` is how long after the purpose has ended, ``duty``
    the schedule that ends it on time.

    When an account is closed, ``erase="delete"`` takes the whole row, ``"blank"`` leaves the row
    without this value (or with ``blank`` where there must be one), ``"keep"`` keeps it, because a
    law wants that, until ``duty`` ends it.
    """

    purpose: str
    basis: Basis
    keep: timedelta
    export: bool
    erase: Erase
    recipients: tuple[str, ...] = ()
    sealed: Sealed | None = None
    blank: Any = None
    duty: str = WITH_THE_ACCOUNT


def personal(
    *,
    purpose: str,
    basis: Basis,
    keep: timedelta,
    export: bool,
    erase: Erase,
    recipients: tuple[str, ...] = (),
    sealed: Sealed | None = None,
    blank: Any = None,
    duty: str = WITH_THE_ACCOUNT,
) -> dict[str, Any]:
    """The ``info=`` of a personal column."""
    return {
        "personal": Personal(
            purpose=purpose,
            basis=basis,
            keep=keep,
            export=export,
            erase=erase,
            recipients=recipients,
            sealed=sealed,
            blank=blank,
            duty=duty,
        )
    }


@dataclass(frozen=True)
class Whose:
    """The column that names the person, as a UUID or as the public id. ``by_verb``: the application
    may not change these rows itself, so hub/privacy erases them by a verb of their capability."""

    column: str
    public_id: bool = False
    by_verb: bool = False


def whose(column: str, *, public_id: bool = False, by_verb: bool = False) -> dict[str, Any]:
    """The ``info`` of a table that names its person without a foreign key."""
    return {"whose": Whose(column, public_id, by_verb)}


def nobodys(because: str) -> dict[str, Any]:
    """The ``info`` of a table whose personal values belong to no account; why that is so."""
    return {"whose": None, "because": because}
