"""A town whose buses run around the clock, so that a test may happen at any hour."""

import secrets
from datetime import UTC, datetime, timedelta

from hub.fleet import Position
from hub.kernel.db import Database
from tests.factories.feeds import published
from tests.factories.gtfs import zipped

LEG_S = 120
STEP = 0.01
"""Degrees of longitude between stops: 776 metres at this latitude."""

EVERY_S = 600
STOPS = 6


def around_the_clock(first_stop: str = "S0") -> bytes:
    """Line 7 eastward, a trip every ten minutes of every day, two minutes from stop to stop."""
    stops = [first_stop, *(f"S{n}" for n in range(1, STOPS))]
    trips, times = [], []
    for start in range(0, 86_400, EVERY_S):
        trips.append(f"7,D,T{start},East,0,SH")
        for n, stop in enumerate(stops):
            at = start + n * LEG_S
            clock = f"{at // 3600:02}:{at // 60 % 60:02}:{at % 60:02}"
            times.append(f"T{start},{clock},{clock},{stop},{n + 1},{int(n == 0)}")
    today = datetime.now(UTC)
    return zipped(
        {
            "agency.txt": "agency_id,agency_name,agency_url,agency_timezone,agency_lang\n"
            "A,Town Buses,https://example.org,Etc/UTC,en\n",
            "stops.txt": "stop_id,stop_name,stop_lat,stop_lon\n"
            + "".join(f"{s},Stop {n},45.77,{126.6 + n * STEP:.4f}\n" for n, s in enumerate(stops)),
            "routes.txt": "route_id,agency_id,route_short_name,route_long_name,route_type\n"
            "7,A,7,East line,3\n",
            "calendar_dates.txt": "service_id,date,exception_type\n"
            + "".join(f"D,{today + timedelta(days=day):%Y%m%d},1\n" for day in range(-10, 60)),
            "trips.txt": "route_id,service_id,trip_id,trip_headsign,direction_id,shape_id\n"
            + "\n".join(trips)
            + "\n",
            "stop_times.txt": "trip_id,arrival_time,departure_time,stop_id,stop_sequence,"
            "timepoint\n" + "\n".join(times) + "\n",
            "shapes.txt": "shape_id,shape_pt_lat,shape_pt_lon,shape_pt_sequence\n"
            + "".join(f"SH,45.77,{126.6 + n * STEP / 4:.5f},{n}\n" for n in range(4 * STOPS - 3)),
        }
    )


class Town:
    """A feed of this test with that timetable, and buses that keep it, give or take a delay."""

    def __init__(self, db: Database) -> None:
        self.feed = published(db, around_the_clock(), f"live-{secrets.token_hex(5)}")

    def trip_under_way(self, now: datetime, after: float = 200.0) -> tuple[str, datetime]:
        """A trip that left between `after` and ten minutes more before now, and when it left."""
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        left = now - timedelta(seconds=after)
        number = int((left - midnight).total_seconds() // EVERY_S)
        start = midnight + timedelta(seconds=number * EVERY_S)
        seconds = int((start - start.replace(hour=0, minute=0, second=0)).total_seconds())
        return f"T{seconds}", start

    def report(
        self, now: datetime, stops_gone: float, *, vehicle: str = "B1", trip: str, **more: object
    ) -> Position:
        """A bus so many stops along its line."""
        return Position(
            vehicle=vehicle,
            reported_at=now,
            longitude=126.6 + stops_gone * STEP,
            latitude=45.77,
            bearing=90.0,
            speed_mps=6.5,
            trip=trip,
            **more,  # type: ignore[arg-type]
        )
