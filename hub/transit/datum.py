"""Datums: WGS 84 inside the house; GCJ-02 or BD-09 for a map of mainland China that asks for it.

Chinese web maps draw every place some 500 metres off (GCJ-02, "Mars coordinates"); Baidu shifts it
once more (BD-09). China's own CGCS2000 equals WGS 84 within centimetres. The formulas are the
library prcoords'; it decides what lies in China by a box that takes in Blagoveshchensk, Seoul and
Ulan Bator, so here a polygon of the mainland decides instead, and elsewhere nothing is moved.
"""

from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from math import floor

import msgspec
import prcoords

Place = tuple[float, float]
"""Longitude and latitude in degrees, in that order."""

_BANDS_PER_DEGREE = 4
_DECIMALS = 7


def shown(datum: str, longitude: float, latitude: float) -> Place:
    """A WGS 84 place as a map of this datum draws it; unchanged outside the mainland."""
    if datum == "wgs84" or not in_mainland_china(longitude, latitude):
        return longitude, latitude
    forward = prcoords.wgs_bd if datum == "bd09" else prcoords.wgs_gcj
    shifted = forward((latitude, longitude), check_china=False)
    return round(shifted.lon, _DECIMALS), round(shifted.lat, _DECIMALS)


def understood(datum: str, longitude: float, latitude: float) -> Place:
    """The WGS 84 place behind one that was picked on a map of this datum, within five centimetres
    (fixed-point iteration); unchanged outside the mainland."""
    if datum == "wgs84" or not prcoords.sanity_in_china_p(prcoords.Coords(latitude, longitude)):
        return longitude, latitude
    backward = prcoords.bd_wgs_bored if datum == "bd09" else prcoords.gcj_wgs_bored
    true = backward((latitude, longitude), check_china=False)
    if not in_mainland_china(true.lon, true.lat):
        return longitude, latitude
    return true.lon, true.lat


def line_shown(datum: str, points: Iterable[float]) -> list[Place]:
    """A flat line (longitude, latitude, longitude, ...) as GeoJSON positions of this datum."""
    flat = iter(points)
    return [
        shown(datum, longitude, latitude) for longitude, latitude in zip(flat, flat, strict=True)
    ]


def in_mainland_china(longitude: float, latitude: float) -> bool:
    """Whether maps shift this place: on the mainland, to about two kilometres of its border."""
    crossings = 0
    for x, y, next_x, next_y in _bands().get(floor(latitude * _BANDS_PER_DEGREE), ()):
        if (y > latitude) != (next_y > latitude):
            crossings += longitude < x + (latitude - y) * (next_x - x) / (next_y - y)
    return crossings % 2 == 1


@cache
def _bands() -> dict[int, list[tuple[float, float, float, float]]]:
    """The edges of the mainland by bands of a quarter of a degree: a place is held against a few
    dozen of them instead of thousands."""
    text = files("hub.transit").joinpath("data", "mainland_china.geojson").read_text("utf-8")
    bands: dict[int, list[tuple[float, float, float, float]]] = {}
    for rings in msgspec.json.decode(text)["coordinates"]:
        for ring in rings:
            for (x, y), (next_x, next_y) in zip(ring, [*ring[1:], ring[0]], strict=True):
                lowest = floor(min(y, next_y) * _BANDS_PER_DEGREE)
                highest = floor(max(y, next_y) * _BANDS_PER_DEGREE)
                for band in range(lowest, highest + 1):
                    bands.setdefault(band, []).append((x, y, next_x, next_y))
    return bands
