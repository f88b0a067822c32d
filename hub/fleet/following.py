"""The positions of the fleet as they are committed, for whoever follows them."""

from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.engine import Connection

from hub.kernel.following import UNREAD, Unread

from .rules import AHEAD, LIVE
from .wire import Position


class Report(NamedTuple):
    """A stored position as followers see it. `at` is `reported_at` in POSIX seconds."""

    transaction: int
    feed: str
    vehicle: str
    at: float
    longitude: float | None = None
    latitude: float | None = None
    bearing: float | None = None
    speed_mps: float | None = None
    distance_m: float | None = None
    trip: str | None = None
    route: str | None = None
    service_date: date | None = None
    start_time: str | None = None
    occupancy: str | None = None
    label: str | None = None


_COLUMNS = """
    transaction, feed, vehicle, extract(epoch FROM reported_at)::float8 AS at, longitude, latitude,
    bearing, speed_mps, distance_m, trip, route, service_date, start_time, occupancy, label
"""

_LATEST = text(
    f"""
    SELECT DISTINCT ON (feed, vehicle) {_COLUMNS} FROM fleet_position
    WHERE reported_at BETWEEN :since AND :until
    ORDER BY feed, vehicle, reported_at DESC
    """  # noqa: S608
)

_NEWS = text(
    f"""
    SELECT {_COLUMNS} FROM fleet_position
    WHERE {UNREAD} AND reported_at BETWEEN :since AND :until
    ORDER BY reported_at
    """  # noqa: S608
)


class PositionFollower:
    """First the latest position of every live vehicle, then whatever is committed after."""

    def __init__(self) -> None:
        self._unread = Unread()

    def read(self, connection: Connection, now: datetime) -> list[Report]:
        """The positions committed since the last call, oldest report first. History that arrives
        late (older than ten minutes) is not among them."""
        asked = self._unread.ask(connection)
        asked |= {"since": now - LIVE, "until": now + AHEAD + timedelta(seconds=5)}
        found = connection.execute(_NEWS if self._unread.begun else _LATEST, asked)
        rows = [Report(*row) for row in found]
        self._unread.note(row.transaction for row in rows)
        return rows


def position_of(report: Report) -> Position:
    """A followed row as it was reported, to set it aside after all."""
    fields = report._asdict()
    for inner in ("transaction", "feed", "at"):
        del fields[inner]
    return Position(reported_at=datetime.fromtimestamp(report.at, UTC), **fields)
