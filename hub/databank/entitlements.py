"""Yes or no about one entitlement, for whoever needs no more than that."""

from datetime import date
from uuid import UUID

from hub.kernel.work import Work
from hub.keys import KeyRing

from .looking_up import Seen, look_up
from .registers import ENTITLEMENTS


def entitled(
    work: Work,
    keyring: KeyRing,
    *,
    person: UUID,
    kind: str,
    on: date,
    purpose: str,
    recipient: str | None = None,
) -> bool:
    """Whether a person has an entitlement (``student``, ``senior``, ``disabled``, ``carer``) on a
    day of the city. Refuses as look_up does and leaves its row; no record is a no."""
    found = look_up(
        work,
        keyring,
        register=ENTITLEMENTS,
        subject=person,
        purpose=purpose,
        fields=("kind", "state", "valid_from", "valid_until"),
        key=kind,
        recipient=recipient,
    )
    return any(holds(record, on) for record in found.records)


def holds(record: Seen, on: date) -> bool:
    """Whether an entitlement is granted and valid on a day; both ends count."""
    values = record.values
    begins, ends = values.get("valid_from"), values.get("valid_until")
    return (
        values.get("state") == "granted"
        and (begins is None or date.fromisoformat(begins) <= on)
        and (ends is None or on <= date.fromisoformat(ends))
    )
