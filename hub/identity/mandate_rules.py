"""Mandates as plain functions: values in, a decision out, no session and no clock.

A mandate is an arrow from the ``giver``, for whom is acted, to the ``holder``, who acts. Arrows
make no circle: otherwise nobody could say any more whose will an act was. Sources: Civil Code of
the PRC articles 27 (guardians are the parents), 161 to 174 (agency: scope, term, end). The numbers
are this city's choice and stand here once.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeVar
from uuid import UUID

from hub.kernel.errors import FieldError

from .ages import ADULT_AT

Who = TypeVar("Who")
Kind = Literal["mandate", "care", "guardianship"]
State = Literal["offered", "active", "ended"]
Reason = Literal[
    "yes", "not_active", "person_gone", "too_early", "over", "scope", "amount", "acts_used_up"
]

EVERYTHING = "*"
"""The scope of guardians: whatever can be done for others at all."""

DELEGATING = "citizen.mandate:manage"
"""Handing on: not a scope of a mandate but its ``may_delegate``, and one step only."""

MOST_GIVEN = 20
MOST_HELD = 50
MOST_CHILDREN = 10
MOST_SCOPES = 30
MOST_ACTS = 100_000
LONGEST: Mapping[Kind, timedelta] = {
    "mandate": timedelta(days=366),
    "care": timedelta(days=366 * 3),
    "guardianship": timedelta(days=366 * ADULT_AT),
}
OFFER_LIVES = timedelta(days=7)
CODE_DIGITS = 12


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What is offered: what for, from when (None: at once) until when, how much, and to whom (None:
    to whoever gets the code)."""

    kind: Kind
    scopes: frozenset[str]
    until: datetime
    starts_at: datetime | None = None
    amount_limit: int | None = None
    acts_limit: int | None = None
    may_delegate: bool = False
    to: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class Mandate:
    """What decides about an act: who may do what for whom, from when until when, how much.

    ``amount_limit`` is per act, in minor units of the yuan; without one a mandate moves no money,
    except that a guardian's is not bounded. ``acts_limit`` counts changes, not reads.
    """

    kind: Kind
    scopes: frozenset[str]
    starts_at: datetime
    until: datetime
    state: State = "active"
    amount_limit: int | None = None
    acts_limit: int | None = None
    acts_done: int = 0
    may_delegate: bool = False
    people_active: bool = True
    parent: "Mandate | None" = None


@dataclass(frozen=True)
class Decision:
    """Whether an act is allowed, and if not, the first reason why."""

    because: Reason

    @property
    def allowed(self) -> bool:
        """Only ``yes`` is."""
        return self.because == "yes"


def may_act(
    mandate: Mandate, scope: str, amount: int | None, at: datetime, *, changes: bool = True
) -> Decision:
    """Whether the holder may use ``scope`` for the giver at this moment.

    ``amount`` is what the act would move, in minor units, None when it is not about money; a read
    (``changes=False``) does not use up an act. What was handed on lives only as long as what it
    stands on, and uses up its acts too.
    """
    if mandate.state != "active":
        return Decision("not_active")
    if not mandate.people_active:
        return Decision("person_gone")
    if at < mandate.starts_at:
        return Decision("too_early")
    if at >= mandate.until:
        return Decision("over")
    if not covers(mandate, scope):
        return Decision("scope")
    if amount is not None and not affords(mandate, amount):
        return Decision("amount")
    if changes and mandate.acts_limit is not None and mandate.acts_done >= mandate.acts_limit:
        return Decision("acts_used_up")
    if mandate.parent is not None:
        return may_act(mandate.parent, scope, amount, at, changes=changes)
    return Decision("yes")


def covers(mandate: Mandate, scope: str) -> bool:
    """Whether the scope is among what was allowed."""
    if scope == DELEGATING:
        return mandate.may_delegate and mandate.parent is None
    return scope in mandate.scopes or EVERYTHING in mandate.scopes


def affords(mandate: Mandate, amount: int) -> bool:
    """Whether one act may move this amount, in minor units."""
    if mandate.amount_limit is None:
        return mandate.kind == "guardianship"
    return 0 <= amount <= mandate.amount_limit


def faults(terms: Terms, *, now: datetime, delegable: frozenset[str]) -> list[FieldError]:
    """What keeps these terms from being a mandate; empty when nothing does. ``delegable`` are the
    scopes that some route lets be used for others."""
    found: list[FieldError] = []
    starts = terms.starts_at or now
    if not terms.scopes or len(terms.scopes) > MOST_SCOPES or not terms.scopes <= delegable:
        found.append({"pointer": "/scopes", "detail": "Name what can be done for others."})
    if not (now <= starts < terms.until and now < terms.until):
        found.append({"pointer": "/until", "detail": "It must end after it begins, in the future."})
    elif terms.until - starts > LONGEST[terms.kind]:
        found.append({"pointer": "/until", "detail": "That is too long a time."})
    if terms.acts_limit is not None and not 1 <= terms.acts_limit <= MOST_ACTS:
        found.append({"pointer": "/acts_limit", "detail": "At least one act."})
    if terms.amount_limit is not None and terms.amount_limit < 0:
        found.append({"pointer": "/amount_limit", "detail": "Not less than nothing."})
    return found


def fits_within(part: Mandate, whole: Mandate) -> bool:
    """Whether what is handed on is no more than what it is handed on from."""
    in_time = whole.starts_at <= part.starts_at and part.until <= whole.until
    in_scope = EVERYTHING in whole.scopes or part.scopes <= whole.scopes
    in_amount = part.amount_limit is None or affords(whole, part.amount_limit)
    in_acts = whole.acts_limit is None or (
        part.acts_limit is not None and part.acts_limit <= whole.acts_limit
    )
    return in_time and in_scope and in_amount and in_acts and not part.may_delegate


def would_loop(arrows: Iterable[tuple[Who, Who]], giver: Who, holder: Who) -> bool:
    """Whether one more arrow from ``giver`` to ``holder`` would close a circle in ``arrows``, each
    a (giver, holder) of a mandate in force. Oneself is the smallest circle."""
    onward: dict[Who, set[Who]] = {}
    for start, end in arrows:
        onward.setdefault(start, set()).add(end)
    seen: set[Who] = set()
    ahead = [holder]
    while ahead:
        person = ahead.pop()
        if person == giver:
            return True
        if person not in seen:
            seen.add(person)
            ahead.extend(onward.get(person, ()))
    return False
