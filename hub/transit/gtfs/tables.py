"""The tables and columns of GTFS that we read."""

from dataclasses import dataclass
from typing import Any

from . import fields
from .fields import Parser, Remembered


@dataclass(frozen=True, slots=True)
class Column:
    """One column: how to read it, whether a row must have it, and what its absence means."""

    name: str
    parse: Parser
    required: bool = False
    default: Any = None


@dataclass(frozen=True, slots=True)
class Table:
    """One file of a feed. Rows come out as values in the order of `columns`."""

    file: str
    columns: tuple[Column, ...]
    most_rows: int = 300_000
    """Tables that are held in memory say no to more than this."""


def _flag() -> Parser:
    return fields.word({"0": False, "1": True})


def _digits(*words: str) -> Parser:
    return fields.word({str(digit): word for digit, word in enumerate(words)})


_boarding = _digits("regular", "none", "phone_agency", "ask_driver")
_wheelchair = _digits("unknown", "possible", "not_possible")
_time = Remembered(fields.time_of_day).__getitem__
_day = Remembered(fields.day).__getitem__
_id = fields.identifier
_text = fields.text

AGENCY = Table(
    "agency.txt",
    (
        Column("agency_id", _id),
        Column("agency_name", _text, required=True),
        Column("agency_url", fields.url, required=True),
        Column("agency_timezone", fields.timezone, required=True),
        Column("agency_lang", fields.language),
        Column("agency_phone", _text),
    ),
)
FEED_INFO = Table(
    "feed_info.txt",
    (
        Column("feed_publisher_name", _text, required=True),
        Column("feed_publisher_url", fields.url, required=True),
        Column("feed_lang", fields.language, required=True),
        Column("default_lang", fields.language),
        Column("feed_start_date", _day),
        Column("feed_end_date", _day),
        Column("feed_version", _text),
    ),
)
ATTRIBUTIONS = Table(
    "attributions.txt",
    (
        Column("organization_name", _text, required=True),
        Column("agency_id", _id),
        Column("route_id", _id),
        Column("trip_id", _id),
        Column("attribution_url", fields.url),
    ),
)
STOPS = Table(
    "stops.txt",
    (
        Column("stop_id", _id, required=True),
        Column("stop_code", _text),
        Column("stop_name", _text),
        Column("stop_lat", fields.latitude),
        Column("stop_lon", fields.longitude),
        Column(
            "location_type",
            _digits("stop", "station", "entrance", "node", "boarding_area"),
            default="stop",
        ),
        Column("parent_station", _id),
        Column("wheelchair_boarding", _wheelchair, default="unknown"),
        Column("platform_code", _text),
    ),
)
ROUTES = Table(
    "routes.txt",
    (
        Column("route_id", _id, required=True),
        Column("agency_id", _id),
        Column("route_short_name", _text, default=""),
        Column("route_long_name", _text, default=""),
        Column("route_type", fields.route_kind, required=True, default="other"),
        Column("route_url", fields.url),
        Column("route_color", fields.color),
        Column("route_text_color", fields.color),
        Column("route_sort_order", fields.count),
    ),
)
CALENDAR = Table(
    "calendar.txt",
    (
        Column("service_id", _id, required=True),
        *(
            Column(name, _flag(), required=True, default=False)
            for name in (
                "monday",
                "tuesday",
                "wednesday",
                "thursday",
                "friday",
                "saturday",
                "sunday",
            )
        ),
        Column("start_date", _day, required=True),
        Column("end_date", _day, required=True),
    ),
)
CALENDAR_DATES = Table(
    "calendar_dates.txt",
    (
        Column("service_id", _id, required=True),
        Column("date", _day, required=True),
        Column("exception_type", fields.word({"1": True, "2": False}), required=True),
    ),
    most_rows=1_000_000,
)
TRIPS = Table(
    "trips.txt",
    (
        Column("trip_id", _id, required=True),
        Column("route_id", _id, required=True),
        Column("service_id", _id, required=True),
        Column("trip_headsign", _text, default=""),
        Column("trip_short_name", _text),
        Column("direction_id", fields.word({"0": 0, "1": 1})),
        Column("block_id", _id),
        Column("shape_id", _id),
        Column("wheelchair_accessible", _wheelchair, default="unknown"),
    ),
    most_rows=1_000_000,
)
STOP_TIMES = Table(
    "stop_times.txt",
    (
        Column("trip_id", _id, required=True),
        Column("stop_sequence", fields.count, required=True),
        Column("stop_id", _id),
        Column("arrival_time", _time),
        Column("departure_time", _time),
        Column("stop_headsign", _text),
        Column("pickup_type", _boarding, default="regular"),
        Column("drop_off_type", _boarding, default="regular"),
        Column("timepoint", _flag()),
        Column("shape_dist_traveled", fields.distance),
        Column("location_id", _id),
        Column("location_group_id", _id),
    ),
    most_rows=50_000_000,
)
FREQUENCIES = Table(
    "frequencies.txt",
    (
        Column("trip_id", _id, required=True),
        Column("start_time", _time, required=True),
        Column("end_time", _time, required=True),
        Column("headway_secs", fields.positive, required=True),
        Column("exact_times", _flag(), default=False),
    ),
)
SHAPES = Table(
    "shapes.txt",
    (
        Column("shape_id", _id, required=True),
        Column("shape_pt_sequence", fields.count, required=True),
        Column("shape_pt_lat", fields.latitude, required=True),
        Column("shape_pt_lon", fields.longitude, required=True),
        Column("shape_dist_traveled", fields.distance),
    ),
    most_rows=50_000_000,
)
TRANSLATIONS = Table(
    "translations.txt",
    (
        Column("table_name", _text, required=True),
        Column("field_name", _text, required=True),
        Column("language", fields.language, required=True),
        Column("translation", _text, required=True),
        Column("record_id", _text),
        Column("record_sub_id", _text),
        Column("field_value", _text),
    ),
    most_rows=1_000_000,
)

ALL = (
    AGENCY,
    FEED_INFO,
    ATTRIBUTIONS,
    STOPS,
    ROUTES,
    CALENDAR,
    CALENDAR_DATES,
    TRIPS,
    STOP_TIMES,
    FREQUENCIES,
    SHAPES,
    TRANSLATIONS,
)
