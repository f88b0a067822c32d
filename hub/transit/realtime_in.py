"""GTFS-Realtime in: one FeedMessage into positions, trip updates and alerts.

The message is decoded whole before anything is stored, so a truncated one changes nothing. Kinds
that it does not hold are left as they are; a full dataset that holds trip updates or alerts
replaces what the feed said before. Vehicles go the same way as JSON positions do, and are judged by
the same rules.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import msgspec
from google.protobuf.message import DecodeError
from google.transit import gtfs_realtime_pb2 as pb

from hub.fleet import OCCUPANCIES, BrokenFeedMessage, Position

from .alerts import LATEST, Alert, Selector
from .arrivals import Told
from .timetable import Journey, Pattern
from .tracks import TripNews

VERSIONS = {"1.0", "2.0"}
_FAR_S = 2 * 86_400
_TEXT = re.compile(r"[^\x00-\x1f\x7f]{1,128}")
_START_TIME = re.compile(r"\d{1,3}:[0-5]\d:[0-5]\d")

_Trip = pb.TripDescriptor
_Call = pb.TripUpdate.StopTimeUpdate


class CallSaid(msgspec.Struct, omit_defaults=True, frozen=True):
    """One StopTimeUpdate: POSIX seconds or seconds of delay."""

    sequence: int | None = None
    stop: str | None = None
    arrival: int | None = None
    arrival_delay: int | None = None
    departure: int | None = None
    departure_delay: int | None = None
    skipped: bool = False


class TripSaid(msgspec.Struct, omit_defaults=True, frozen=True):
    """A TripUpdate as stored. `day` is YYYYMMDD, `start` H:MM:SS; both may be empty."""

    trip: str
    day: str = ""
    start: str = ""
    cancelled: bool = False
    delay: int | None = None
    calls: list[CallSaid] = []

    @property
    def date(self) -> date | None:
        """The service day, if it was said."""
        return _day(self.day)


@dataclass(frozen=True, slots=True)
class Message:
    """A decoded FeedMessage. `at` is its own time; None for a kind that it does not hold."""

    at: datetime
    complete: bool
    positions: list[Position]
    updates: list[TripSaid] | None
    alerts: list[Alert] | None


def read_message(body: bytes, now: datetime, language: str = "en") -> Message:
    """Decode a FeedMessage; refuses what is not one. `language` is that of untagged texts."""
    message = pb.FeedMessage()
    try:
        message.ParseFromString(body)
    except DecodeError:
        raise BrokenFeedMessage from None
    if not message.IsInitialized() or message.header.gtfs_realtime_version not in VERSIONS:
        raise BrokenFeedMessage
    at = _moment(message.header.timestamp, now)
    entities = [entity for entity in message.entity if not entity.is_deleted]
    # A clock that runs ahead must not make times of another age look near.
    heard_at = min(at, now)
    updates = [_update(e.trip_update, heard_at) for e in entities if e.HasField("trip_update")]
    alerts = [_alert(e.id, e.alert, language) for e in entities if e.HasField("alert")]
    return Message(
        at=heard_at,
        complete=message.header.incrementality == pb.FeedHeader.FULL_DATASET,
        positions=[_position(e.id, e.vehicle, at) for e in entities if e.HasField("vehicle")],
        updates=[said for said in updates if said is not None] if updates else None,
        alerts=alerts or None,
    )


def news_of(said: TripSaid, journeys: Sequence[Journey], at: float) -> TripNews | None:
    """A stored TripUpdate in the terms of the timetable: calls by position, delays as times.

    Without a day it means the journey nearest in time; None when there is none.
    """
    if not journeys:
        return None
    journey = min(journeys, key=lambda one: max(one.starts_at - at, at - one.ends_at, 0))
    calls: dict[int, Told] = {}
    search_from = 0
    for call in said.calls:
        position = _position_of(call, journey.trip.pattern, search_from)
        if position is None:
            continue
        search_from = position + 1
        calls[position] = Told(
            arrival=_time(call.arrival, call.arrival_delay, journey.arrives_at(position)),
            departure=_time(call.departure, call.departure_delay, journey.departs_at(position)),
            skipped=call.skipped,
        )
    if not calls and said.delay is not None:
        calls[0] = Told(journey.arrives_at(0) + said.delay, journey.departs_at(0) + said.delay)
    start_s = journey.start_s if journey.by_frequency else None
    return TripNews(said.trip, journey.service_date, start_s, at, said.cancelled, calls)


def _position_of(call: CallSaid, pattern: Pattern, search_from: int) -> int | None:
    """By stop_sequence where it is given, else the next call at that stop."""
    if call.sequence is not None and call.sequence in pattern.sequences:
        return pattern.sequences.index(call.sequence)
    later = range(search_from, len(pattern.stops))
    return next((n for n in later if pattern.stops[n].id == call.stop), None)


def _time(at: int | None, delay: int | None, scheduled: int) -> int | None:
    if at is not None:
        return at
    return None if delay is None else scheduled + delay


def _position(entity: str, vehicle: pb.VehiclePosition, at: datetime) -> Position:
    where, trip = vehicle.position, vehicle.trip
    has_place = vehicle.HasField("position")
    occupancy = None
    if vehicle.HasField("occupancy_status"):
        occupancy = OCCUPANCIES[vehicle.occupancy_status]
    return Position(
        vehicle=vehicle.vehicle.id or vehicle.vehicle.label or entity,
        reported_at=_moment(vehicle.timestamp, at),
        longitude=where.longitude if has_place else None,
        latitude=where.latitude if has_place else None,
        bearing=where.bearing if where.HasField("bearing") else None,
        speed_mps=where.speed if where.HasField("speed") else None,
        trip=_text(trip.trip_id),
        route=_text(trip.route_id),
        service_date=_day(trip.start_date),
        start_time=trip.start_time if _START_TIME.fullmatch(trip.start_time) else None,
        occupancy=occupancy,  # type: ignore[arg-type]  # one of the literal's words
        label=_text(vehicle.vehicle.label),
    )


def _update(update: pb.TripUpdate, at: datetime) -> TripSaid | None:
    """None for what we cannot refer to: no trip id, or a trip that no timetable holds."""
    trip = update.trip
    if _text(trip.trip_id) is None or trip.schedule_relationship in {_Trip.ADDED, _Trip.NEW}:
        return None
    return TripSaid(
        trip=trip.trip_id,
        day=trip.start_date if _day(trip.start_date) else "",
        start=trip.start_time if _START_TIME.fullmatch(trip.start_time) else "",
        cancelled=trip.schedule_relationship in {_Trip.CANCELED, _Trip.DELETED},
        delay=_delay(update.delay) if update.HasField("delay") else None,
        calls=[_call(call, at) for call in update.stop_time_update if _tells(call)],
    )


def _tells(call: Any) -> bool:
    return bool(call.schedule_relationship != _Call.NO_DATA)


def _call(call: Any, at: datetime) -> CallSaid:
    return CallSaid(
        sequence=call.stop_sequence if call.HasField("stop_sequence") else None,
        stop=_text(call.stop_id),
        arrival=_event_time(call.arrival, at),
        arrival_delay=_event_delay(call.arrival),
        departure=_event_time(call.departure, at),
        departure_delay=_event_delay(call.departure),
        skipped=call.schedule_relationship == _Call.SKIPPED,
    )


def _event_time(event: Any, at: datetime) -> int | None:
    """Seconds that lie within two days of the message; others are a broken clock's."""
    near = event.HasField("time") and abs(event.time - at.timestamp()) <= _FAR_S
    return int(event.time) if near else None


