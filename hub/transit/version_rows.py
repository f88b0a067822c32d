"""The rows of a version: from what a feed says to what the tables hold, by COPY."""

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from psycopg import Connection

from .gtfs.network import Network, RouteRow, StopRow, TripRow
from .gtfs.patterns import NewPattern, NewShape
from .gtfs.translations import LocalText
from .search import spellings

_SHAPES = "transit_shape (version_id, no, gtfs_id, points, metres, outline)"
_PATTERNS = "transit_pattern (version_id, no, route_id, direction, headsign, shape_no)"
_CALLS = (
    "transit_call (version_id, pattern_no, position, stop_id, stop_sequence, metres, pickup,"
    " drop_off, timepoint, headsign)"
)
_TRIPS = (
    "transit_trip (version_id, id, pattern_no, service_no, headsign, short_name, block_id,"
    " wheelchair_accessible, arrivals, departures)"
)
_DIGITS = re.compile(r"(\d+)")


class VersionWriter:
    """Writes one version. `shape`, `pattern` and `trip` wait until `flush`, which writes them in
    the order of their foreign keys."""

    def __init__(self, connection: Connection[Any], version_id: UUID, network: Network) -> None:
        self._connection = connection
        self._version = str(version_id)
        self._network = network
        self._services = {service: no for no, service in enumerate(network.services)}
        self._routes = sorted(network.routes.values(), key=_place_in_lists)
        self._shapes: list[tuple[object, ...]] = []
        self._patterns: list[tuple[object, ...]] = []
        self._calls: list[tuple[object, ...]] = []
        self._trips: list[tuple[object, ...]] = []
        self._written_trips: set[str] = set()

    def head(self, feed_id: UUID, now: datetime) -> None:
        """The version itself with its agencies, routes and service days."""
        first, last = self._period()
        self._copy(
            "transit_version (id, feed_id, timezone, language, bounds, valid_from, valid_until,"
            " label, attribution, published_at)",
            [
                (
                    self._version,
                    feed_id,
                    self._network.timezone,
                    self._network.language,
                    _array(self._bounds()),
                    first,
                    last,
                    self._network.label,
                    self._credit(),
                    now,
                )
            ],
        )
        self._copy(
            "transit_agency (version_id, id, name, url, phone)",
            (
                (self._version, agency.id, _json(agency.name), agency.url, agency.phone)
                for agency in self._network.agencies.values()
            ),
        )
        self._copy(
            "transit_route (version_id, id, agency, short_name, long_name, kind, color,"
            " text_color, url, position, search)",
            (self._route(route, position) for position, route in enumerate(self._routes)),
        )
        self._copy(
            "transit_service_day (version_id, day, service_no)",
            (
                (self._version, date.fromordinal(day), self._services[service])
                for service, days in self._network.services.items()
                for day in days
            ),
        )

    def pattern(self, pattern: NewPattern) -> None:
        """A new pattern with its calls, and its shape when that is new."""
        if pattern.shape is not None:
            self._shape(pattern.shape)
        self._patterns.append(
            (
                self._version,
                pattern.no,
                pattern.trip.route,
                pattern.trip.direction,
                _json(pattern.headsign),
                pattern.shape_no,
            )
        )
        for position, call in enumerate(pattern.calls):
            call.stop.routes.add(pattern.trip.route)
            self._calls.append(
                (
                    self._version,
                    pattern.no,
                    position,
                    call.stop.id,
                    call.sequence,
                    call.metres,
                    call.pickup,
                    call.drop_off,
                    call.timepoint,
                    None if call.headsign is None else _json(call.headsign),
                )
            )

    def trip(
        self,
        trip: TripRow,
        pattern_no: int,
        headsign: LocalText,
        arrivals: Sequence[int],
        departures: Sequence[int],
    ) -> None:
        """A trip with its completed times."""
        self._written_trips.add(trip.id)
        self._trips.append(
            (
                self._version,
                trip.id,
                pattern_no,
                self._services[trip.service],
                _json(headsign),
                trip.short_name,
                trip.block,
                trip.wheelchair,
                _array(arrivals),
                _array(departures),
            )
        )

    def flush(self) -> None:
        """Write what waits."""
        for target, rows in (
            (_SHAPES, self._shapes),
            (_PATTERNS, self._patterns),
            (_CALLS, self._calls),
            (_TRIPS, self._trips),
        ):
            if rows:
                self._copy(target, rows)
                rows.clear()

    def tail(self) -> None:
        """What is only known at the end: headways of written trips, and which lines call where."""
        self._copy(
            "transit_frequency (version_id, trip_id, start_s, end_s, headway_s, exact)",
            (
                (self._version, trip, *window)
                for trip, windows in self._network.windows.items()
                if trip in self._written_trips
                for window in windows
            ),
        )
        stops = self._network.stops
        for stop in stops.values():
            if stop.parent is not None:
                stops[stop.parent].routes |= stop.routes
        badges = {route.id: _badge(route) for route in self._routes}
        self._copy(
            "transit_stop (version_id, id, code, name, longitude, latitude, location_type,"
            " parent_id, platform_code, wheelchair_boarding, routes, search)",
            (self._stop(stop, badges) for stop in stops.values()),
        )

    def _period(self) -> tuple[date, date]:
        services = {trip.service for trip in self._network.trips.values()}
        days = [self._network.services[service] for service in services]
        return (
            date.fromordinal(min(min(some) for some in days if some)),
            date.fromordinal(max(max(some) for some in days if some)),
        )

    def _bounds(self) -> tuple[float, float, float, float]:
        places = [
            (stop.longitude, stop.latitude)
            for stop in self._network.stops.values()
            if stop.longitude is not None and stop.latitude is not None
        ]
        longitudes, latitudes = zip(*places, strict=True)
        return min(longitudes), min(latitudes), max(longitudes), max(latitudes)

    def _credit(self) -> str:
        network = self._network
        names = [name for name in (network.publisher, *network.attributions) if name]
        agencies = [next(iter(agency.name.values()), "") for agency in network.agencies.values()]
        return ", ".join(names or agencies)

    def _route(self, route: RouteRow, position: int) -> tuple[object, ...]:
        return (
            self._version,
            route.id,
            _json(route.agency),
            route.short_name,
            _json(route.long_name),
            route.kind,
            route.color,
            route.text_color,
            route.url,
            position,
            spellings([route.short_name, *route.long_name.values()]),
        )

    def _shape(self, shape: NewShape) -> None:
        line = shape.line
        self._shapes.append(
            (
                self._version,
                shape.no,
                shape.gtfs_id,
                _array(line.points()),
                _array(line.metres),
                _array(line.outline()),
            )
        )

    def _stop(self, stop: StopRow, badges: dict[str, dict[str, str]]) -> tuple[object, ...]:
        return (
            self._version,
            stop.id,
            stop.code,
            _json(stop.name),
            stop.longitude,
            stop.latitude,
            stop.location_type,
            stop.parent,
            stop.platform,
            stop.wheelchair,
            _json([badge for route, badge in badges.items() if route in stop.routes]),
            spellings([*stop.name.values(), stop.code or ""]),
        )

    def _copy(self, target: str, rows: Iterable[tuple[object, ...]]) -> None:
        with self._connection.cursor() as cursor, cursor.copy(f"COPY {target} FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)


def _badge(route: RouteRow) -> dict[str, str]:
    """What a list of stops says of a line."""
    return {"id": route.id, "short_name": route.short_name, "color": route.color}


def _place_in_lists(route: RouteRow) -> tuple[object, ...]:
    """The operator's order first, then by name as people sort: 2 before 10."""
    order = route.order if route.order is not None else 2**31
    name = route.short_name or next(iter(route.long_name.values()), "")
    parts = [(1, int(part), "") if part.isdecimal() else (2, 0, part) for part in _split(name)]
    return order, parts, route.id


def _split(name: str) -> list[str]:
    return [part for part in _DIGITS.split(name) if part]


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _array(numbers: Iterable[float]) -> str:
    return "{" + ",".join(map(repr, numbers)) + "}"
