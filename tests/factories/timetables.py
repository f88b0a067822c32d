"""A small city's timetable, straight as objects: rules need no database."""

from array import array
from datetime import UTC, date, datetime
from itertools import pairwise
from uuid import UUID

from hub.transit.timetable import Journey, Pattern, Route, Shape, Stop, Timetable, Trip

DAY = date(2026, 11, 24)
MIDNIGHT = int(datetime(2026, 11, 24, tzinfo=UTC).timestamp())
METRE = 1 / 111_319.49
"""One metre of latitude, in degrees."""

EMPTY = UUID(int=0)


def a_shape(points: list[tuple[float, float]]) -> Shape:
    """A line through points given in metres east and north of 0°, 45.75° N."""
    cosine = 0.6977904598416802  # of 45.75 degrees
    metres, walked = [0.0], 0.0
    for (x, y), (east, north) in pairwise(points):
        walked += ((east - x) ** 2 + (north - y) ** 2) ** 0.5
        metres.append(walked)
    return Shape(
        longitudes=array("d", [126.6 + x * METRE / cosine for x, _ in points]),
        latitudes=array("d", [45.75 + y * METRE for _, y in points]),
        metres=array("d", metres),
    )


def a_route(route_id: str = "55") -> Route:
    return Route(
        id=route_id,
        short_name=route_id,
        long_name={"en": f"Line {route_id}", "zh-CN": f"{route_id}路"},
        kind="bus",
        color="#1a7f37",
        text_color="#ffffff",
    )


def a_pattern(
    no: int = 1,
    *,
    route: Route | None = None,
    shape: Shape | None = None,
    stops_at: list[float] | None = None,
    prefix: str = "S",
    timepoints: tuple[int, ...] = (),
) -> Pattern:
    """A straight kilometre per stop unless told otherwise."""
    stops_at = stops_at or [0.0, 1000.0, 2000.0, 3000.0, 4000.0]
    shape = shape or a_shape([(float(x), 0.0) for x in range(0, int(stops_at[-1]) + 1, 50)])
    count = len(stops_at)
    return Pattern(
        no=no,
        route=route or a_route(),
        direction=0,
        headsign={"en": "Central Street", "zh-CN": "中央大街"},
        shape=shape,
        stops=tuple(
            Stop(
                id=f"{prefix}{n}",
                code=None,
                name={"en": f"Stop {n}"},
                longitude=126.6,
                latitude=45.75,
            )
            for n in range(count)
        ),
        sequences=array("i", range(1, count + 1)),
        metres=array("d", stops_at),
        pickups=("regular",) * count,
        drop_offs=("regular",) * count,
        timepoints=tuple(n in timepoints for n in range(count)),
        headsigns=(None,) * count,
    )


def a_trip(trip_id: str, pattern: Pattern, starts: int, *, leg: int = 200, dwell: int = 0) -> Trip:
    """Leaves its first stop at second `starts` of the day, `leg` seconds from stop to stop."""
    arrivals = [starts + n * leg for n in range(len(pattern.stops))]
    return Trip(
        id=trip_id,
        pattern=pattern,
        service_no=1,
        headsign=pattern.headsign,
        block=None,
        wheelchair="unknown",
        arrivals=array("i", arrivals),
        departures=array("i", [at + dwell for at in arrivals[:-1]] + arrivals[-1:]),
    )


def a_journey(trip: Trip) -> Journey:
    return Journey(trip, DAY, MIDNIGHT, trip.departures[0])


def a_timetable(
    trips: list[Trip], *, feed: str = "harbin", journeys: list[Journey] | None = None
) -> Timetable:
    patterns = {trip.pattern.no: trip.pattern for trip in trips}
    return Timetable(
        feed=feed,
        version_id=EMPTY,
        timezone="UTC",
        language="en",
        first_day=DAY,
        last_day=DAY,
        stops={stop.id: stop for pattern in patterns.values() for stop in pattern.stops},
        routes={pattern.route.id: pattern.route for pattern in patterns.values()},
        patterns=patterns,
        trips={trip.id: trip for trip in trips},
        journeys=sorted(
            journeys or [a_journey(trip) for trip in trips], key=lambda journey: journey.starts_at
        ),
    )
