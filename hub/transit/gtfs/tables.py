"""The tables and columns of GTFS that we read, and the reader that turns rows into values."""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from . import fields
from .archive import Archive
from .fields import BadValue, Parser, Remembered
from .problems import MENDED, WARNINGS, Problems

csv.field_size_limit(65_536)


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
    most_rows: int = 1_000_000
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


class Reader:
    """Reads the tables of one archive and remembers which of them had rows it could not read."""

    def __init__(
        self,
        archive: Archive,
        problems: Problems,
        tick: Callable[[int], None] = lambda _bytes: None,
    ) -> None:
        self._archive = archive
        self._problems = problems
        self._tick = tick
        self.damaged: set[str] = set()
        """Tables with a row that was left out: what refers to them is not judged."""
        self.rows_read = 0

    def rows(self, table: Table) -> Iterator[tuple[int, list[Any]]]:
        """Each sound row as (row number, values); nothing when the table is absent."""
        if table.file not in self._archive:
            return
        source = csv.reader(self._archive.lines(table.file, self._problems, self._tick))
        try:
            header = next(source, [])
            plan = self._plan(table, header)
            if plan is None:
                self.damaged.add(table.file)
                return
            yield from self._sound(table, source, len(header), plan)
            if table.file in self._archive.broken:
                self.damaged.add(table.file)
        except csv.Error:
            self.damaged.add(table.file)
            self._problems.add(
                "csv_parsing_failed",
                f"Row {source.line_num} is not CSV, or one of its values is too long.",
                file=table.file,
                row=source.line_num,
            )

    def _plan(self, table: Table, header: list[str]) -> list[tuple[int, int, Column]] | None:
        """Which column of the file feeds which of ours; None when the header is unusable."""
        if table.file in self._archive.broken:
            return None
        names = [name.strip() for name in header]
        sound = bool(names)
        if not names:
            self._problems.add("empty_file", f"{table.file} has no header.", file=table.file)
        for name in names:
            if not name or names.count(name) > 1:
                rule = "duplicated_column" if name else "empty_column_name"
                detail = f"The column {name!r} stands twice." if name else "A column has no name."
                self._problems.add(rule, detail, file=table.file, row=1, field=name or None)
                sound = False
        for column in table.columns:
            if column.required and column.name not in names:
                self._problems.add(
                    "missing_required_column",
                    f"{table.file} has no column {column.name}.",
                    file=table.file,
                    row=1,
                    field=column.name,
                )
                sound = False
        if not sound:
            return None
        return [
            (place, names.index(column.name), column)
            for place, column in enumerate(table.columns)
            if column.name in names
        ]

    def _sound(
        self,
        table: Table,
        source: Any,
        width: int,
        plan: list[tuple[int, int, Column]],
    ) -> Iterator[tuple[int, list[Any]]]:
        defaults = [column.default for column in table.columns]
        before = source.line_num
        for row in source:
            number = source.line_num
            lines, before = number - before, number
            if not row:
                continue
            self.rows_read += 1
            if number > table.most_rows:
                self._problems.add(
                    "too_many_rows",
                    f"{table.file} may have {table.most_rows:,} rows.",
                    file=table.file,
                    row=number,
                )
                return
            if len(row) != width:
                self._misshapen(table, row, number, width)
                continue
            if lines > 1:
                row = self._unwrapped(table, row, number)
            values = defaults.copy()
            if self._fill(table, row, number, plan, values):
                yield number, values
            else:
                self.damaged.add(table.file)

    def _misshapen(self, table: Table, row: list[str], number: int, width: int) -> None:
        if not any(value.strip() for value in row):
            self._problems.add("empty_row", "The row is empty.", file=table.file, row=number)
            return
        self.damaged.add(table.file)
        self._problems.add(
            "invalid_row_length",
            f"The row has {len(row)} values; the header has {width} columns.",
            file=table.file,
            row=number,
        )

    def _unwrapped(self, table: Table, row: list[str], number: int) -> list[str]:
        for value in row:
            if "\n" in value or "\r" in value:
                self._problems.add(
                    "new_line_in_value",
                    f"{fields.shown(value)} goes over several lines.",
                    file=table.file,
                    row=number,
                )
        return [" ".join(value.split()) for value in row]

    def _fill(
        self,
        table: Table,
        row: list[str],
        number: int,
        plan: list[tuple[int, int, Column]],
        values: list[Any],
    ) -> bool:
        sound = True
        for place, index, column in plan:
            value = row[index]
            if not value:
                sound &= not column.required or self._missing(table, number, column)
                continue
            if value[0] <= " " or value[-1] <= " ":
                value = self._stripped(table, value, number, column)
                if not value:
                    sound &= not column.required or self._missing(table, number, column)
                    continue
            try:
                values[place] = column.parse(value)
            except BadValue as bad:
                sound &= bad.rule in MENDED or bad.rule in WARNINGS
                self._problems.add(
                    bad.rule, bad.detail, file=table.file, row=number, field=column.name
                )
        return sound

    def _missing(self, table: Table, number: int, column: Column) -> bool:
        self._problems.add(
            "missing_required_field",
            f"The row has no {column.name}.",
            file=table.file,
            row=number,
            field=column.name,
        )
        return False

    def _stripped(self, table: Table, value: str, number: int, column: Column) -> str:
        self._problems.add(
            "leading_or_trailing_whitespaces",
            f"{fields.shown(value)} begins or ends with white space.",
            file=table.file,
            row=number,
            field=column.name,
        )
        return value.strip()
