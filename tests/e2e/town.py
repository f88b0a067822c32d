"""A small town with names in three languages, whose two lines run around the clock."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from hub import fleet
from hub.fleet import Position
from hub.kernel.db import Database
from hub.kernel.work import SYSTEM
from tests.factories.gtfs import zipped

FEED = "harbin"
EVERY_S = 300
LEG_S = 120
STEP = 0.008
WEST, NORTH = 126.60, 45.77

# Chinese, English, Russian; pinyin comes from the first.
STOPS = [
    ("中央大街", "Central Street", "Центральная улица"),
    ("圣·索菲亚教堂", "Saint Sophia Cathedral", "Софийский собор"),
    ("哈尔滨站", "Harbin Railway Station", "Вокзал Харбин"),
    ("会展中心", "Expo Centre", "Экспоцентр"),
    ("太阳岛", "Sun Island", "Солнечный остров"),
    ("果戈里大街", "Gogol Street", "Улица Гоголя"),
]
LINES = [("1", "1A7F37", NORTH), ("K2", "7B1FA2", NORTH - 0.01)]


def timetable() -> bytes:
    """A GTFS zip: each line eastward, a trip every five minutes, two minutes from stop to stop."""
    today = datetime.now(UTC)
    stops, routes, shapes, trips, times, said = [], [], [], [], [], []
    last = len(STOPS) - 1
    for line, colour, latitude in LINES:
        routes.append(f"{line},A,{line},{STOPS[0][0]}—{STOPS[last][0]},3,{colour},FFFFFF")
        said.append(f"routes,route_long_name,en,{STOPS[0][1]} – {STOPS[last][1]},{line}")
        said.append(f"routes,route_long_name,ru,{STOPS[0][2]} – {STOPS[last][2]},{line}")
        for n, (zh, en, ru) in enumerate(STOPS):
            key = f"{line}-{n}"
            stops.append(f"{key},{1000 + n},{zh},{latitude},{WEST + n * STEP:.4f},1")
            said.append(f"stops,stop_name,en,{en},{key}")
            said.append(f"stops,stop_name,ru,{ru},{key}")
        shapes += [f"S{line},{latitude},{WEST + n * STEP / 4:.5f},{n}" for n in range(4 * last + 1)]
        for start in range(0, 86_400, EVERY_S):
            trips.append(f"{line},D,{line}-T{start},{STOPS[last][0]},0,S{line}")
            said.append(f"trips,trip_headsign,en,{STOPS[last][1]},{line}-T{start}")
            said.append(f"trips,trip_headsign,ru,{STOPS[last][2]},{line}-T{start}")
            for n in range(len(STOPS)):
                at = start + n * LEG_S
                clock = f"{at // 3600:02}:{at // 60 % 60:02}:{at % 60:02}"
                times.append(f"{line}-T{start},{clock},{clock},{line}-{n},{n + 1}")
    days = [f"D,{today + timedelta(days=day):%Y%m%d},1" for day in range(-3, 30)]
    return zipped(
        {
            "agency.txt": _table(
                "agency_id,agency_name,agency_url,agency_timezone,agency_lang",
                ["A,示范公交,https://example.org,Etc/UTC,zh"],
            ),
            "stops.txt": _table(
                "stop_id,stop_code,stop_name,stop_lat,stop_lon,wheelchair_boarding", stops
            ),
            "routes.txt": _table(
                "route_id,agency_id,route_short_name,route_long_name,route_type,"
                "route_color,route_text_color",
                routes,
            ),
            "calendar_dates.txt": _table("service_id,date,exception_type", days),
            "trips.txt": _table(
                "route_id,service_id,trip_id,trip_headsign,direction_id,shape_id", trips
            ),
            "stop_times.txt": _table(
                "trip_id,arrival_time,departure_time,stop_id,stop_sequence", times
            ),
            "shapes.txt": _table("shape_id,shape_pt_lat,shape_pt_lon,shape_pt_sequence", shapes),
            "feed_info.txt": _table(
                "feed_publisher_name,feed_publisher_url,feed_lang", ["示范,https://example.org,zh"]
            ),
            "translations.txt": _table(
                "table_name,field_name,language,translation,record_id", said
            ),
        }
    )


def _table(header: str, rows: list[str]) -> str:
    return "\n".join([header, *rows]) + "\n"


class Buses:
    """Three buses of each line that keep the timetable; ``drive`` reports where they are now."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def drive(self, now: datetime) -> None:
        """One report of each bus, as its terminal would send it."""
        seconds = (now - now.replace(hour=0, minute=0, second=0, microsecond=0)).total_seconds()
        positions = []
        for line, _, latitude in LINES:
            for n, behind in enumerate((60, 260, 460)):
                start = int(seconds - behind) // EVERY_S * EVERY_S
                gone = (seconds - start) / LEG_S
                if start < 0 or gone > len(STOPS) - 1:
                    continue
                positions.append(
                    Position(
                        vehicle=f"B{line}{n}-{start}",
                        reported_at=now,
                        longitude=WEST + gone * STEP,
                        latitude=latitude,
                        bearing=90.0,
                        speed_mps=5.0,
                        trip=f"{line}-T{start}",
                        label=f"Bus {line}.{n}",
                    )
                )
        report: Callable = lambda work: fleet.report(work, FEED, positions)  # noqa: E731
        self._db.run(report, SYSTEM)
