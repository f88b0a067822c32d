"""The schedule in memory: what a tracker or a fallback board needs to know, and nothing else.

`load_timetable` reads the current version of one feed into plain objects whose long columns are
`array`s, in a handful of statements. Distances are metres along the shape; times in a trip are
seconds since noon minus twelve hours of its service day (so they may exceed 86,400, and a change
of the clocks moves no trip); times of a journey are POSIX seconds.
"""

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cached_property
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from psycopg.rows import tuple_row
from sqlalchemy import Connection

from .errors import NoTimetable

LocalText = Mapping[str, str]
"""What passengers read: language tag to text, as in {"zh-CN": "中央大街", "en": "Central St"}."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A place where a vehicle calls. `id` is the GTFS one; the public id is `<feed>:<id>`."""

    id: str
    code: str | None
    name: LocalText
    longitude: float
    latitude: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A line; colours as `#rrggbb`."""

    id: str
    short_name: str
    long_name: LocalText
    kind: str
    color: str
    text_color: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A polyline: three arrays of equal length; `metres` never falls and starts at zero."""

    longitudes: "array[float]"
    latitudes: "array[float]"
    metres: "array[float]"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pattern:
    """Stops in order along one shape. Everything indexed by the position of a call, from 0."""

    no: int
    route: Route
    direction: int | None
    headsign: LocalText
    shape: Shape
    stops: tuple[Stop, ...]
    sequences: "array[int]"
    """stop_sequence of each call, as GTFS-Realtime refers to it."""
    metres: "array[float]"
    """Where on the shape each stop lies; never falls."""
    pickups: tuple[str, ...]
    drop_offs: tuple[str, ...]
    timepoints: tuple[bool, ...]
    """True where a vehicle waits for its time rather than leaving early."""
    headsigns: tuple[LocalText | None, ...]
    """A call's own sign where the feed gives one (a loop changing its destination)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trip:
    """One row of trips.txt with its times; a stencil when the feed runs it by frequency."""

    id: str
    pattern: Pattern
    service_no: int
    headsign: LocalText
    block: str | None
    wheelchair: str
    arrivals: "array[int]"
    departures: "array[int]"


@dataclass(frozen=True, slots=True, eq=False)
class Journey:
    """A trip on one service day: what a bus really drives.

    A trip by frequency has one journey per departure; `start_s` tells them apart (GTFS-Realtime's
    `start_time`) and `exact` says whether the times are promised or only the headway is.
    """

    trip: Trip
    service_date: date
    origin: int
    """POSIX seconds of noon minus twelve hours of the service day, shifted for a frequency."""
    start_s: int
    """Departure from the first stop, seconds of the service day."""
    by_frequency: bool = False
    exact: bool = True

    @property
    def starts_at(self) -> int:
        """POSIX seconds when it leaves its first stop."""
        return self.origin + self.trip.departures[0]

    @property
    def ends_at(self) -> int:
        """POSIX seconds when it reaches its last stop."""
        return self.origin + self.trip.arrivals[-1]

    def arrives_at(self, position: int) -> int:
        """POSIX seconds of the scheduled arrival at the call of this position."""
        return self.origin + self.trip.arrivals[position]

    def departs_at(self, position: int) -> int:
        """POSIX seconds of the scheduled departure from the call of this position."""
        return self.origin + self.trip.departures[position]


@dataclass(frozen=True, kw_only=True, eq=False)
class Timetable:
    """One version of one feed for a few service days.

    `journeys` are sorted by `starts_at`. `trips` holds every trip that runs on one of the days;
    a stop, route or pattern that has none is still listed.
    """

    feed: str
    version_id: UUID
    timezone: str
    language: str
    first_day: date
    last_day: date
    stops: Mapping[str, Stop]
    routes: Mapping[str, Route]
    patterns: Mapping[int, Pattern]
    trips: Mapping[str, Trip]
    journeys: Sequence[Journey]

    def journey(
        self, trip_id: str, service_date: date, start_s: int | None = None
    ) -> Journey | None:
        """The journey a message means, or None; `start_s` only matters for trips by frequency."""
        candidates = self._by_trip.get((trip_id, service_date), ())
        if start_s is None:
            return candidates[0] if len(candidates) == 1 else None
        for journey in candidates:
            if journey.start_s == start_s or not journey.by_frequency:
                return journey
        return None

    @cached_property
    def _by_trip(self) -> Mapping[tuple[str, date], Sequence[Journey]]:
        found: dict[tuple[str, date], list[Journey]] = {}
        for journey in self.journeys:
            found.setdefault((journey.trip.id, journey.service_date), []).append(journey)
        return found

    @cached_property
    def by_pattern(self) -> Mapping[int, Sequence[Journey]]:
        """The journeys of each pattern, sorted by `starts_at`."""
        found: dict[int, list[Journey]] = {}
        for journey in self.journeys:
            found.setdefault(journey.trip.pattern.no, []).append(journey)
        return found

    @cached_property
    def calls(self) -> Mapping[str, Sequence[tuple[Pattern, int]]]:
        """Who calls at a stop: pattern and position; a loop calls twice."""
        found: dict[str, list[tuple[Pattern, int]]] = {}
        for pattern in self.patterns.values():
            for position, stop in enumerate(pattern.stops):
                found.setdefault(stop.id, []).append((pattern, position))
        return found


def origin_of(day: date, zone: ZoneInfo) -> int:
    """POSIX seconds from which the times of a service day count: its noon minus twelve hours.

    That is midnight except on the two days a year when the clocks change (GTFS "Service day").
    """
    return int(datetime.combine(day, time(12), zone).timestamp()) - 43_200


def load_timetable(connection: Connection, feed: str, day_from: date, day_until: date) -> Timetable:
    """Read the current version of a feed with all journeys of the service days, ends included.

    Wants an autocommit connection: a version never changes, so its statements need no common
    snapshot. Refuses with NoTimetable when the feed is unknown or has no version yet.
    """
    reader = _Reader(connection, feed)
    stops, routes = reader.stops(), reader.routes()
    patterns = reader.patterns(routes, reader.shapes(), stops)
    trips = reader.trips(patterns, day_from, day_until)
    journeys = sorted(
        reader.journeys(trips, day_from, day_until),
        key=lambda journey: (journey.starts_at, journey.trip.id),
    )
    return Timetable(
        feed=feed,
        version_id=reader.version_id,
        timezone=reader.timezone,
        language=reader.language,
        first_day=day_from,
        last_day=day_until,
        stops=stops,
        routes=routes,
        patterns=patterns,
        trips=trips,
        journeys=journeys,
    )


class _Reader:
    """The statements behind `load_timetable`, in psycopg's binary form: arrays of numbers are read
    several times faster than as text."""

    def __init__(self, connection: Connection, feed: str) -> None:
        driver: Any = connection.connection.driver_connection
        self._cursor = driver.cursor(binary=True, row_factory=tuple_row)
        self._texts: dict[str, LocalText] = {}
        found = self._rows(
            "SELECT v.id, v.timezone, v.language FROM transit_feed f"
            " JOIN transit_version v ON v.id = f.current_version_id WHERE f.slug = %(feed)s",
            feed=feed,
        )
        first = next(found, None)
        if first is None:
            raise NoTimetable
        self.version_id: UUID = first[0]
        self.timezone: str = first[1]
        self.language: str = first[2]

    def _rows(self, statement: str, **values: object) -> Iterator[tuple[Any, ...]]:
        self._cursor.execute(statement, values)
        return iter(self._cursor)

    def _of_version(self, statement: str, **values: object) -> Iterator[tuple[Any, ...]]:
        return self._rows(statement, version=self.version_id, **values)

    def _text(self, encoded: str) -> LocalText:
        """One object for equal texts: thousands of trips share a few headsigns."""
        known = self._texts.get(encoded)
        if known is None:
            known = self._texts[encoded] = msgspec.json.decode(encoded, type=dict[str, str])
        return known

    def stops(self) -> dict[str, Stop]:
        return {
            row[0]: Stop(
                id=row[0],
                code=row[1],
                name=self._text(row[2]),
                longitude=row[3],
                latitude=row[4],
            )
            for row in self._of_version(
                "SELECT id, code, name::text, longitude, latitude FROM transit_stop"
                " WHERE version_id = %(version)s AND location_type = 'stop'"
            )
        }

    def routes(self) -> dict[str, Route]:
        return {
            row[0]: Route(
                id=row[0],
                short_name=row[1],
                long_name=self._text(row[2]),
                kind=row[3],
                color=row[4],
                text_color=row[5],
            )
            for row in self._of_version(
                "SELECT id, short_name, long_name::text, kind, color, text_color"
                " FROM transit_route WHERE version_id = %(version)s ORDER BY position"
            )
        }

    def shapes(self) -> dict[int, Shape]:
        return {
            no: Shape(
                longitudes=array("d", points[0::2]),
                latitudes=array("d", points[1::2]),
                metres=array("d", metres),
            )
            for no, points, metres in self._of_version(
                "SELECT no, points, metres FROM transit_shape WHERE version_id = %(version)s"
            )
        }

    def patterns(
        self, routes: Mapping[str, Route], shapes: Mapping[int, Shape], stops: Mapping[str, Stop]
    ) -> dict[int, Pattern]:
        return {
            row[0]: Pattern(
                no=row[0],
                route=routes[row[1]],
                direction=row[2],
                headsign=self._text(row[3]),
                shape=shapes[row[4]],
                stops=tuple(stops[stop] for stop in row[5]),
                sequences=array("i", row[6]),
                metres=array("d", row[7]),
                pickups=tuple(row[8]),
                drop_offs=tuple(row[9]),
                timepoints=tuple(row[10]),
                headsigns=tuple(sign and self._text(sign) for sign in row[11]),
            )
            for row in self._of_version(
                "SELECT p.no, p.route_id, p.direction, p.headsign::text, p.shape_no,"
                " array_agg(c.stop_id ORDER BY c.position),"
                " array_agg(c.stop_sequence ORDER BY c.position),"
                " array_agg(c.metres ORDER BY c.position),"
                " array_agg(c.pickup ORDER BY c.position),"
                " array_agg(c.drop_off ORDER BY c.position),"
                " array_agg(c.timepoint ORDER BY c.position),"
                " array_agg(c.headsign::text ORDER BY c.position)"
                " FROM transit_pattern p"
                " JOIN transit_call c ON (c.version_id, c.pattern_no) = (p.version_id, p.no)"
                " WHERE p.version_id = %(version)s GROUP BY p.version_id, p.no ORDER BY p.no"
            )
        }

    def trips(self, patterns: Mapping[int, Pattern], first: date, last: date) -> dict[str, Trip]:
        return {
            row[0]: Trip(
                id=row[0],
                pattern=patterns[row[1]],
                service_no=row[2],
                headsign=self._text(row[3]),
                block=row[4],
                wheelchair=row[5],
                arrivals=array("i", row[6]),
                departures=array("i", row[7]),
            )
            for row in self._of_version(
                "SELECT id, pattern_no, service_no, headsign::text, block_id,"
                " wheelchair_accessible, arrivals, departures FROM transit_trip"
                " WHERE version_id = %(version)s AND service_no = ANY(ARRAY("
                "SELECT service_no FROM transit_service_day"
                " WHERE version_id = %(version)s AND day BETWEEN %(first)s AND %(last)s))",
                first=first,
                last=last,
            )
        }

    def journeys(self, trips: Mapping[str, Trip], first: date, last: date) -> Iterator[Journey]:
        by_service: dict[int, list[Trip]] = {}
        for trip in trips.values():
            by_service.setdefault(trip.service_no, []).append(trip)
        windows = self._windows()
        zone = ZoneInfo(self.timezone)
        days = self._of_version(
            "SELECT day, service_no FROM transit_service_day"
            " WHERE version_id = %(version)s AND day BETWEEN %(first)s AND %(last)s",
            first=first,
            last=last,
        )
        for day, service_no in days:
            origin = origin_of(day, zone)
            for trip in by_service.get(service_no, ()):
                if trip.id in windows:
                    yield from _departures(trip, day, origin, windows[trip.id])
                else:
                    yield Journey(trip, day, origin, trip.departures[0])

    def _windows(self) -> dict[str, list[tuple[int, int, int, bool]]]:
        windows: dict[str, list[tuple[int, int, int, bool]]] = {}
        for trip, *window in self._of_version(
            "SELECT trip_id, start_s, end_s, headway_s, exact FROM transit_frequency"
            " WHERE version_id = %(version)s ORDER BY trip_id, start_s"
        ):
            start, end, headway, exact = window
            windows.setdefault(trip, []).append((start, end, headway, exact))
        return windows


def _departures(
    trip: Trip, day: date, origin: int, windows: Sequence[tuple[int, int, int, bool]]
) -> Iterator[Journey]:
    """The journeys of a trip by frequency: each departure inside a window, the end left out."""
    for start, end, headway, exact in windows:
        for leaves in range(start, end, headway):
            shifted = origin + leaves - trip.departures[0]
            yield Journey(trip, day, shifted, leaves, by_frequency=True, exact=exact)
