"""The shapes of what moves: positions in, vehicles, arrivals and alerts out.

The hot ones are never used to dump: `hub/transit/bodies.py` and `hub/fleet/wire.py` hold structs of
the same shape, and tests/api/test_arrivals.py and its neighbours holds both equal.
"""

from typing import Any

from marshmallow import fields, validate

from hub.fleet import OCCUPANCIES
from hub.web import CoordinatesQuery, Enumeration, Instant, PageQuery, Place, Schema, page_schema

from .schemas import DIRECTION_ID

FEED = "^[a-z0-9-]{1,32}$"
NAME = r"^[^\x00-\x1f\x7f]{1,128}$"

OCCUPANCY_STATUS = Enumeration(
    "OccupancyStatus", OCCUPANCIES, "How full a vehicle is (GTFS-Realtime)."
)
VEHICLE_STOP_STATUS = Enumeration(
    "VehicleStopStatus",
    ("in_transit", "incoming", "stopped"),
    "Where a vehicle is, seen from its next stop (GTFS-Realtime).",
)
POSITION_PROBLEM_REASON = Enumeration(
    "PositionProblemReason",
    ("future", "stale", "off_planet", "jump", "unknown_vehicle", "unknown_trip"),
    "Why a reported position is not believed.",
)
FEED_ENTITY_KIND = Enumeration(
    "FeedEntityKind",
    ("vehicles", "trip_updates", "alerts"),
    "What a GTFS-Realtime message speaks of.",
)
ARRIVAL_SOURCE = Enumeration(
    "ArrivalSource",
    ("realtime", "schedule", "frequency"),
    "What stands behind an expected time: a vehicle, the timetable, or only how often one comes.",
)
ARRIVAL_STATUS = Enumeration(
    "ArrivalStatus",
    ("expected", "approaching", "at_stop", "passed", "cancelled", "skipped", "no_signal"),
    "How near a vehicle is to calling; `no_signal`: it is silent, or off its route.",
)
BOARD_MODE = Enumeration(
    "BoardMode",
    ("realtime", "schedule"),
    "Whether a board knows of vehicles or of the timetable alone.",
)
ALERT_CAUSE = Enumeration(
    "AlertCause",
    (
        "unknown_cause",
        "other_cause",
        "technical_problem",
        "strike",
        "demonstration",
        "accident",
        "holiday",
        "weather",
        "maintenance",
        "construction",
        "police_activity",
        "medical_emergency",
        "special_event",
    ),
    "Why service is not as usual (GTFS-Realtime).",
)
ALERT_EFFECT = Enumeration(
    "AlertEffect",
    (
        "no_service",
        "reduced_service",
        "significant_delays",
        "detour",
        "additional_service",
        "modified_service",
        "other_effect",
        "unknown_effect",
        "stop_moved",
        "no_effect",
        "accessibility_issue",
    ),
    "What that does to the service (GTFS-Realtime).",
)


def text_in_languages(*, required: bool = False, **metadata: Any) -> fields.Dict:
    """A text of a feed by language."""
    return fields.Dict(
        required=required,
        keys=fields.String(),
        values=fields.String(),
        metadata={
            "description": "A text by language (BCP 47).",
            "example": {"zh-CN": "中央大街", "en": "Central Street"},
        }
        | metadata,
    )


def name(pattern: str = NAME, **more: Any) -> fields.String:
    """A feed's own id or word for something."""
    return fields.String(validate=validate.Regexp(pattern), **more)


