"""Follow the positions as they are committed, each exactly once, whatever the order of commits.

Going by the last id or time would lose rows: a transaction that began earlier may commit later.
So every row carries its transaction's id, a follower remembers the oldest transaction that was
still open (`pg_snapshot_xmin`) and asks again for everything from there on, except transactions it
has read already: a transaction's rows appear all at once. A long transaction elsewhere in the
cluster (an import, say) therefore delays nothing; it only makes that list longer.
"""

from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.engine import Connection

from .rules import AHEAD, LIVE


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

_HORIZON = text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")

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
    WHERE transaction >= :horizon AND transaction <> ALL (CAST(:seen AS bigint[]))
      AND reported_at BETWEEN :since AND :until
    ORDER BY reported_at
    """  # noqa: S608
)


class PositionFollower:
    """First the latest position of every live vehicle, then whatever is committed after."""

    def __init__(self) -> None:
        self._horizon: int | None = None
        self._seen: set[int] = set()

    def read(self, connection: Connection, now: datetime) -> list[Report]:
        """The positions committed since the last call, oldest report first. History that arrives
        late (older than ten minutes) is not among them."""
        # Asked first: whatever is older than this horizon is visible to the query after it.
        horizon = connection.scalar(_HORIZON)
        window = {"since": now - LIVE, "until": now + AHEAD + timedelta(seconds=5)}
        if self._horizon is None:
            rows = [Report(*row) for row in connection.execute(_LATEST, window)]
        else:
            asked = {"horizon": self._horizon, "seen": list(self._seen)}
            rows = [Report(*row) for row in connection.execute(_NEWS, window | asked)]
        self._seen.update(row.transaction for row in rows)
        self._horizon = horizon
        self._seen = {number for number in self._seen if number >= (horizon or 0)}
        return rows
