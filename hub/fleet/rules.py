"""Can this report be true? Pure decisions about single positions, each refusal with its name.

A position that cannot be true is quarantined with its reason, never dropped: a wrong clock or a
swapped coordinate is a broken terminal that somebody has to find.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import asin, cos, isfinite, radians, sin, sqrt
from typing import Literal

from .wire import Position

Reason = Literal[
    "future",
    "stale",
    "off_planet",
    "jump",
    "off_route",
    "unknown_trip",
    "unknown_vehicle",
]

AHEAD = timedelta(seconds=90)
"""A clock may run ahead of ours by this much."""

LIVE = timedelta(minutes=10)
"""Older reports are history: kept, but they move nothing on the map."""

KEPT = timedelta(hours=24)
"""Older reports are too late even for history."""

JUMP_MPS = 50.0
"""No road vehicle of a city goes faster (180 km/h)."""

JUMP_NOISE_M = 250.0
"""So far apart may two good fixes in a row lie without any driving: street canyons."""

ISLAND_DEGREES = 0.01
"""Around 0, 0 lie broken receivers, not buses."""

EARTH_RADIUS_M = 6_371_008.8
VEHICLE = re.compile(r"[^\x00-\x20\x7f](?:[^\x00-\x1f\x7f]{0,62}[^\x00-\x20\x7f])?")


@dataclass(frozen=True, slots=True)
class Seen:
    """A vehicle's last accepted place."""

    at: datetime
    longitude: float
    latitude: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """The reason to quarantine a position and one sentence about it for its sender."""

    reason: Reason
    detail: str


def doubt(position: Position, now: datetime) -> Verdict | None:
    """What is wrong with a position by itself."""
    if not VEHICLE.fullmatch(position.vehicle):
        return Verdict("unknown_vehicle", "A vehicle is named by 1 to 64 printable characters.")
    if position.reported_at > now + AHEAD:
        return Verdict("future", "The clock of this vehicle runs more than 90 seconds ahead.")
    if position.reported_at < now - KEPT:
        return Verdict("stale", "Reported more than 24 hours ago.")
    return _doubt_place(position)


def _doubt_place(position: Position) -> Verdict | None:
    longitude, latitude, metres = position.longitude, position.latitude, position.distance_m
    if metres is not None and not 0.0 <= metres <= 1e7:
        return Verdict("off_planet", "distance_m is not a distance along a line.")
    if longitude is None or latitude is None:
        if metres is not None and longitude is latitude:
            return None
        return Verdict("off_planet", "Neither longitude and latitude nor distance_m.")
    if not (abs(longitude) <= 180.0 and abs(latitude) <= 90.0):
        return Verdict("off_planet", "These coordinates are not on this planet.")
    if abs(longitude) < ISLAND_DEGREES and abs(latitude) < ISLAND_DEGREES:
        return Verdict("off_planet", "0, 0 is where receivers without a fix are.")
    return None


def doubts(
    positions: Iterable[Position], seen: Mapping[str, Seen], now: datetime
) -> dict[int, Verdict]:
    """The doubtful rows of a batch by their index; `seen` holds each vehicle's last known place.

    Rows are judged in the order they were reported, each against the last good place before it,
    so the order within the batch does not matter.
    """
    found: dict[int, Verdict] = {}
    latest = dict(seen)
    ordered = sorted(enumerate(positions), key=lambda row: row[1].reported_at)
    for index, position in ordered:
        verdict = doubt(position, now)
        if verdict is None and position.longitude is not None and position.latitude is not None:
            here = Seen(position.reported_at, position.longitude, position.latitude)
            before = latest.get(position.vehicle)
            if before is not None and jumped(before, here):
                verdict = Verdict("jump", "Faster than any bus since this vehicle's last report.")
            elif before is None or before.at <= here.at:
                latest[position.vehicle] = here
        if verdict is not None:
            found[index] = verdict
    return found


def jumped(before: Seen, after: Seen) -> bool:
    """Whether no vehicle can have driven from the one place to the other in the time between."""
    seconds = abs((after.at - before.at).total_seconds())
    return metres_between(before, after) > JUMP_NOISE_M + JUMP_MPS * seconds


def metres_between(one: Seen, other: Seen) -> float:
    """Great-circle distance (haversine), metres."""
    south, north = radians(one.latitude), radians(other.latitude)
    half = sin((north - south) / 2) ** 2
    half += cos(south) * cos(north) * sin(radians(other.longitude - one.longitude) / 2) ** 2
    return 2 * EARTH_RADIUS_M * asin(sqrt(min(half, 1.0)))


def tidy_bearing(bearing: float | None) -> float | None:
    """Degrees in [0, 360), or None for what is no direction. To four digits: what is smaller than
    a float4 can hold would be refused."""
    if bearing is None or not isfinite(bearing) or not -360.0 <= bearing <= 360.0:
        return None
    return round(bearing % 360.0, 4) % 360.0


def tidy_speed(speed_mps: float | None) -> float | None:
    """Metres per second a road vehicle can drive, or None."""
    if speed_mps is None or not 0.0 <= speed_mps <= JUMP_MPS:
        return None
    return round(speed_mps, 4)
