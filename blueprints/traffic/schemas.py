"""Shapes of public transport's API, as the schedule knows it."""

from typing import Any

from marshmallow import ValidationError, fields, validate

from hub.transit.geometry import Box
from hub.web import CoordinatesQuery, Enumeration, Instant, PageQuery, Place, Schema, page_schema

FEED = validate.Regexp(r"[a-z0-9-]{1,32}\Z", error="Not the name of a feed.")
PUBLIC_ID = validate.Regexp(
    r"[a-z0-9-]{1,32}:[^\x00-\x1f\x7f]{1,255}\Z", error="Ids are `<feed>:<id>`."
)
COLOR = {"type": "string", "pattern": "^#[0-9a-f]{6}$", "example": "#1a7f37"}
LANGUAGE_TAG = r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*\Z"

FEED_KIND = Enumeration(
    "FeedKind",
    ("synthetic", "recorded", "live"),
    "Whether the vehicles of a feed are invented, recorded or real.",
)
LOCATION_TYPE = Enumeration(
    "LocationType",
    ("station", "entrance", "node", "boarding_area"),
    "What a place is where no vehicle calls (`location_type` of GTFS).",
)
WHEELCHAIR_BOARDING = Enumeration(
    "WheelchairBoarding",
    ("unknown", "possible", "not_possible"),
    "Whether a wheelchair can board (`wheelchair_boarding` of GTFS).",
)
ROUTE_KIND = Enumeration(
    "RouteKind",
    (
        "tram",
        "metro",
        "rail",
        "bus",
        "ferry",
        "cable_tram",
        "aerial_lift",
        "funicular",
        "trolleybus",
        "monorail",
        "coach",
        "taxi",
    ),
    "What drives on a line (`route_type` of GTFS, the extended types by their group).",
)
DIRECTION_ID = Enumeration("DirectionId", (0, 1), "There or back (`direction_id` of GTFS).")
SHAPE_PRECISION = Enumeration(
    "ShapePrecision",
    ("map", "full"),
    "How exactly the points of a line follow the ground.",
)
FAVOURITE_KIND = Enumeration("FavouriteKind", ("stop", "route"), "What a person keeps at hand.")
PROBLEM_SEVERITY = Enumeration(
    "ImportProblemSeverity",
    ("error", "warning"),
    "An error refuses the zip, a warning only tells.",
)
IMPORT_STATE = Enumeration(
    "ImportState",
    ("queued", "running", "published", "refused"),
    "How far an import is; `published` and `refused` are final.",
)


class LocalText(fields.Dict):
    """A text in several languages: language tag to text, so that one body serves everybody."""

    def __init__(self, *, metadata: dict[str, Any] | None = None, **more: Any) -> None:
        usual = {
            "description": "Language tag (BCP 47) to text; the feed's own is always there.",
            "example": {"zh-CN": "中央大街", "en": "Central Street"},
        }
        super().__init__(
            keys=fields.String(validate=validate.Regexp(LANGUAGE_TAG)),
            values=fields.String(),
            metadata=usual | (metadata or {}),
            **more,
        )


class Degrees(fields.Field[tuple[float, ...]]):
    """Numbers with commas between, in degrees: a place or a box."""

    def __init__(self, count: int, **more: Any) -> None:
        super().__init__(**more)
        self.count = count

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> tuple[float, ...]:
        try:
            numbers = tuple(float(part) for part in str(value).split(","))
        except ValueError:
            raise ValidationError("Give numbers with commas between.") from None
        if len(numbers) != self.count:
            raise ValidationError("Give numbers with commas between.")
        if not all(-180 <= number <= 180 for number in numbers[0::2]):
            raise ValidationError("A longitude lies between -180 and 180 degrees.")
        if not all(-90 <= number <= 90 for number in numbers[1::2]):
            raise ValidationError("A latitude lies between -90 and 90 degrees.")
        return numbers


def place_field(description: str) -> Degrees:
    """A query parameter `longitude,latitude`."""
    return Degrees(
        2,
        load_default=None,
        metadata={
            "type": "string",
            "description": description,
            "example": "126.627,45.77",
            "pattern": r"^-?[0-9]{1,3}(\.[0-9]{1,15})?,-?[0-9]{1,2}(\.[0-9]{1,15})?$",
        },
    )


