"""From what changed on the tracker to the bytes on the boards.

Only what looks different is encoded again, and a board whose content is the same keeps its bytes
and with them its ETag, for half a minute at most, so that its `generated_at` stays honest. Stop
boards are the bulk of the work; when a tick's time runs out the rest waits for the next one, in the
order in which they changed. Everything else about the tick is always published.
"""

from collections.abc import Callable

import msgspec

from . import realtime_out
from .alerts import ActiveAlerts
from .arrivals import Progress
from .boards import Delta, Row
from .bodies import (
    Arrival,
    ArrivalStatus,
    ComingVehicle,
    Mode,
    Motion,
    NextStop,
    Parts,
    RouteVehicles,
    Source,
    StopBoard,
    VehicleNow,
    dated,
    encode,
    point,
    stamp,
)
from .timetable import Stop
from .tracking import HORIZON_S, SILENT_S, FeedTracker
from .tracks import Changes, Run, Track

MOST_ARRIVALS = 30
WINDOW_S = 90 * 60
PASSED_S = 180
"""How long a call that was served stays on the board."""

OVERDUE_S = 60
"""How long a call that only the schedule knows stays after its time."""

LATEST_S = 45 * 60
"""Calls due longer ago than this are not looked for, however late their bus."""

RENEWED_S = 30
APPROACHING_M = 300.0
APPROACHING_S = 60
INCOMING_M = 150.0
STANDING_MPS = 0.5
REALTIME_S = 300
"""A feed without any position for this long is not real-time."""