class PositionIn(Schema):
    """One report of one vehicle. Give longitude and latitude, or `distance_m` along the trip."""

    vehicle = fields.String(required=True, metadata={"example": "B0001"})
    reported_at = Instant(required=True, metadata={"example": "2026-11-24T06:00:00Z"})
    longitude = fields.Float(allow_none=True, metadata={"example": 126.63})
    latitude = fields.Float(allow_none=True, metadata={"example": 45.76})
    bearing = fields.Float(allow_none=True, metadata={"description": "Degrees from north."})
    speed_mps = fields.Float(allow_none=True, metadata={"description": "Metres per second."})
    distance_m = fields.Float(
        allow_none=True, metadata={"description": "Metres along the trip's shape."}
    )
    trip = name(allow_none=True, metadata={"example": "T1"})
    route = name(allow_none=True, metadata={"example": "55"})
    service_date = fields.Date(allow_none=True, metadata={"example": "2026-11-24"})
    start_time = name(
        r"^\d{1,3}:[0-5]\d:[0-5]\d$",
        allow_none=True,
        metadata={"description": "For trips by frequency.", "example": "06:00:00"},
    )
    occupancy = fields.String(allow_none=True, validate=OCCUPANCY_STATUS)
    label = name(allow_none=True, metadata={"description": "What passengers read on the vehicle."})


class PositionBatch(Schema):
    """Reports of one feed, in any order."""

    feed = name(FEED, required=True, metadata={"example": "harbin"})
    positions = fields.List(
        fields.Nested(PositionIn), required=True, validate=validate.Length(max=1000)
    )


class PositionProblem(Schema):
    """What was odd about a row."""

    index = fields.Integer(required=True, metadata={"example": 3})
    reason = fields.String(
        required=True,
        validate=POSITION_PROBLEM_REASON,
        metadata={"example": "jump"},
    )
    detail = fields.String(required=True)


class PositionReceipt(Schema):
    """What became of a batch: each row is accepted, a duplicate or quarantined."""

    accepted = fields.Integer(required=True, metadata={"example": 998})
    duplicates = fields.Integer(required=True, metadata={"example": 1})
    quarantined = fields.Integer(required=True, metadata={"example": 1})
    problems = fields.List(fields.Nested(PositionProblem), required=True)


class FeedMessageReceipt(Schema):
    """What became of a GTFS-Realtime message."""

    vehicles = fields.Nested(PositionReceipt, required=True)
    trip_updates = fields.Integer(required=True, metadata={"example": 12})
    alerts = fields.Integer(required=True, metadata={"example": 1})
    kinds = fields.List(
        fields.String(validate=FEED_ENTITY_KIND),
        required=True,
        metadata={"description": "What the message held."},
    )


class RouteMark(Schema):
    """A line as a vehicle names it."""

    id = fields.String(required=True, metadata={"example": "harbin:55"})
    short_name = fields.String(required=True, metadata={"example": "55"})
    color = fields.String(required=True, metadata={"example": "#1a7f37"})


class RouteSign(RouteMark):
    """A line as an arrival names it."""

    long_name = text_in_languages(required=True)
    text_color = fields.String(required=True, metadata={"example": "#ffffff"})


class NextStop(Schema):
    """Where a vehicle calls next."""

    id = fields.String(required=True, metadata={"example": "harbin:1001"})
    name = text_in_languages(required=True)
    expected_at = Instant()


class Vehicle(Schema):
    """A vehicle on the map. `stale` when it has been silent for more than two minutes."""

    id = fields.String(required=True, metadata={"example": "harbin:B0001"})
    feed = fields.String(required=True, metadata={"example": "harbin"})
    label = fields.String(metadata={"example": "哈A·12345"})
    route = fields.Nested(RouteMark)
    trip = fields.String(metadata={"example": "harbin:T1"})
    direction = fields.Integer(validate=DIRECTION_ID, metadata={"example": 0})
    headsign = text_in_languages()
    position = fields.Nested(Place, required=True)
    bearing = fields.Integer(metadata={"example": 87})
    speed_mps = fields.Float(metadata={"example": 6.2})
    occupancy = fields.String(validate=OCCUPANCY_STATUS)
    reported_at = Instant(required=True)
    status = fields.String(required=True, validate=VEHICLE_STOP_STATUS)
    next_stop = fields.Nested(NextStop)
    delay_seconds = fields.Integer(metadata={"example": 60})
    stale = fields.Boolean(required=True, metadata={"example": False})


