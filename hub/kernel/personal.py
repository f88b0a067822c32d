"""Declares what is personal about a column, in the table itself.

``mapped_column(info=personal(purpose="sign-in", basis="contract", keep=..., ...))`` puts the
processing record (PIPL article 55, GDPR article 30) where the column is written; the register,
retention, export and erasure all read it from there.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

Basis = Literal["consent", "contract", "legal_duty", "public_interest", "vital_interest"]


@dataclass(frozen=True, kw_only=True)
class Personal:
    """One line of the processing record; ``keep`` is how long after the purpose has ended."""

    purpose: str
    basis: Basis
    keep: timedelta
    export: bool
    erase: Literal["delete", "blank", "keep"]
    recipients: tuple[str, ...] = ()


def personal(
    *,
    purpose: str,
    basis: Basis,
    keep: timedelta,
    export: bool,
    erase: Literal["delete", "blank", "keep"],
    recipients: tuple[str, ...] = (),
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
        )
    }
