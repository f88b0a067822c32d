"""Keyset pages: a list continues after the last row seen, in a total order, without counting.

The ``after`` that a client sends back is opaque: base64url of the JSON of the last row's sort
values. It reveals only what the row itself showed, and needs no signature because every query
compares it as a value of the right type and still checks ownership.
"""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

import msgspec

from .errors import Invalid, NotFound
from .ids import read

MOST = 100

T = TypeVar("T")
Key = tuple[str | int | float, ...]


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some rows, and the opaque place after them (None at the end)."""

    items: Sequence[T]
    next: str | None


def page_of(rows: Sequence[T], limit: int, key: Callable[[T], Key]) -> Page[T]:
    """Cut ``limit + 1`` fetched rows to a page; the extra row only tells that there is more."""
    items = rows[:limit]
    return Page(items, place_after(key(items[-1])) if len(rows) > limit else None)


def place_after(key: Key) -> str:
    """The opaque text for a row's sort values."""
    return base64.urlsafe_b64encode(msgspec.json.encode(list(key))).rstrip(b"=").decode()


def place(after: str, *types: type[Any]) -> Key:
    """The sort values behind ``after``; refuses what was not given out in this form."""
    try:
        padded = after.encode() + b"=" * (-len(after) % 4)
        values = msgspec.json.decode(base64.urlsafe_b64decode(padded), type=Key)
    except (binascii.Error, msgspec.DecodeError, UnicodeError, ValueError):
        values = ()
    if len(values) != len(types) or not all(map(isinstance, values, types)):
        raise _no_place()
    return values


def id_place(after: str | None, prefix: str) -> UUID | None:
    """The id of the row that a list in the order of ids goes on after."""
    if after is None:
        return None
    try:
        return read(prefix, str(place(after, str)[0]))
    except NotFound:
        raise _no_place() from None


def _no_place() -> Invalid:
    detail = "Not a place given out by this list."
    return Invalid(errors=[{"pointer": "after", "detail": detail}])
