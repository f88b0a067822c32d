"""Ids: UUIDv7 inside the house, a prefix and 26 characters of base32 outside it.

A UUIDv7 (RFC 9562, 5.7) begins with the milliseconds of its making, so that new rows go to the end
of an index. Shown to the outside it reads ``login_06f0k...``: the prefix says what it names, and an
id of one kind never passes for one of another.
"""

import os
import re
import time
from uuid import UUID

from .errors import NotFound

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's: no i, l, o, u to misread
_FORM = re.compile(f"[{ALPHABET}]{{26}}")
_AS_DIGITS = str.maketrans(ALPHABET, "0123456789abcdefghijklmnopqrstuv")  # as int(..., 32) reads


def new_id() -> UUID:
    """A fresh UUIDv7: 48 bits of milliseconds, 12 of the fraction of one, then 62 random bits.

    The fraction (RFC 9562, 6.2, method 3) keeps what is made one after the other in that order,
    also within a millisecond; 244 ns are told apart.
    """
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    fraction = (rest << 12) // 1_000_000
    random = int.from_bytes(os.urandom(8)) & (1 << 62) - 1
    value = (milliseconds & (1 << 48) - 1) << 80
    value |= 0x7 << 76 | fraction << 64
    value |= 0b10 << 62 | random
    return UUID(int=value)


def show(prefix: str, identifier: UUID) -> str:
    """The public form, for example ``login_06f0k3m9s8d2z7h5q1w4e6r8ty``."""
    number = identifier.int
    letters = [ALPHABET[number >> shift & 31] for shift in range(125, -1, -5)]
    return f"{prefix}_{''.join(letters)}"


def read(prefix: str, text: str) -> UUID:
    """The id behind a public form; refuses with NotFound whatever was never issued."""
    kind, _, letters = text.rpartition("_")
    if kind != prefix or not _FORM.fullmatch(letters):
        raise NotFound
    number = int(letters.translate(_AS_DIGITS), 32)
    if number >= 1 << 128:
        raise NotFound
    return UUID(int=number)
