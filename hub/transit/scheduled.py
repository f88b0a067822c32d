"""A stop board by schedule alone, in the same shape as the tracker's: for when no tracker is at
work. Costs a query, so a process keeps each answer for a few seconds."""

from collections import OrderedDict
from datetime import datetime
from threading import Lock

import msgspec
from sqlalchemy.engine import Connection

from .alerts import ActiveAlerts
from .bodies import (
    Arrival,
    Raw,
    StopBoard,
    dated,
    encode,
    long_route_part,
    stamp,
    stop_part,
)
from .departures import ScheduledCall, departures_by_schedule
from .hearing import alerts_of

KEPT_S = 5.0
MOST_KEPT = 4096


class ScheduledBoards:
    """The boards of one process that were asked for lately."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[float, bytes]] = OrderedDict()
        self._lock = Lock()

    def kept(self, stop: str, now: float) -> bytes | None:
        """The board given out for this stop (public id) within the last five seconds."""
        with self._lock:
            found = self._kept.get(stop)
        return found[1] if found is not None and 0 <= now - found[0] < KEPT_S else None

    def make(self, connection: Connection, stop: str, now: datetime) -> bytes:
        """The board of a stop from the database. Refuses with NoStop."""
        feed, _, stop_id = stop.partition(":")
        body = scheduled_board(connection, feed, stop_id, now)
        with self._lock:
            self._kept[stop] = now.timestamp(), body
            self._kept.move_to_end(stop)
            if len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return body


def scheduled_board(connection: Connection, feed: str, stop_id: str, now: datetime) -> bytes:
    """What the timetable promises and the feed announces at a stop, encoded."""
    found = departures_by_schedule(connection, feed, stop_id, now)
    alerts = ActiveAlerts(feed, alerts_of(connection, feed))
    routes = {call.route.id for call in found.calls}
    board = StopBoard(
        stop=stop_part(feed, found.stop),
        mode="schedule",
        arrivals=[_arrival(feed, call) for call in found.calls],
        alerts=alerts.at_stop(stop_id, routes, now.timestamp()),
    )
    return dated(encode(board), now.timestamp())


def _arrival(feed: str, call: ScheduledCall) -> Arrival:
    due = stamp(call.arrives_at)
    return Arrival(
        trip=f"{feed}:{call.trip_id}",
        service_date=call.service_date.isoformat(),
        stop_sequence=call.stop_sequence,
        route=long_route_part(feed, call.route),
        headsign=Raw(msgspec.json.encode(call.headsign)),
        scheduled_at=due,
        expected_at=due,
        source="frequency" if call.by_frequency and not call.exact else "schedule",
        status="expected",
    )
