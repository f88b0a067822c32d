"""What a listener may ask of the live stream: read and checked without Flask.

Unknown, repeated and empty parameters are refused as they are everywhere else, so that nobody
follows something other than what they meant. `openapi.py` describes the same limits.
"""

import re
from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl

from hub.kernel.errors import Invalid
from hub.transit.snapshots import Bounds

from .topics import StopBoards, Topic, Vehicles

SUBJECTS = ("feed", "route", "stop")
PARAMETERS = frozenset({*SUBJECTS, "bbox", "last_event_id"})
LONGEST_SUBJECT = 300
BOX = r"^-?[0-9]{1,3}(\.[0-9]{1,15})?(,-?[0-9]{1,3}(\.[0-9]{1,15})?){3}$"

_written_as_box = re.compile(BOX).fullmatch


def read(query: bytes) -> dict[str, str]:
    """The parameters of a query string. Refuses unknown ones, and any that is there twice."""
    given: dict[str, str] = {}
    # Clients send UTF-8 unescaped, too; what is not UTF-8 names nothing that could be followed.
    for name, value in parse_qsl(query.decode("utf-8", "replace"), keep_blank_values=True):
        if name not in PARAMETERS:
            raise Invalid(errors=[{"pointer": name[:200], "detail": "Unknown field."}])
        if name in given:
            raise Invalid(errors=[{"pointer": name, "detail": "Once is enough."}])
        given[name] = value
    return given


def topic_of(asked: Mapping[str, str]) -> tuple[str, Callable[[], Topic]]:
    """The topic that a query names, and how to make it. Refuses what names none, or several."""
    named = [kind for kind in SUBJECTS if kind in asked]
    if len(named) != 1 or ("bbox" in asked and named != ["feed"]):
        raise Invalid("Name one of feed (with bbox or without), route and stop.")
    subject = asked[named[0]]
    if not 0 < len(subject) <= LONGEST_SUBJECT:
        detail = f"Length must be between 1 and {LONGEST_SUBJECT}."
        raise Invalid(errors=[{"pointer": named[0], "detail": detail}])
    if named == ["stop"]:
        return f"stop {subject}", lambda: StopBoards(subject)
    if named == ["route"]:
        return f"route {subject}", lambda: Vehicles(subject.partition(":")[0], route=subject)
    box = _box(asked["bbox"]) if "bbox" in asked else None
    return f"feed {subject} {box}", lambda: Vehicles(subject, box=box)


def _box(text: str) -> Bounds:
    if not _written_as_box(text):
        raise Invalid(errors=[{"pointer": "bbox", "detail": "Four numbers."}])
    west, south, east, north = (float(part) for part in text.split(","))
    if not (abs(west) <= 180 and abs(east) <= 180 and -90 <= south <= north <= 90):
        raise Invalid(errors=[{"pointer": "bbox", "detail": "Not west,south,east,north."}])
    return Bounds(west, south, east, north)