class Publisher:
    """Encodes one feed. Holds what was published, to know what is new."""

    def __init__(self, tracker: FeedTracker) -> None:
        self.tracker = tracker
        self.feed = tracker.timetable.feed
        self.alerts = ActiveAlerts(self.feed, [])
        self._parts = Parts(self.feed)
        self._rows: dict[str, Row] = {}
        self._entities: dict[str, bytes] = {}
        self._positions_due = self._updates_due = 0.0
        self._shown: dict[str, tuple[int, float]] = {}
        self._waiting: dict[str, None] = dict.fromkeys(tracker.timetable.stops)
        self._rota = list(tracker.timetable.stops)
        self._renewed_at = 0.0

    @property
    def waiting(self) -> int:
        """How many stop boards are due."""
        return len(self._waiting)

    def follow(self, tracker: FeedTracker) -> None:
        """Go on with the tracker of a new timetable; every body is encoded again."""
        self.tracker = tracker
        self._parts = Parts(self.feed)
        self._waiting |= dict.fromkeys(tracker.timetable.stops)
        self._rota = list(tracker.timetable.stops)
        self._shown.clear()

    def show_alerts(self, alerts: ActiveAlerts) -> None:
        """Use these alerts from now on; every stop board is due."""
        self.alerts = alerts
        self._waiting |= dict.fromkeys(self.tracker.timetable.stops)

    def publish(
        self, now: float, time_left: Callable[[], float]
    ) -> tuple[dict[str, bytes | None], Delta | None]:
        """The bodies that changed by name, and the change on the map (None: nothing moved)."""
        changes = self.tracker.take_changes()
        bodies: dict[str, bytes | None] = {}
        delta = self._vehicles(changes, bodies, now)
        self._waiting |= changes.stops
        self._renew(now)
        self._realtime_feeds(bodies, now, moved=bool(changes.vehicles or changes.gone))
        self._stop_boards(bodies, now, time_left)
        return bodies, delta

    # -- vehicles ---------------------------------------------------------------------------------

    def _vehicles(
        self, changes: Changes, bodies: dict[str, bytes | None], now: float
    ) -> Delta | None:
        if not changes.vehicles and not changes.gone and not changes.routes:
            return None
        rows = []
        for vehicle in changes.vehicles:
            row = self._rows[vehicle] = self._row(self.tracker.tracks[vehicle])
            rows.append(row)
            bodies[f"vehicle:{row.vehicle}"] = row.json
        gone = []
        for vehicle in changes.gone:
            self._rows.pop(vehicle, None)
            self._entities.pop(vehicle, None)
            gone.append(f"{self.feed}:{vehicle}")
            bodies[f"vehicle:{self.feed}:{vehicle}"] = None
        self._routes(changes, bodies, now)
        delta = Delta(stamp(int(now)), rows, gone)
        snapshot = Delta(delta.generated_at, [*self._rows.values()], [])
        bodies[f"fleet:{self.feed}"] = msgspec.msgpack.encode(snapshot)
        return delta

    def _routes(self, changes: Changes, bodies: dict[str, bytes | None], now: float) -> None:
        touched = changes.routes.keys() | {route for route in changes.gone.values() if route}
        by_route: dict[str, list[msgspec.Raw]] = {route: [] for route in touched}
        for vehicle, row in self._rows.items():
            route = self.tracker.tracks[vehicle].route
            if route is not None and route.id in by_route:
                by_route[route.id].append(msgspec.Raw(row.json))
        for route_id, vehicles in by_route.items():
            name = f"{self.feed}:{route_id}"
            bodies[f"vehicles:{name}"] = dated(encode(RouteVehicles(name, vehicles)), now)

    def _row(self, track: Track) -> Row:
        longitude, latitude = self._position(track)
        vehicle = self._vehicle(track, longitude, latitude)
        route = f"{self.feed}:{track.route.id}" if track.route else ""
        return Row(self.feed, route, vehicle.id, longitude, latitude, encode(vehicle))

    def _position(self, track: Track) -> tuple[float, float]:
        fix = track.fix
        if fix.longitude is not None and fix.latitude is not None:
            return fix.longitude, fix.latitude
        pattern = track.pattern
        assert pattern is not None
        assert track.place is not None  # the tracker keeps nobody whom it cannot place
        return self.tracker.path(pattern).place(track.place.along)

    def _vehicle(self, track: Track, longitude: float, latitude: float) -> VehicleNow:
        fix, report = track.fix, track.row
        vehicle = VehicleNow(
            id=f"{self.feed}:{track.vehicle}",
            feed=self.feed,
            position=point(longitude, latitude),
            reported_at=stamp(int(fix.at)),
            status=_motion(track),
            stale=track.stale,
            label=report.label,
            bearing=self._bearing(track),
            speed_mps=None if fix.speed is None else round(fix.speed, 1),
            occupancy=report.occupancy,
        )
        if track.route is not None:
            vehicle.route = self._parts.short_route(track.route)
        run, ahead = track.run, track.progress
        if run is None:
            vehicle.trip = f"{self.feed}:{report.trip}" if report.trip else None
            return vehicle
        trip = run.journey.trip
        pattern = trip.pattern
        position = ahead.next if ahead else 0
        vehicle.trip = f"{self.feed}:{trip.id}"
        vehicle.direction = pattern.direction
        vehicle.headsign = self._parts.headsign(pattern, position, trip.headsign)
        if ahead is not None and track.on_route:
            vehicle.delay_seconds = ahead.delay
            stop = pattern.stops[position]
            vehicle.next_stop = NextStop(f"{self.feed}:{stop.id}", stop.name)
            expected = run.forecast.arrival(position) if run.forecast else None
            if run.holder is track and expected is not None:
                vehicle.next_stop.expected_at = stamp(expected)
        return vehicle

    def _bearing(self, track: Track) -> int | None:
        if track.fix.heading is not None:
            return round(track.fix.heading) % 360
        if track.place is None or track.pattern is None:
            return None
        return round(self.tracker.path(track.pattern).bearing(track.place.along)) % 360

    # -- stop boards ------------------------------------------------------------------------------

    def _renew(self, now: float) -> None:
        """Have every board looked at within half a minute: times pass without any news."""
        if not self._renewed_at:
            self._renewed_at = now
        share = min((now - self._renewed_at) / RENEWED_S, 1.0)
        count = int(len(self._rota) * share)
        if count:
            due, rest = self._rota[:count], self._rota[count:]
            self._waiting |= dict.fromkeys(due)
            self._rota = rest + due
            self._renewed_at = now

    def _stop_boards(
        self, bodies: dict[str, bytes | None], now: float, time_left: Callable[[], float]
    ) -> None:
        stops = self.tracker.timetable.stops
        mode: Mode = "realtime" if now - self.tracker.last_fix_at <= REALTIME_S else "schedule"
        done = 0
        for stop_id in self._waiting:
            if done % 16 == 0 and done and time_left() <= 0:
                break
            done += 1
            stop = stops.get(stop_id)
            if stop is not None:
                self._stop_board(bodies, stop, mode, now)
        self._waiting = dict.fromkeys([*self._waiting][done:])

    def _stop_board(
        self, bodies: dict[str, bytes | None], stop: Stop, mode: Mode, now: float
    ) -> None:
        content = encode(self.board(stop, mode, now))
        digest = hash(content)
        shown = self._shown.get(stop.id)
        if shown is None or shown[0] != digest or now - shown[1] >= RENEWED_S - 1:
            self._shown[stop.id] = digest, now
            bodies[f"arrivals:{self.feed}:{stop.id}"] = dated(content, now)

    def board(self, stop: Stop, mode: Mode, now: float) -> StopBoard:
        """What is coming to a stop within 90 minutes, soonest first, and what just left."""
        calls = self.tracker.calls.get(stop.id, ())
        found = [call for call in (self._call(run, n, now) for run, n in calls) if call is not None]
        found.sort(key=lambda call: call[0])
        arrivals = [
            self._arrival(run, n, at, status) for at, _, run, n, status in found[:MOST_ARRIVALS]
        ]
        routes = {run.journey.trip.pattern.route.id for run, _ in calls}
        return StopBoard(
            self._parts.stop(stop), mode, arrivals, self.alerts.at_stop(stop.id, routes, now)
        )

    def _call(
        self, run: Run, n: int, now: float
    ) -> tuple[int, int, Run, int, ArrivalStatus] | None:
        """When and how a run calls here, or None when it is of no interest now."""
        due = run.journey.arrives_at(n) if n else run.journey.departs_at(0)
        if not now - LATEST_S <= due <= now + HORIZON_S + LATEST_S:
            return None
        passed = run.passed.get(n)
        if passed is not None:
            return (passed, due, run, n, "passed") if now - passed <= PASSED_S else None
        if run.news is not None and run.news.cancelled:
            return (due, due, run, n, "cancelled") if _soon(due, now) else None
        forecast, holder = run.forecast, run.holder
        if forecast is None:
            said = run.told(now).get(n)
            status: ArrivalStatus = "skipped" if said is not None and said.skipped else "expected"
            return (due, due, run, n, status) if _soon(due, now) else None
        if n < forecast.first:
            return None
        times = forecast.arrivals if n else forecast.departures
        at = max(times[n - forecast.first], int(now))
        if at > now + WINDOW_S:
            return None
        return at, due, run, n, _status(run, holder, n, at, now)

    def _arrival(self, run: Run, n: int, at: int, status: ArrivalStatus) -> Arrival:
        journey = run.journey
        trip, pattern = journey.trip, journey.trip.pattern
        due = journey.arrives_at(n) if n else journey.departs_at(0)
        arrival = Arrival(
            trip=f"{self.feed}:{trip.id}",
            service_date=journey.service_date.isoformat(),
            stop_sequence=pattern.sequences[n],
            route=self._parts.long_route(pattern.route),
            headsign=self._parts.headsign(pattern, n, trip.headsign),
            scheduled_at=stamp(due),
            expected_at=stamp(at),
            source=_source(run, n),
            status=status,
        )
        if arrival.source == "realtime":
            arrival.delay_seconds = at - due
        holder = run.holder
        if holder is not None and status not in {"cancelled", "passed"}:
            arrival.vehicle = self._coming(holder, n)
        return arrival

    def _coming(self, track: Track, n: int) -> ComingVehicle:
        report, ahead, place = track.row, track.progress, track.place
        coming = ComingVehicle(
            id=f"{self.feed}:{track.vehicle}",
            reported_at=stamp(int(track.fix.at)),
            label=report.label,
            occupancy=report.occupancy,
        )
        if ahead is not None and place is not None and track.pattern is not None:
            coming.stops_away = max(n - ahead.next, 0)
            coming.distance_m = max(round(track.pattern.metres[n] - place.along), 0)
        return coming

    # -- GTFS-Realtime ----------------------------------------------------------------------------

    def _realtime_feeds(self, bodies: dict[str, bytes | None], now: float, *, moved: bool) -> None:
        if now >= self._positions_due and (moved or not self._positions_due):
            self._positions_due = now + realtime_out.POSITIONS_EVERY_S
            bodies[f"pb:{self.feed}:vehicle-positions"] = realtime_out.vehicle_positions(
                self.tracker, now
            )
        if now >= self._updates_due:
            self._updates_due = now + realtime_out.UPDATES_EVERY_S
            bodies[f"pb:{self.feed}:trip-updates"] = realtime_out.trip_updates(self.tracker, now)


