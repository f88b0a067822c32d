"""Departures by schedule alone, straight from the database: what a board says without a tracker."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from .errors import NoStop
from .timetable import LocalText, Route, Stop, origin_of

MOST_DEPARTURES = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledCall:
    """A vehicle calls here according to the timetable; times in POSIX seconds. `by_frequency` means
    that a headway is promised, not this minute (`exact` that the minute is meant all the same)."""

    trip_id: str
    service_date: date
    stop_sequence: int
    route: Route
    headsign: LocalText
    arrives_at: int
    departs_at: int
    by_frequency: bool
    exact: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledBoard:
    """What the timetable promises at one stop, soonest first."""

    feed: str
    version_id: UUID
    timezone: str
    stop: Stop
    calls: Sequence[ScheduledCall]


_STOP = text(
    """
    SELECT v.id AS version_id, v.timezone, s.id, s.code, s.name,
           s.longitude, s.latitude
    FROM transit_feed f
    JOIN transit_version v ON v.id = f.current_version_id
    JOIN transit_stop s ON s.version_id = v.id AND s.id = :stop
    WHERE f.slug = :feed
    """
)

# Each service day has its own window: what is 01:10 today is 25:10 of yesterday's service day.
_CALLS = text(
    """
    WITH days AS (
        SELECT * FROM unnest(CAST(:days AS date[]), CAST(:lows AS integer[]),
                             CAST(:highs AS integer[])) AS days (day, low, high)
    ), calls AS (
        SELECT c.pattern_no, c.position + 1 AS place, c.stop_sequence, c.headsign
        FROM transit_call c
        JOIN transit_stop s ON s.version_id = c.version_id AND s.id = c.stop_id
        WHERE c.version_id = :version AND :stop IN (s.id, s.parent_id)
    ), runs AS (
        SELECT days.day, days.low, days.high, t.id, t.pattern_no, calls.stop_sequence,
               coalesce(calls.headsign, t.headsign) AS headsign, t.departures[1] AS first,
               t.arrivals[calls.place] AS arrival, t.departures[calls.place] AS departure
        FROM days
        JOIN transit_service_day sd ON sd.version_id = :version AND sd.day = days.day
        JOIN transit_trip t ON t.version_id = :version AND t.service_no = sd.service_no
        JOIN calls ON calls.pattern_no = t.pattern_no
    ), promised AS (
        SELECT runs.*, 0 AS shift, false AS by_frequency, true AS exact
        FROM runs
        WHERE departure BETWEEN low AND high
          AND NOT EXISTS (SELECT FROM transit_frequency q
                          WHERE q.version_id = :version AND q.trip_id = runs.id)
        UNION ALL
        SELECT runs.*, leaves - first, true, q.exact
        FROM runs
        JOIN transit_frequency q ON q.version_id = :version AND q.trip_id = runs.id
        CROSS JOIN generate_series(q.start_s, q.end_s - 1, q.headway_s) AS leaves
        WHERE departure + leaves - first BETWEEN low AND high
    )
    SELECT promised.day, promised.id AS trip_id, promised.stop_sequence, promised.headsign,
           promised.arrival + promised.shift AS arrival,
           promised.departure + promised.shift AS departure,
           promised.by_frequency, promised.exact, r.id AS route_id, r.short_name, r.long_name,
           r.kind, r.color, r.text_color
    FROM promised
    JOIN transit_pattern p ON p.version_id = :version AND p.no = promised.pattern_no
    JOIN transit_route r ON r.version_id = :version AND r.id = p.route_id
    ORDER BY promised.departure + promised.shift - promised.low, promised.id
    LIMIT :most
    """
)


def departures_by_schedule(
    connection: Connection,
    feed: str,
    stop_id: str,
    now: datetime,
    horizon: timedelta = timedelta(minutes=90),
) -> ScheduledBoard:
    """The next calls at a stop, or at any platform of a station, by the current timetable.

    `stop_id` is the GTFS id. At most thirty calls; refuses with NoStop when there is none such.
    """
    found = connection.execute(_STOP, {"feed": feed, "stop": stop_id}).one_or_none()
    if found is None:
        raise NoStop
    zone = ZoneInfo(found.timezone)
    moment = int(now.timestamp())
    today = now.astimezone(zone).date()
    days = [today + timedelta(days=shift) for shift in (-2, -1, 0, 1)]
    origins = {day: origin_of(day, zone) for day in days}
    lows = [moment - origins[day] for day in days]
    rows = connection.execute(
        _CALLS,
        {
            "version": found.version_id,
            "stop": stop_id,
            "days": days,
            "lows": lows,
            "highs": [low + int(horizon.total_seconds()) for low in lows],
            "most": MOST_DEPARTURES,
        },
    )
    return ScheduledBoard(
        feed=feed,
        version_id=found.version_id,
        timezone=found.timezone,
        stop=Stop(
            id=found.id,
            code=found.code,
            name=found.name,
            longitude=found.longitude,
            latitude=found.latitude,
        ),
        calls=[
            ScheduledCall(
                trip_id=row.trip_id,
                service_date=row.day,
                stop_sequence=row.stop_sequence,
                route=Route(
                    id=row.route_id,
                    short_name=row.short_name,
                    long_name=row.long_name,
                    kind=row.kind,
                    color=row.color,
                    text_color=row.text_color,
                ),
                headsign=row.headsign,
                arrives_at=origins[row.day] + row.arrival,
                departs_at=origins[row.day] + row.departure,
                by_frequency=row.by_frequency,
                exact=row.exact,
            )
            for row in rows
        ],
    )