def box_field(description: str, **more: Any) -> Degrees:
    """A query parameter `west,south,east,north`."""
    return Degrees(
        4,
        validate=_south_below_north,
        metadata={
            "type": "string",
            "description": description,
            "example": "126.5,45.7,126.7,45.8",
            "pattern": r"^-?[0-9]{1,3}(\.[0-9]{1,15})?(,-?[0-9]{1,3}(\.[0-9]{1,15})?){3}$",
        },
        **more,
    )


def _south_below_north(box: Box) -> None:
    if box[1] > box[3]:
        raise ValidationError("South lies below north.")


def feed_field() -> fields.String:
    """A query parameter that narrows to one feed."""
    return fields.String(
        load_default=None,
        validate=FEED,
        metadata={"description": "Only this feed.", "example": "harbin"},
    )


def words_field(description: str, example: str) -> fields.String:
    """A query parameter with what somebody typed."""
    return fields.String(
        load_default=None,
        validate=validate.Length(1, 80),
        metadata={"description": description, "example": example},
    )


class Feed(Schema):
    """A timetable, and where its vehicles can be followed."""

    id = fields.String(required=True, metadata={"example": "harbin"})
    name = LocalText(required=True)
    kind = fields.String(
        required=True,
        validate=FEED_KIND,
    )
    notice = LocalText(metadata={"description": "What must be said wherever it is shown."})
    timezone = fields.String(required=True, metadata={"example": "Asia/Shanghai"})
    bounds = fields.List(
        fields.Float(),
        required=True,
        validate=validate.Length(equal=4),
        metadata={
            "description": "West, south, east, north in degrees (WGS 84).",
            "example": [126.4, 45.6, 126.9, 45.9],
        },
    )
    valid_from = fields.Date(required=True)
    valid_until = fields.Date(required=True)
    version = fields.String(
        required=True, metadata={"example": "version_06f0k3m9s8d2z7h5q1w4e6r8ty"}
    )
    attribution = fields.String(required=True, metadata={"example": "City of Harbin"})
    licence = fields.String(metadata={"example": "CC-BY-4.0"})
    stream_url = fields.String(
        required=True, metadata={"example": "http://localhost:8001/v1/transit/stream"}
    )


class RouteBadge(Schema):
    """What a list says of a line."""

    id = fields.String(required=True, metadata={"example": "harbin:55"})
    short_name = fields.String(required=True, metadata={"example": "55"})
    color = fields.String(required=True, metadata=COLOR)


class Stop(Schema):
    """A place where vehicles call, or a station that holds such places."""

    id = fields.String(required=True, metadata={"example": "harbin:1001"})
    feed = fields.String(required=True, metadata={"example": "harbin"})
    code = fields.String(
        metadata={"description": "What is printed at the stop.", "example": "1001"}
    )
    name = LocalText(required=True)
    position = fields.Nested(Place)
    distance_m = fields.Integer(metadata={"description": "From `near`, in metres.", "example": 123})
    location_type = fields.String(
        validate=LOCATION_TYPE,
        metadata={"description": "Absent where vehicles call."},
    )
    station = fields.String(metadata={"description": "The station it belongs to."})
    platform_code = fields.String(metadata={"example": "A"})
    wheelchair_boarding = fields.String(required=True, validate=WHEELCHAIR_BOARDING)
    routes = fields.List(
        fields.Nested(RouteBadge), required=True, metadata={"description": "Lines that call here."}
    )


class StopQuery(PageQuery, CoordinatesQuery):
    """Which stops: near a place, in a box, by name; or all of them."""

    near = place_field("Longitude and latitude; the nearest stop comes first.")
    radius = fields.Integer(
        load_default=800,
        validate=validate.Range(1, 20_000),
        metadata={"description": "How far from `near`, in metres.", "example": 800},
    )
    bbox = box_field("West, south, east and north; west above east crosses 180.", load_default=None)
    q = words_field("Words of the name in any language, pinyin or initials, or the code.", "zydj")
    feed = feed_field()