def _soon(due: int, now: float) -> bool:
    return now - OVERDUE_S <= due <= now + WINDOW_S


def _source(run: Run, n: int) -> Source:
    if n in run.passed or run.forecast is not None:
        return "realtime"
    return "frequency" if run.journey.by_frequency and not run.journey.exact else "schedule"


def _status(run: Run, holder: Track | None, n: int, at: int, now: float) -> ArrivalStatus:
    said = run.told(now).get(n)
    if said is not None and said.skipped:
        return "skipped"
    if holder is None:
        return "expected"
    if holder.silent(now) > SILENT_S or not holder.on_route:
        return "no_signal"
    return _nearness(holder, holder.progress, n, at, now)


def _nearness(holder: Track, ahead: Progress | None, n: int, at: int, now: float) -> ArrivalStatus:
    if ahead is None or holder.place is None or holder.pattern is None or n != ahead.next:
        return "expected"
    if ahead.standing:
        return "at_stop"
    near = holder.pattern.metres[n] - holder.place.along <= APPROACHING_M
    return "approaching" if near or at - now <= APPROACHING_S else "expected"


def _motion(track: Track) -> Motion:
    ahead, place, pattern = track.progress, track.place, track.pattern
    slow = track.fix.speed is not None and track.fix.speed < STANDING_MPS
    if ahead is None or place is None or pattern is None:
        return "stopped" if slow else "in_transit"
    if ahead.standing:
        return "stopped"
    return "incoming" if pattern.metres[ahead.next] - place.along <= INCOMING_M else "in_transit"
