"""What boards say, as structs that encode themselves: the public API's shapes, field for field.

The marshmallow schemas in `blueprints/traffic/schemas.py` document the same shapes and a test holds
the two equal. Parts that never change between ticks (a route, a stop, a headsign) are encoded once
and embedded as `Raw`. `generated_at` is put on last, so that a body can be compared without it.
"""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Literal

import msgspec

from .timetable import LocalText, Pattern, Route, Stop

Source = Literal["realtime", "schedule", "frequency"]
ArrivalStatus = Literal[
    "expected", "approaching", "at_stop", "passed", "cancelled", "skipped", "no_signal"
]
Motion = Literal["in_transit", "incoming", "stopped"]
Mode = Literal["realtime", "schedule"]

Raw = msgspec.Raw
encode = msgspec.json.Encoder().encode


class ComingVehicle(msgspec.Struct, omit_defaults=True):
    """The vehicle behind an arrival. `stops_away` is 0 when this stop is its next one."""

    id: str
    reported_at: str
    label: str | None = None
    stops_away: int | None = None
    distance_m: int | None = None
    occupancy: str | None = None


class Arrival(msgspec.Struct, omit_defaults=True):
    """One line of a stop board."""

    trip: str
    service_date: str
    stop_sequence: int
    route: Raw
    headsign: Raw
    scheduled_at: str
    expected_at: str
    source: Source
    status: ArrivalStatus
    delay_seconds: int | None = None
    vehicle: ComingVehicle | None = None


class NextStop(msgspec.Struct, omit_defaults=True):
    """Where a vehicle calls next."""

    id: str
    name: LocalText
    expected_at: str | None = None


class VehicleNow(msgspec.Struct, omit_defaults=True):
    """A vehicle on the map."""

    id: str
    feed: str
    position: dict[str, Any]
    reported_at: str
    status: Motion
    stale: bool = msgspec.field(default=None)  # type: ignore[assignment]  # never left out
    label: str | None = None
    route: Raw | None = None
    trip: str | None = None
    direction: int | None = None
    headsign: Raw | None = None
    bearing: int | None = None
    speed_mps: float | None = None
    occupancy: str | None = None
    next_stop: NextStop | None = None
    delay_seconds: int | None = None


class StopBoard(msgspec.Struct):
    """What is coming to a stop; `generated_at` is put on by `dated`."""

    stop: Raw
    mode: Mode
    arrivals: list[Arrival]
    alerts: list[Raw]


class RouteVehicles(msgspec.Struct):
    """The vehicles of a route; `generated_at` is put on by `dated`."""

    route: str
    vehicles: list[Raw]


def dated(body: bytes, at: float) -> bytes:
    """An encoded object with `generated_at` as its last member."""
    return b'%b,"generated_at":"%b"}' % (body[:-1], stamp(int(at)).encode())


@lru_cache(maxsize=1 << 15)
def stamp(at: int) -> str:
    """POSIX seconds as RFC 3339 in UTC. Cached: a board repeats the same seconds all day."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def point(longitude: float, latitude: float) -> dict[str, Any]:
    """A GeoJSON point; six decimals are eleven centimetres."""
    return {"type": "Point", "coordinates": [round(longitude, 6), round(latitude, 6)]}


def stop_part(feed: str, stop: Stop) -> Raw:
    """A stop as boards name it."""
    return Raw(
        encode(
            {
                "id": f"{feed}:{stop.id}",
                "name": stop.name,
                "position": point(stop.longitude, stop.latitude),
            }
        )
    )


def long_route_part(feed: str, route: Route) -> Raw:
    """A route as arrivals name it."""
    return Raw(
        encode(
            {
                "id": f"{feed}:{route.id}",
                "short_name": route.short_name,
                "long_name": route.long_name,
                "color": route.color,
                "text_color": route.text_color,
            }
        )
    )


def short_route_part(feed: str, route: Route) -> Raw:
    """A route as vehicles name it."""
    return Raw(
        encode({"id": f"{feed}:{route.id}", "short_name": route.short_name, "color": route.color})
    )


class Parts:
    """The encoded parts of one timetable, each made when first needed."""

    def __init__(self, feed: str) -> None:
        self._feed = feed
        self._stops: dict[str, Raw] = {}
        self._long: dict[str, Raw] = {}
        self._short: dict[str, Raw] = {}
        self._signs: dict[int, tuple[LocalText, Raw]] = {}

    def stop(self, stop: Stop) -> Raw:
        if stop.id not in self._stops:
            self._stops[stop.id] = stop_part(self._feed, stop)
        return self._stops[stop.id]

    def long_route(self, route: Route) -> Raw:
        if route.id not in self._long:
            self._long[route.id] = long_route_part(self._feed, route)
        return self._long[route.id]

    def short_route(self, route: Route) -> Raw:
        if route.id not in self._short:
            self._short[route.id] = short_route_part(self._feed, route)
        return self._short[route.id]

    def headsign(self, pattern: Pattern, position: int, trip_sign: LocalText) -> Raw:
        """The sign on the bus at a call: the call's own where the feed gives one."""
        sign = pattern.headsigns[position] or trip_sign
        known = self._signs.get(id(sign))
        if known is None or known[0] is not sign:
            known = self._signs[id(sign)] = (sign, Raw(encode(sign)))
        return known[1]