class Route(Schema):
    """A line."""

    id = fields.String(required=True, metadata={"example": "harbin:55"})
    feed = fields.String(required=True, metadata={"example": "harbin"})
    agency = fields.String(required=True, metadata={"example": "哈尔滨公交"})
    short_name = fields.String(required=True, metadata={"example": "55"})
    long_name = LocalText(required=True)
    color = fields.String(required=True, metadata=COLOR)
    text_color = fields.String(required=True, metadata=COLOR)
    kind = fields.String(required=True, validate=ROUTE_KIND, metadata={"example": "bus"})


class RouteStop(Schema):
    """A stop on the way of a line."""

    id = fields.String(required=True, metadata={"example": "harbin:1001"})
    name = LocalText(required=True)
    position = fields.Nested(Place, required=True)


class Line(Schema):
    """A GeoJSON line (RFC 7946)."""

    type = fields.Constant("LineString", metadata={"type": "string", "enum": ["LineString"]})
    coordinates = fields.List(
        fields.List(fields.Float(), validate=validate.Length(equal=2)),
        required=True,
        metadata={"example": [[126.62, 45.76], [126.64, 45.77]]},
    )


class Direction(Schema):
    """One way of a line, as most of its trips drive it."""

    direction = fields.Integer(required=True, validate=DIRECTION_ID)
    headsign = LocalText(required=True)
    stops = fields.List(fields.Nested(RouteStop), required=True)
    shape = fields.Nested(Line, required=True)


class RouteInFull(Route):
    """A line with its ways."""

    directions = fields.List(fields.Nested(Direction), required=True)


class RouteQuery(PageQuery):
    """Which lines."""

    q = words_field("Words of the number or the name.", "55")
    feed = feed_field()


class PrecisionQuery(CoordinatesQuery):
    """How exactly a line is drawn."""

    precision = fields.String(
        load_default="map",
        validate=SHAPE_PRECISION,
        metadata={
            "description": "`map`: no point further than five metres off; `full`: every point."
        },
    )


class NewFavourite(Schema):
    """A stop or a line to keep at hand."""

    kind = fields.String(required=True, validate=FAVOURITE_KIND)
    target = fields.String(required=True, validate=PUBLIC_ID, metadata={"example": "harbin:1001"})
    label = fields.String(
        load_default=None,
        validate=validate.Length(1, 60),
        metadata={"description": "What the person calls it.", "example": "Home"},
    )


class Favourite(Schema):
    """A stop or a line that somebody keeps at hand."""

    id = fields.String(required=True, metadata={"example": "favourite_06f0k3m9s8d2z7h5q1w4e6r8ty"})
    kind = fields.String(required=True, validate=FAVOURITE_KIND)
    target = fields.String(required=True, metadata={"example": "harbin:1001"})
    label = fields.String(metadata={"example": "Home"})
    created_at = Instant(required=True)


class ImportProblem(Schema):
    """What is wrong in one place of a zip."""

    rule = fields.String(required=True, metadata={"example": "invalid_time"})
    severity = fields.String(required=True, validate=PROBLEM_SEVERITY)
    detail = fields.String(
        required=True, metadata={"example": "'25:61:00' is not a time (H:MM:SS)."}
    )
    file = fields.String(metadata={"example": "stop_times.txt"})
    row = fields.Integer(metadata={"description": "The header is row 1.", "example": 7})
    field = fields.String(metadata={"example": "arrival_time"})


class Import(Schema):
    """How far a zip is, and what is wrong with it."""

    id = fields.String(required=True, metadata={"example": "import_06f0k3m9s8d2z7h5q1w4e6r8ty"})
    feed = fields.String(required=True, metadata={"example": "harbin"})
    state = fields.String(required=True, validate=IMPORT_STATE)
    rows_read = fields.Integer(required=True)
    percent = fields.Integer(required=True, validate=validate.Range(0, 100))
    problems = fields.List(
        fields.Nested(ImportProblem),
        required=True,
        metadata={"description": "The first of each kind, errors before warnings."},
    )
    errors = fields.Integer(required=True, metadata={"description": "How many in all."})
    warnings = fields.Integer(required=True, metadata={"description": "How many in all."})
    queued_at = Instant(required=True)
    started_at = Instant()
    finished_at = Instant()


FeedPage = page_schema(Feed, "FeedPage")
StopPage = page_schema(Stop, "StopPage")
RoutePage = page_schema(Route, "RoutePage")
FavouritePage = page_schema(Favourite, "FavouritePage")
