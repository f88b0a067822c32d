"""The timetable of Brussels line 55 as the demo shows it: a working day, every day, twice."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import product
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from hub.local.demo.gtfs_zip import Table, clock_face, gtfs_zip
from hub.local.demo.recording import repeated

DATA = Path(__file__).parent.parent / "hub" / "local" / "demo" / "data"
ZONE = ZoneInfo("Europe/Brussels")
RECORDED_ON = date(2025, 3, 18)
CYCLE_START, CYCLE_LENGTH = 7 * 3600, 12 * 3600
DAILY = "every-day"
SITE = "https://www.stib-mivb.be"
PUBLISHER = "Demonstration from open data of STIB-MIVB"
VERSION = "line 55, 18 March 2025, every day"
PACKAGE = "PyPI microsegments 0.2.23, Gaspard Merten (MIT)"
PACKAGE_SITE = "https://pypi.org/project/microsegments/"

Row = dict[str, Any]


@dataclass(frozen=True)
class Pattern:
    """A sequence of stops, the metres of each along its shape, and where its shape begins on the
    line's axis."""

    stops: tuple[str, ...]
    shape: str
    metres: tuple[float, ...]
    length: float
    offset: float = 0.0


def write_timetable(
    tables: Mapping[str, Sequence[Row]],
    weekday: Sequence[Row],
    timetable: Mapping[str, Sequence[Row]],
    patterns: Mapping[tuple[str, ...], Pattern],
    shapes: Mapping[str, Sequence[tuple[float, float, float]]],
) -> None:
    """The working day's trips of the cycle, every day, and once more twelve hours later."""
    trips: list[Sequence[object]] = []
    stop_times: list[Sequence[object]] = []
    used_shapes: set[str] = set()
    used_stops: set[str] = set()
    for repeat, trip in product(range(86_400 // CYCLE_LENGTH), sorted(weekday, key=trip_id_of)):
        calls = timetable[trip["trip_id"]]
        starts = calls[0]["departure_time"].total_seconds()
        if not CYCLE_START <= starts < CYCLE_START + CYCLE_LENGTH:
            continue
        trip_id = repeated(trip["trip_id"], repeat)
        used_shapes.add(trip["shape_id"])
        headsign, direction = named(trip["trip_headsign"]), trip["direction_id"]
        trips.append((trip["route_id"], DAILY, trip_id, headsign, direction, trip["shape_id"]))
        pattern = patterns[tuple(call["stop_id"] for call in calls)]
        for call, metres in zip(calls, pattern.metres, strict=True):
            used_stops.add(call["stop_id"])
            shift = timedelta(seconds=repeat * CYCLE_LENGTH)
            arrival = clock_face((call["arrival_time"] + shift).total_seconds())
            departure = clock_face((call["departure_time"] + shift).total_seconds())
            place = call["stop_id"], call["stop_sequence"], round(metres, 1)
            stop_times.append((trip_id, arrival, departure, *place))
    packed = gtfs_zip(
        fixed_tables(tables["agency"][0], tables["routes"][0])
        | {
            "stops": table(
                "stop_id stop_name stop_lat stop_lon",
                [
                    (
                        stop["stop_id"],
                        named(stop["stop_name"]),
                        round(stop["stop_lat"], 6),
                        round(stop["stop_lon"], 6),
                    )
                    for stop in tables["stops"]
                    if stop["stop_id"] in used_stops
                ],
            ),
            "trips": table(
                "route_id service_id trip_id trip_headsign direction_id shape_id", trips
            ),
            "stop_times": table(
                "trip_id arrival_time departure_time stop_id stop_sequence shape_dist_traveled",
                stop_times,
            ),
            "shapes": table(
                "shape_id shape_pt_lat shape_pt_lon shape_pt_sequence shape_dist_traveled",
                [
                    (shape, latitude, longitude, index, round(metres, 1))
                    for shape in sorted(used_shapes)
                    for index, (latitude, longitude, metres) in enumerate(shapes[shape])
                ],
            ),
        }
    )
    (DATA / "brussels-line-55.gtfs.zip").write_bytes(packed)


def fixed_tables(agency: Row, route: Row) -> dict[str, Table]:
    """Who runs the line, whose data it is, and that the recorded day is every day."""
    first, last = f"{RECORDED_ON:%Y%m%d}", "20351231"
    week = "monday tuesday wednesday thursday friday saturday sunday"
    name, colour = named(route["route_long_name"]), route["route_color"]
    return {
        "agency": table(
            "agency_id agency_name agency_url agency_timezone agency_lang",
            [(agency["agency_id"], "STIB-MIVB (recorded 18 March 2025)", SITE, ZONE.key, "fr")],
        ),
        "feed_info": table(
            "feed_publisher_name feed_publisher_url feed_lang feed_start_date feed_end_date"
            " feed_version feed_contact_url",
            [(PUBLISHER, SITE, "fr", first, last, VERSION, SITE)],
        ),
        "attributions": table(
            "attribution_id organization_name is_producer attribution_url",
            [("stib", "STIB-MIVB open data", 1, SITE), ("microsegments", PACKAGE, 1, PACKAGE_SITE)],
        ),
        "routes": table(
            "route_id agency_id route_short_name route_long_name route_type route_color"
            " route_text_color",
            [
                (
                    route["route_id"],
                    agency["agency_id"],
                    "55",
                    name,
                    0,
                    colour,
                    route["route_text_color"],
                )
            ],
        ),
        "calendar": table(
            f"service_id {week} start_date end_date", [(DAILY, *[1] * 7, first, last)]
        ),
    }


def table(columns: str, rows: Iterable[Sequence[object]]) -> Table:
    return columns.split(), rows


def trip_id_of(trip: Row) -> str:
    return str(trip["trip_id"])


def named(capitals: str) -> str:
    """A name published in capitals as it is written on the street."""
    return capitals.title().replace(" Du ", " du ")