class RouteVehicles(Schema):
    """The vehicles of a line."""

    route = fields.String(required=True, metadata={"example": "harbin:55"})
    generated_at = Instant(required=True)
    vehicles = fields.List(fields.Nested(Vehicle), required=True)


class VehicleSnapshot(Schema):
    """The vehicles in a box, at most 5,000. `generation` is where a stream can go on."""

    generated_at = Instant(required=True)
    generation = fields.Integer(required=True, metadata={"example": 1795000000})
    vehicles = fields.List(fields.Nested(Vehicle), required=True)


class BoxQuery(CoordinatesQuery):
    """Which vehicles."""

    bbox = fields.String(
        required=True,
        validate=validate.Regexp(r"^-?\d+(\.\d+)?(,-?\d+(\.\d+)?){3}$"),
        metadata={
            "description": "West, south, east, north in degrees WGS 84.",
            "example": "126.5,45.7,126.7,45.8",
        },
    )
    feed = name(FEED, load_default=None, metadata={"example": "harbin"})


class ComingVehicle(Schema):
    """The vehicle behind an arrival; `stops_away` is 0 when this stop is its next."""

    id = fields.String(required=True, metadata={"example": "harbin:B0001"})
    label = fields.String(metadata={"example": "哈A·12345"})
    reported_at = Instant(required=True)
    stops_away = fields.Integer(metadata={"example": 3})
    distance_m = fields.Integer(metadata={"example": 850})
    occupancy = fields.String(validate=OCCUPANCY_STATUS)


class Arrival(Schema):
    """One line of a stop board. `source` says what stands behind `expected_at`."""

    trip = fields.String(required=True, metadata={"example": "harbin:T1"})
    service_date = fields.Date(required=True, metadata={"example": "2026-11-24"})
    stop_sequence = fields.Integer(required=True, metadata={"example": 12})
    route = fields.Nested(RouteSign, required=True)
    headsign = text_in_languages(required=True)
    scheduled_at = Instant(required=True)
    expected_at = Instant(required=True)
    delay_seconds = fields.Integer(metadata={"example": 60})
    source = fields.String(required=True, validate=ARRIVAL_SOURCE)
    status = fields.String(required=True, validate=ARRIVAL_STATUS)
    vehicle = fields.Nested(ComingVehicle)


class Alert(Schema):
    """What a feed tells its passengers."""

    id = fields.String(required=True, metadata={"example": "harbin:A1"})
    feed = fields.String(required=True, metadata={"example": "harbin"})
    title = text_in_languages(required=True)
    text = text_in_languages(required=True)
    cause = fields.String(required=True, validate=ALERT_CAUSE, metadata={"example": "construction"})
    effect = fields.String(required=True, validate=ALERT_EFFECT, metadata={"example": "detour"})
    active_from = Instant()
    active_until = Instant()
    routes = fields.List(fields.String(), required=True, metadata={"example": ["harbin:55"]})
    stops = fields.List(fields.String(), required=True, metadata={"example": ["harbin:1001"]})
    url = fields.String()


AlertList = page_schema(Alert, "AlertList")


class FeedQuery(Schema):
    """Of which feed; without it, of all."""

    feed = name(FEED, load_default=None, metadata={"example": "harbin"})


class AlertQuery(FeedQuery, PageQuery):
    """Of which feed, and how much of the list."""

    limit = fields.Integer(
        load_default=100,
        validate=validate.Range(1, 100),
        metadata={"description": "How many at most.", "example": 100},
    )


class BoardStop(Schema):
    """A stop as its board names it."""

    id = fields.String(required=True, metadata={"example": "harbin:1001"})
    name = text_in_languages(required=True)
    position = fields.Nested(Place, required=True)


class StopBoard(Schema):
    """What is coming within 90 minutes, soonest first, at most 30; `mode` says by what."""

    stop = fields.Nested(BoardStop, required=True)
    generated_at = Instant(required=True)
    mode = fields.String(required=True, validate=BOARD_MODE)
    arrivals = fields.List(fields.Nested(Arrival), required=True)
    alerts = fields.List(fields.Nested(Alert), required=True)
