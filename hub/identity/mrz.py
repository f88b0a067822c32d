"""The machine-readable zone of a passport: ICAO Doc 9303-4, the two lines called TD3. Pure."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

LENGTH = 88
_FORM = re.compile(
    r"P[A-Z<][A-Z<]{3}[A-Z<]{39}"
    r"[A-Z0-9<]{9}[0-9][A-Z<]{3}[0-9<]{6}[0-9][MFX<][0-9]{7}[A-Z0-9<]{14}[0-9<][0-9]"
)
_WEIGHTS = (7, 3, 1)


class NotAnMrz(ValueError):
    """These are not the two lines of a passport: wrong form, a date that is none, a wrong digit."""


@dataclass(frozen=True)
class Zone:
    """What the two lines say. ``born_on`` is None where a passport leaves a part of it open."""

    issuing_state: str
    number: str
    names: str
    born_on: date | None
    expires_on: date


def read(text: str, *, today: date) -> Zone:
    """The zone behind what was typed or scanned, in one line or two; refuses with NotAnMrz.

    All five check digits are looked at. Two-digit years of birth are the last such year that is
    not in the future, years of expiry the nearest (Doc 9303-3, 4.8).
    """
    lines = "".join(unicodedata.normalize("NFKC", text).split()).upper()
    if len(lines) != LENGTH or not _FORM.fullmatch(lines):
        raise NotAnMrz
    first, second = lines[:44], lines[44:]
    optional = second[28:42]
    empty = optional.strip("<") == "" and second[42] == "<"
    pairs = [(second[9], second[:9]), (second[19], second[13:19]), (second[27], second[21:27])]
    if not empty:
        pairs.append((second[42], optional))
    pairs.append((second[43], second[:10] + second[13:20] + second[21:43]))
    if any(check_digit(field) != digit for digit, field in pairs):
        raise NotAnMrz
    return Zone(
        issuing_state=first[2:5].rstrip("<"),
        number=second[:9].rstrip("<"),
        names=first[5:].rstrip("<").replace("<<", "  ").replace("<", " "),
        born_on=_birth(second[13:19], today),
        expires_on=_expiry(second[21:27], today),
    )


def check_digit(field: str) -> str:
    """Weights 7, 3, 1; letters count from A = 10, the filler nothing (Doc 9303-3, 4.9)."""
    total = sum(int(c, 36) * _WEIGHTS[i % 3] for i, c in enumerate(field) if c != "<")
    return str(total % 10)


def _birth(digits: str, today: date) -> date | None:
    if "<" in digits:
        return None
    here = _date(today.year // 100 * 100, digits)
    return here if here <= today else _date(today.year // 100 * 100 - 100, digits)


def _expiry(digits: str, today: date) -> date:
    century = today.year // 100 * 100
    year = int(digits[:2])
    if century + year - today.year > 50:
        century -= 100
    elif today.year - century - year > 50:
        century += 100
    return _date(century, digits)


def _date(century: int, digits: str) -> date:
    try:
        return date(century + int(digits[:2]), int(digits[2:4]), int(digits[4:]))
    except ValueError:
        raise NotAnMrz from None
