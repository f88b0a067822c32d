"""Positions as they come in: the JSON batch, decoded straight into structs.

A batch is up to 1,000 rows several times a second, so no marshmallow here; the schema in
`blueprints/traffic/positions.py` documents the same fields and a test holds the two equal.
Types must be right or the whole batch is refused; whether a row's *values* can be true is judged
row by row in `rules`, so that one broken terminal never costs the other vehicles their report.
"""

import re
from datetime import date, datetime
from typing import Annotated, Literal, get_args

import msgspec

from hub.kernel.errors import FieldError, Invalid, Malformed

from .errors import BatchTooLarge

MOST_POSITIONS = 1000

Occupancy = Literal[
    "empty",
    "many_seats_available",
    "few_seats_available",
    "standing_room_only",
    "crushed_standing_room_only",
    "full",
    "not_accepting_passengers",
    "no_data_available",
    "not_boardable",
]
"""GTFS-Realtime's OccupancyStatus, by its names and in its order."""

OCCUPANCIES: tuple[str, ...] = get_args(Occupancy)

Slug = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]{1,32}$")]
Name = Annotated[str, msgspec.Meta(pattern=r"^[^\x00-\x1f\x7f]{1,128}$")]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]
StartTime = Annotated[str, msgspec.Meta(pattern=r"^\d{1,3}:[0-5]\d:[0-5]\d$")]


class Position(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """One report of one vehicle. Degrees WGS 84, `bearing` clockwise from north.

    `distance_m` is metres along the trip's shape, for terminals that know it; then longitude and
    latitude may be left out. `start_time` tells journeys of a trip by frequency apart.
    """

    vehicle: str
    reported_at: Moment
    longitude: float | None = None
    latitude: float | None = None
    bearing: float | None = None
    speed_mps: float | None = None
    distance_m: float | None = None
    trip: Name | None = None
    route: Name | None = None
    service_date: date | None = None
    start_time: StartTime | None = None
    occupancy: Occupancy | None = None
    label: Name | None = None


class Batch(msgspec.Struct, forbid_unknown_fields=True):
    """Reports of one feed. The order of rows means nothing; `reported_at` does."""

    feed: Slug
    positions: list[Position]


_decoder = msgspec.json.Decoder(Batch)
_PLACE = re.compile(r"`\$(?P<place>[^`]*)`$")


def read_batch(body: bytes) -> Batch:
    """Decode a batch. Refuses broken JSON (400), wrong fields or types (422) and too many rows
    (413)."""
    try:
        batch = _decoder.decode(body)
    except msgspec.ValidationError as wrong:
        raise Invalid(errors=[_field_error(str(wrong))]) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Malformed("The body is not JSON.") from None
    if len(batch.positions) > MOST_POSITIONS:
        raise BatchTooLarge(f"{len(batch.positions)} positions; at most {MOST_POSITIONS} at once.")
    return batch


def _field_error(message: str) -> FieldError:
    """A JSON pointer out of the decoder's `$.positions[3].longitude`."""
    found = _PLACE.search(message)
    steps = re.findall(r"[^.\[\]]+", found["place"]) if found else []
    return {
        "pointer": "".join(f"/{step}" for step in steps),
        "detail": "Missing, unknown, or not of the type and form described.",
    }
