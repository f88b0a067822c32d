"""The types of GTFS fields: text in, value out, or a BadValue that names the rule it breaks."""

import math
import re
from collections.abc import Callable
from datetime import date
from typing import TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

T = TypeVar("T")
Parser = Callable[[str], object]

LONGEST_ID = 255

_TIME = re.compile(r"([0-9]{1,3}):([0-5][0-9]):([0-5][0-9])", re.ASCII)
_DATE = re.compile(r"[0-9]{8}", re.ASCII)
_INTEGER = re.compile(r"[+-]?[0-9]{1,10}", re.ASCII)
_FLOAT = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?", re.ASCII)
_COLOR = re.compile(r"[0-9a-fA-F]{6}", re.ASCII)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*", re.ASCII)
_REMEMBERED = 100_000


class BadValue(Exception):
    """A value that is not of its type; `rule` is the canonical validator's name for it."""

    def __init__(self, rule: str, detail: str) -> None:
        super().__init__(detail)
        self.rule = rule
        self.detail = detail


class Remembered(dict[str, T]):
    """A parser that keeps its answers: the times of a timetable repeat thousands of times."""

    def __init__(self, parse: Callable[[str], T]) -> None:
        super().__init__()
        self._parse = parse

    def __missing__(self, text: str) -> T:
        value = self._parse(text)
        if len(self) < _REMEMBERED:
            self[text] = value
        return value


def text(value: str) -> str:
    """Free text, taken as it is."""
    return value


def identifier(value: str) -> str:
    """An id: any text, short enough to be indexed."""
    if len(value) > LONGEST_ID:
        raise BadValue("id_too_long", f"An id may have {LONGEST_ID} characters.")
    return value


def time_of_day(value: str) -> int:
    """H:MM:SS as seconds since noon minus twelve hours; hours may pass 24."""
    found = _TIME.fullmatch(value)
    if found is None:
        raise BadValue("invalid_time", f"{shown(value)} is not a time (H:MM:SS).")
    hours, minutes, seconds = found.groups()
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds)


def day(value: str) -> date:
    """YYYYMMDD."""
    if _DATE.fullmatch(value):
        try:
            return date(int(value[:4]), int(value[4:6]), int(value[6:]))
        except ValueError:
            pass
    raise BadValue("invalid_date", f"{shown(value)} is not a day (YYYYMMDD).")


def integer(value: str) -> int:
    """A whole number that PostgreSQL's integer can hold."""
    if not _INTEGER.fullmatch(value) or not -(2**31) <= int(value) < 2**31:
        raise BadValue("invalid_integer", f"{shown(value)} is not a whole number.")
    return int(value)


def count(value: str) -> int:
    """A whole number, zero or more."""
    number = integer(value)
    if number < 0:
        raise BadValue("number_out_of_range", f"{shown(value)} is below zero.")
    return number


def positive(value: str) -> int:
    """A whole number above zero."""
    number = integer(value)
    if number <= 0:
        raise BadValue("number_out_of_range", f"{shown(value)} is not above zero.")
    return number


def real(value: str) -> float:
    """A finite decimal number: no NaN, no infinity, nothing that overflows."""
    if not _FLOAT.fullmatch(value):
        raise BadValue("invalid_float", f"{shown(value)} is not a number.")
    number = float(value)
    if not math.isfinite(number):
        raise BadValue("number_out_of_range", f"{shown(value)} is too large.")
    return number


def distance(value: str) -> float:
    """A number, zero or more, in the unit of the feed."""
    number = real(value)
    if number < 0:
        raise BadValue("number_out_of_range", f"{shown(value)} is below zero.")
    return number


def latitude(value: str) -> float:
    """Degrees, -90 to 90."""
    number = real(value)
    if not -90 <= number <= 90:
        raise BadValue("number_out_of_range", f"{shown(value)} is no latitude (-90 to 90).")
    return number


def longitude(value: str) -> float:
    """Degrees, -180 to 180."""
    number = real(value)
    if not -180 <= number <= 180:
        raise BadValue("number_out_of_range", f"{shown(value)} is no longitude (-180 to 180).")
    return number


def color(value: str) -> str:
    """RRGGBB as #rrggbb."""
    if not _COLOR.fullmatch(value):
        raise BadValue("invalid_color", f"{shown(value)} is not a colour (RRGGBB).")
    return f"#{value.lower()}"


def language(value: str) -> str:
    """A BCP 47 tag as we show it: the hub's own three by their names, all others as they came."""
    if not _LANGUAGE.fullmatch(value):
        raise BadValue("invalid_language_code", f"{shown(value)} is not a language tag (BCP 47).")
    primary = value.partition("-")[0].lower()
    if primary == "zh" and "hant" not in value.lower():
        return "zh-CN"
    return primary if primary in {"en", "ru"} else value


def timezone(value: str) -> str:
    """A name of the IANA time zone database."""
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadValue("invalid_timezone", f"{shown(value)} is not an IANA time zone.") from None
    return value


def url(value: str) -> str:
    """An address on the web, http or https, with a host."""
    try:
        parts = urlsplit(value)
        sound = parts.scheme.lower() in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        sound = False
    if not sound or any(mark.isspace() for mark in value):
        raise BadValue("invalid_url", f"{shown(value)} is not a web address (http or https).")
    return value


def word(values: dict[str, T]) -> Callable[[str], T]:
    """An enum of GTFS: a digit that stands for a word of ours."""

    def parse(value: str) -> T:
        known = values.get(value)
        if known is not None:
            return known
        if not _INTEGER.fullmatch(value):
            raise BadValue("invalid_integer", f"{shown(value)} is not a whole number.")
        raise BadValue("unexpected_enum_value", f"{shown(value)} is none of {', '.join(values)}.")

    return parse


def shown(value: str) -> str:
    """A value inside a sentence: quoted, and never longer than a line."""
    return repr(value if len(value) <= 60 else value[:57] + "...")


_KINDS = {
    0: "tram",
    1: "metro",
    2: "rail",
    3: "bus",
    4: "ferry",
    5: "cable_tram",
    6: "aerial_lift",
    7: "funicular",
    11: "trolleybus",
    12: "monorail",
}
_KINDS_BY_HUNDRED = {
    1: "rail",
    2: "coach",
    4: "metro",
    7: "bus",
    8: "trolleybus",
    9: "tram",
    10: "ferry",
    12: "ferry",
    13: "aerial_lift",
    14: "funicular",
    15: "taxi",
}
"""The extended route types (100 to 1799) that many feeds use, by their hundred."""


def route_kind(value: str) -> str:
    """route_type as a word; the extended types by their group."""
    number = integer(value)
    kind = _KINDS.get(number) or _KINDS_BY_HUNDRED.get(number // 100)
    if kind is None:
        raise BadValue("unexpected_enum_value", f"{shown(value)} is not a known route_type.")
    return kind