def _event_delay(event: Any) -> int | None:
    return _delay(event.delay) if event.HasField("delay") else None


def _delay(seconds: int) -> int | None:
    return seconds if abs(seconds) <= _FAR_S else None


def _alert(entity: str, alert: pb.Alert, language: str) -> Alert:
    return Alert(
        id=_text(entity) or "alert",
        title=_texts(alert.header_text, language),
        text=_texts(alert.description_text, language),
        cause=pb.Alert.Cause.Name(alert.cause).lower(),
        effect=pb.Alert.Effect.Name(alert.effect).lower(),
        periods=[
            (int(period.start) or None, int(period.end) or None) for period in alert.active_period
        ],
        concerns=[
            Selector(
                route=_text(one.route_id) or _text(one.trip.route_id),
                stop=_text(one.stop_id),
                trip=_text(one.trip.trip_id),
                direction=one.direction_id if one.HasField("direction_id") else None,
            )
            for one in alert.informed_entity
        ],
        url=next((_clean(one.text) for one in alert.url.translation), None),
    )


def _texts(texts: pb.TranslatedString, language: str) -> Mapping[str, str]:
    return {one.language or language: _clean(one.text) for one in texts.translation}


def _clean(text: str) -> str:
    """PostgreSQL's text cannot hold U+0000."""
    return text.replace("\x00", "")


def _text(text: str) -> str | None:
    return text if _TEXT.fullmatch(text) else None


def _day(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC).date()
    except ValueError:
        return None


def _moment(timestamp: int, otherwise: datetime) -> datetime:
    if not timestamp:
        return otherwise
    return datetime.fromtimestamp(min(timestamp, LATEST), UTC)
