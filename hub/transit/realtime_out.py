"""GTFS-Realtime out: what the tracker knows, for everybody's journey planner.

Version 2.0, always a full dataset, every `schedule_relationship` said aloud; third-party validators
accept it without an error. Written every few seconds, which is more often than anybody asks.
"""

from collections.abc import Sequence

from google.transit import gtfs_realtime_pb2 as pb

from hub.fleet import OCCUPANCIES

from .alerts import Alert
from .timetable import Journey
from .tracking import SILENT_S, FeedTracker
from .tracks import Run, Track

POSITIONS_EVERY_S = 3.0
UPDATES_EVERY_S = 10.0

_Relationship = pb.TripDescriptor.ScheduleRelationship
_Call = pb.TripUpdate.StopTimeUpdate


def feed_message(now: float) -> pb.FeedMessage:
    """An empty full dataset of this moment."""
    message = pb.FeedMessage()
    message.header.gtfs_realtime_version = "2.0"
    message.header.incrementality = pb.FeedHeader.FULL_DATASET
    message.header.timestamp = int(now)
    return message


def vehicle_positions(tracker: FeedTracker, now: float) -> bytes:
    """All vehicles heard of within two minutes."""
    message = feed_message(now)
    for track in tracker.tracks.values():
        place = _place(tracker, track)
        if track.silent(now) > SILENT_S or place is None:
            continue
        vehicle = message.entity.add(id=track.vehicle).vehicle
        vehicle.vehicle.id = track.vehicle
        vehicle.vehicle.label = track.row.label or track.vehicle
        vehicle.timestamp = min(int(track.fix.at), int(now))
        vehicle.position.longitude, vehicle.position.latitude = place
        if track.fix.heading is not None:
            vehicle.position.bearing = track.fix.heading
        if track.fix.speed is not None:
            vehicle.position.speed = track.fix.speed
        if track.row.occupancy is not None:
            vehicle.occupancy_status = OCCUPANCIES.index(track.row.occupancy)  # type: ignore[assignment]
        if track.run is not None and track.run.holder is track:
            _describe(vehicle.trip, track.run.journey)
            _where(vehicle, track)
    return message.SerializeToString()


def trip_updates(tracker: FeedTracker, now: float) -> bytes:
    """Every run of which more is known than its schedule."""
    message = feed_message(now)
    for run in tracker.runs.values():
        cancelled = run.news is not None and run.news.cancelled
        if not cancelled and (run.forecast is None or _too_old(run, now)):
            continue
        trip, day, start_s = run.key
        update = message.entity.add(id=f"{trip}/{day:%Y%m%d}/{start_s}").trip_update
        _describe(update.trip, run.journey)
        update.timestamp = int(now)
        if cancelled:
            update.trip.schedule_relationship = _Relationship.CANCELED
            continue
        if run.holder is not None:
            update.vehicle.id = run.holder.vehicle
            update.timestamp = min(int(run.holder.fix.at), int(now))
        _calls(update, run, now)
    return message.SerializeToString()


def service_alerts(alerts: Sequence[Alert], now: float) -> bytes:
    """The alerts that are not over yet."""
    message = feed_message(now)
    for alert in alerts:
        _fill(message.entity.add(id=alert.id).alert, alert)
    return message.SerializeToString()


def _too_old(run: Run, now: float) -> bool:
    return run.holder is not None and run.holder.silent(now) > SILENT_S


def _place(tracker: FeedTracker, track: Track) -> tuple[float, float] | None:
    if track.fix.longitude is not None and track.fix.latitude is not None:
        return track.fix.longitude, track.fix.latitude
    if track.place is None or track.pattern is None:
        return None
    return tracker.path(track.pattern).place(track.place.along)


def _describe(trip: pb.TripDescriptor, journey: Journey) -> None:
    trip.trip_id = journey.trip.id
    trip.route_id = journey.trip.pattern.route.id
    trip.start_date = f"{journey.service_date:%Y%m%d}"
    trip.schedule_relationship = _Relationship.SCHEDULED
    if journey.trip.pattern.direction is not None:
        trip.direction_id = journey.trip.pattern.direction
    if journey.by_frequency:
        hours, rest = divmod(journey.start_s, 3600)
        trip.start_time = f"{hours:02}:{rest // 60:02}:{rest % 60:02}"
        if not journey.exact:
            trip.schedule_relationship = _Relationship.UNSCHEDULED


def _where(vehicle: pb.VehiclePosition, track: Track) -> None:
    ahead, pattern = track.progress, track.pattern
    if ahead is None or pattern is None or not track.on_route:
        return
    vehicle.current_stop_sequence = pattern.sequences[ahead.next]
    vehicle.stop_id = pattern.stops[ahead.next].id
    standing = pb.VehiclePosition.STOPPED_AT
    vehicle.current_status = standing if ahead.standing else pb.VehiclePosition.IN_TRANSIT_TO


def _calls(update: pb.TripUpdate, run: Run, now: float) -> None:
    """The calls still to come; times never fall, as the standard demands."""
    forecast, pattern = run.forecast, run.journey.trip.pattern
    if forecast is None:
        return
    told, floor = run.told(now), int(now)
    for offset, (arrival, departure) in enumerate(
        zip(forecast.arrivals, forecast.departures, strict=True)
    ):
        position = forecast.first + offset
        call = update.stop_time_update.add()
        call.stop_sequence = pattern.sequences[position]
        call.stop_id = pattern.stops[position].id
        said = told.get(position)
        if said is not None and said.skipped:
            call.schedule_relationship = _Call.SKIPPED
            continue
        call.schedule_relationship = _Call.SCHEDULED
        if run.journey.by_frequency and not run.journey.exact:
            call.schedule_relationship = _Call.UNSCHEDULED
        call.arrival.time = max(arrival, floor)
        call.departure.time = max(departure, call.arrival.time)
        floor = call.departure.time


def _fill(out: pb.Alert, alert: Alert) -> None:
    out.cause = pb.Alert.Cause.Value(alert.cause.upper())  # type: ignore[assignment]
    out.effect = pb.Alert.Effect.Value(alert.effect.upper())  # type: ignore[assignment]
    for start, end in alert.periods:
        period = out.active_period.add()
        if start is not None:
            period.start = start
        if end is not None:
            period.end = end
    for one in alert.concerns:
        selector = out.informed_entity.add()
        if one.route:
            selector.route_id = one.route
        if one.stop:
            selector.stop_id = one.stop
        if one.trip:
            selector.trip.trip_id = one.trip
    for words, target in ((alert.title, out.header_text), (alert.text, out.description_text)):
        for language, text in words.items():
            target.translation.add(text=text, language=language)
    if alert.url:
        out.url.translation.add(text=alert.url)
