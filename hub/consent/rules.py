"""What makes a consent: plain functions, values in, a decision out.

Sources: PIPL articles 14 to 17 (informed, for one purpose, withdrawable as easily as given) and
GDPR articles 4(11) and 7. The numbers are this city's choice and stand here once.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from hub.kernel.errors import FieldError

LONGEST = timedelta(days=366 * 5)
"""Whoever still wants it after five years asks again."""

CITY = "city:"
"""Recipients of the city itself are ``city:<purpose>``; all others are a partner's client."""

Act = Literal["given", "withdrawn"]
Source = Literal["page", "app", "counter"]
State = Literal["live", "over", "withdrawn"]

_RECIPIENT = re.compile(r"(city:)?[A-Za-z0-9][A-Za-z0-9._-]{0,126}")
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,128}")  # a scope-token of RFC 6749, 3.3


def state(*, until: datetime, withdrawn_at: datetime | None, now: datetime) -> State:
    """Only a ``live`` one lets anybody do anything; ``over`` has reached its end by itself."""
    if withdrawn_at is not None:
        return "withdrawn"
    return "live" if now < until else "over"


def faults(
    *, recipient: str, scopes: Sequence[str], purpose_text: str, until: datetime, now: datetime
) -> list[FieldError]:
    """What keeps this from being a consent; empty when nothing does."""
    found: list[FieldError] = []
    if _RECIPIENT.fullmatch(recipient) is None:
        found.append({"pointer": "recipient", "detail": "Say who may use it."})
    if not scopes or not all(map(_SCOPE.fullmatch, scopes)):
        found.append({"pointer": "scopes", "detail": "Say what may be used."})
    if not purpose_text.strip():
        found.append({"pointer": "purpose_text", "detail": "Say what for."})
    if not now < until <= now + LONGEST:
        found.append({"pointer": "until", "detail": "Say until when, within five years."})
    return found
