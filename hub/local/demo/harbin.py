"""The synthetic Harbin as a GTFS zip: invented lines on real streets' names, marked as invented
everywhere.

What is in it depends on the seed alone. Names come in Chinese, English and Russian through
translations.txt; the texts of passengers' interest that are not names say that the network is
synthetic.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from .gtfs_zip import Table, clock_face, gtfs_zip
from .harbin_map import Text
from .harbin_network import SEED, Line, Network, build
from .harbin_timetable import (
    BY_FREQUENCY,
    HOLIDAYS,
    Timetable,
    Trip,
    build_timetable,
    daily_runs,
)

FEED = "harbin"
ZONE = "Asia/Shanghai"
SITE = "https://example.org/"
FIRST_DAY, LAST_DAY = date(2025, 1, 1), date(2035, 12, 31)

BUS = Text(
    "示范公交（虚构）", "Demonstration Bus (synthetic)", "Демонстрационный автобус (вымышленный)"
)
RING = Text(
    "示范环线公交（虚构）",
    "Demonstration Ring Bus (synthetic)",
    "Демонстрационный кольцевой автобус (вымышленный)",
)
INVENTED = Text(
    "虚构线路，仅供演示，并非真实公交。",
    "An invented line for demonstration; no such bus exists.",
    "Вымышленный маршрут для демонстрации; такого автобуса нет.",
)


def zip_bytes(seed: str = SEED) -> bytes:
    """The whole feed."""
    network, timetable = build(seed), build_timetable(seed)
    return gtfs_zip(
        {
            "agency": agencies(),
            "feed_info": feed_info(seed),
            "routes": routes(network),
            "calendar": calendar(),
            "calendar_dates": exceptions(),
            "stops": stops(network),
            "shapes": shapes(network),
            "trips": trips(timetable),
            "stop_times": stop_times(timetable),
            "frequencies": frequencies(network),
            "translations": translations(network),
        }
    )


def agencies() -> Table:
    columns = ("agency_id", "agency_name", "agency_url", "agency_timezone", "agency_lang")
    return columns, [
        ("demo-bus", BUS.zh, SITE, ZONE, "zh-CN"),
        ("demo-ring", RING.zh, SITE, ZONE, "zh-CN"),
    ]


def feed_info(seed: str) -> Table:
    columns = (
        "feed_publisher_name",
        "feed_publisher_url",
        "feed_lang",
        "feed_start_date",
        "feed_end_date",
        "feed_version",
        "feed_contact_url",
    )
    return columns, [
        (
            BUS.zh,
            SITE,
            "zh-CN",
            f"{FIRST_DAY:%Y%m%d}",
            f"{LAST_DAY:%Y%m%d}",
            f"synthetic {seed}",
            SITE,
        )
    ]


def routes(network: Network) -> Table:
    columns = (
        "route_id",
        "agency_id",
        "route_short_name",
        "route_long_name",
        "route_desc",
        "route_type",
        "route_color",
        "route_text_color",
        "route_sort_order",
    )
    return columns, [
        (
            line.id,
            "demo-ring" if line.kind == "ring" else "demo-bus",
            line.id,
            line.name.zh,
            INVENTED.zh,
            3,
            line.color,
            "FFFFFF",
            order,
        )
        for order, line in enumerate(network.lines)
    ]


def calendar() -> Table:
    columns = (
        "service_id",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
        "start_date",
        "end_date",
    )
    span = (f"{FIRST_DAY:%Y%m%d}", f"{LAST_DAY:%Y%m%d}")
    return columns, [("daily", *[1] * 7, *span), ("workday", *[1] * 5, 0, 0, *span)]


def exceptions() -> Table:
    columns = ("service_id", "date", "exception_type")
    return columns, [("workday", f"{day:%Y%m%d}", 2) for day in HOLIDAYS if day.weekday() < 5]


def stops(network: Network) -> Table:
    columns = ("stop_id", "stop_code", "stop_name", "stop_lat", "stop_lon", "wheelchair_boarding")
    return columns, [
        (stop.id, stop.id, stop.name.zh, stop.latitude, stop.longitude, stop.wheelchair)
        for stop in network.stops
    ]


def shapes(network: Network) -> Table:
    columns = (
        "shape_id",
        "shape_pt_lat",
        "shape_pt_lon",
        "shape_pt_sequence",
        "shape_dist_traveled",
    )
    return columns, (
        (f"{line.id}-{pattern.direction}", latitude, longitude, sequence, round(metres, 1))
        for line in network.lines
        for pattern in line.patterns
        for sequence, ((longitude, latitude), metres) in enumerate(
            zip(pattern.shape, pattern.reach, strict=True)
        )
    )


def published(timetable: Timetable) -> Iterator[Trip]:
    """The trips of trips.txt: all, but of those by frequency only the model of each direction."""
    models: set[str] = set()
    for trip in sorted(timetable.trips(), key=lambda trip: (trip.line.id, trip.id, trip.start)):
        if not trip.by_frequency:
            yield trip
        elif trip.id not in models:
            models.add(trip.id)
            yield replace(trip, vehicle="")


def trips(timetable: Timetable) -> Table:
    columns = (
        "route_id",
        "service_id",
        "trip_id",
        "trip_headsign",
        "direction_id",
        "block_id",
        "shape_id",
        "wheelchair_accessible",
    )
    return columns, (
        (
            trip.line.id,
            trip.service,
            trip.id,
            trip.headsign.zh,
            trip.pattern.direction,
            trip.vehicle,
            f"{trip.line.id}-{trip.pattern.direction}",
            accessible(trip),
        )
        for trip in published(timetable)
    )


def accessible(trip: Trip) -> int:
    """Whether a wheelchair fits: two buses in three are low-floor; of a trip by frequency nobody
    knows."""
    if trip.by_frequency:
        return 0
    return 1 if int(trip.vehicle[1:]) % 3 else 2


def stop_times(timetable: Timetable) -> Table:
    columns = (
        "trip_id",
        "arrival_time",
        "departure_time",
        "stop_id",
        "stop_sequence",
        "shape_dist_traveled",
    )
    return columns, (
        (trip.id, moment, moment, stop.id, sequence, round(metres, 1))
        for trip in published(timetable)
        for sequence, (stop, metres, moment) in enumerate(
            zip(
                trip.pattern.stops,
                trip.pattern.metres,
                (clock_face(trip.start + offset) for offset in trip.offsets),
                strict=True,
            ),
            1,
        )
    )


def frequencies(network: Network) -> Table:
    columns = ("trip_id", "start_time", "end_time", "headway_secs", "exact_times")
    return columns, [
        (
            f"{line.id}-{pattern.direction}",
            clock_face(run.since),
            clock_face(run.until),
            run.headway,
            int(BY_FREQUENCY[line.id]),
        )
        for line in network.lines
        if line.id in BY_FREQUENCY
        for pattern in line.patterns
        for run in daily_runs(line, pattern.direction)
    ]


def translations(network: Network) -> Table:
    columns = ("table_name", "field_name", "language", "translation", "field_value")
    return columns, (
        (table, column, language, translated, text.zh)
        for table, column, text in texts(network)
        for language, translated in (("en", text.en), ("ru", text.ru))
    )


def texts(network: Network) -> Iterator[tuple[str, str, Text]]:
    """Every text of the feed once, with where it stands."""
    yield "agency", "agency_name", BUS
    yield "agency", "agency_name", RING
    yield "feed_info", "feed_publisher_name", BUS
    yield "routes", "route_desc", INVENTED
    for line in sorted({line.name.zh: line for line in network.lines}.values(), key=number):
        yield "routes", "route_long_name", line.name
    for name in {stop.name.zh: stop.name for stop in network.stops}.values():
        yield "stops", "stop_name", name
    headsigns = {p.headsign.zh: p.headsign for line in network.lines for p in line.patterns}
    for name in headsigns.values():
        yield "trips", "trip_headsign", name


def number(line: Line) -> str:
    return line.id
