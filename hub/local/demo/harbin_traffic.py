"""The buses of the synthetic Harbin as they drive: a function of seed and time, with nothing to
remember.

Each bus's day is drawn from (seed, day, bus): links take longer on busy roads and at busy hours, a
slow stretch is followed by another, now and then something blocks the road; late buses drive a
little faster and shorten their stops, early ones wait. Where a bus is at a moment follows from its
day alone, so a replay that was stopped and started again, or two of them side by side, tell of the
same world.

Times are seconds since noon minus twelve hours of the service day; reports carry GPS noise of a few
metres, and some are missing, as they are from real terminals.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from math import atan2, cos, degrees, exp, hypot, radians
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from . import harbin
from .gtfs_zip import clock_face
from .harbin_network import SEED, Pattern, dice
from .harbin_timetable import Trip, build_timetable, runs_on
from .recording import Position, service_day_start

EVERY = 10
"""Seconds between two reports of a bus."""

EARLY_LIMIT = 15.0
"""Seconds before its time at which a bus leaves a stop at the earliest."""

PULL_OUT = 180
"""Seconds before its first departure from which a bus reports, standing at its stop."""

TURNED_ROUND = 240
"""Seconds before a departure from which a bus waiting at the terminus reports for its next trip."""

NOISE_M = 4.0
SILENT_SHARE, LOST_SHARE = 0.015, 0.01
"""Share of ten-minute spans in which a terminal is silent, and of single reports that are lost."""

BLOCKED_SHARE = 0.006
"""Share of links on which something blocks the road for a minute or four."""

ECHO_GAP = 45
"""Seconds by which an added bus follows the one it copies, when the fleet is made larger for a
bench."""

MOST_ECHOES = 100

METRES_PER_DEGREE = 111_195.0

FULLNESS = (
    (0.12, "empty"),
    (0.4, "many_seats_available"),
    (0.6, "few_seats_available"),
    (0.85, "standing_room_only"),
    (9.0, "crushed_standing_room_only"),
)


@dataclass(frozen=True, slots=True)
class Drive:
    """One trip as driven: when the bus came to each call, when it left, how full it was."""

    trip: Trip
    arrived: tuple[float, ...]
    left: tuple[float, ...]
    load: tuple[float, ...]


def congestion(second: float) -> float:
    """How much traffic there is, 0 at night to 1 in the rush hours."""
    hour = second / 3600 % 24
    rush = exp(-(((hour - 7.8) / 1.1) ** 2)) + exp(-(((hour - 17.6) / 1.4) ** 2))
    daylight = 0.45 if 6.5 < hour < 20 else 0.1
    return min(1.0, daylight + 0.6 * rush)


def drive_day(seed: str, day: date, trips: tuple[Trip, ...]) -> tuple[Drive, ...]:
    """A bus's whole day, trip after trip."""
    rng = dice(seed, day, trips[0].vehicle)
    temper = rng.gauss(0.04, 0.04)
    free = float("-inf")
    drives = []
    for trip in trips:
        drive = drive_trip(seed, day, trip, free, temper, rng)
        free = drive.arrived[-1] + 60
        drives.append(drive)
    return tuple(drives)


def drive_trip(seed: str, day: date, trip: Trip, free: float, temper: float, rng: Random) -> Drive:
    """One trip, departing when it should or when the bus is back, whichever is later."""
    planned = [trip.start + offset for offset in trip.offsets]
    now = max(planned[0] + abs(rng.gauss(0.0, 25.0)), free)
    arrived, left, load = (
        [max(free, planned[0] - PULL_OUT)],
        [now],
        [0.1],
    )
    slowness = rng.gauss(temper, 0.08)
    for call in range(1, len(planned)):
        late = now - planned[call - 1]
        slowness = 0.82 * slowness + 0.18 * temper + rng.gauss(0.0, 0.06)
        hurry = 0.92 if late > 60 else 1.0
        road = corridor(seed, day, trip.pattern.streets[call - 1])
        share = hurry * exp(slowness) * (1 + 0.5 * (road - 0.4) * congestion(now))
        now += max(20.0, (planned[call] - planned[call - 1] - 20) * share)
        if rng.random() < BLOCKED_SHARE:
            now += rng.uniform(60, 240)
        arrived.append(now)
        load.append(fullness(call / len(planned), now, rng))
        dwell = max(4.0, rng.gauss(18.0 if late < 60 else 13.0, 5.0) * (0.7 + 0.5 * load[-1]))
        now = max(now + dwell, planned[call] - EARLY_LIMIT)
        left.append(now)
    return Drive(trip, tuple(arrived), tuple(left), tuple(load))


@lru_cache(maxsize=4096)
def corridor(seed: str, day: date, street: int) -> float:
    """How a street flows on a day: 0 freely, 1 badly, half as the timetable expects."""
    return dice(seed, day, "street", street).random()


def fullness(share: float, second: float, rng: Random) -> float:
    """Passengers per place: more at busy hours and in the middle of a line."""
    middle = 1 - (2 * share - 1) ** 2
    return max(0.0, congestion(second) * (0.25 + 0.75 * middle) + rng.gauss(0.0, 0.08))


class Traffic:
    """All buses of the city, or as many as asked for of those that are in service at `at`."""

    def __init__(
        self,
        seed: str = SEED,
        *,
        vehicles: int | None = None,
        every: int = EVERY,
        at: datetime | None = None,
    ) -> None:
        self.seed = seed
        self.every = every
        self.zone = ZoneInfo(harbin.ZONE)
        self.feed = harbin.FEED
        self.blocks = build_timetable(seed).blocks
        self.day_of = lru_cache(maxsize=2048)(self._day_of)
        self.fleet = [(vehicle, 0) for vehicle in self.blocks]
        if vehicles is not None:
            self.fleet = self._as_many_as(vehicles, at)
        self.by_phase: list[list[tuple[str, int]]] = [[] for _ in range(every)]
        for vehicle, echo in self.fleet:
            self.by_phase[chance(seed, vehicle, echo) % every].append((vehicle, echo))

    def _as_many_as(self, wanted: int, at: datetime | None) -> list[tuple[str, int]]:
        """An even choice of the buses in service, or all of them and copies that follow behind."""
        fleet: list[tuple[str, int]] = []
        for echo in range(MOST_ECHOES):
            fleet += [
                (vehicle, echo)
                for vehicle in self.blocks
                if at is None or self.trip_at(vehicle, led(at, echo))
            ]
            if len(fleet) >= wanted:
                break
        wanted = min(wanted, len(fleet))
        return [fleet[number * len(fleet) // wanted] for number in range(wanted)]

    def between(self, after: datetime, until: datetime) -> Iterator[Position]:
        """Reports in (after, until]: each bus's every `every` seconds, the buses spread evenly."""
        second = int(after.timestamp()) + 1
        while second <= until.timestamp():
            moment = datetime.fromtimestamp(second, UTC)
            for vehicle, echo in self.by_phase[second % self.every]:
                if body := self.report(vehicle, echo, moment):
                    yield Position(moment, body)
            second += 1

    def report(self, vehicle: str, echo: int, moment: datetime) -> dict[str, Any] | None:
        """What the bus's terminal says at a moment, or None when it says nothing."""
        stamp = int(moment.timestamp())
        found = self.trip_at(vehicle, led(moment, echo))
        if found is None or silent(self.seed, vehicle, echo, stamp):
            return None
        day, drive, second = found
        name = f"{vehicle}-{echo}" if echo else vehicle
        return seen(drive, second, dice(self.seed, name, stamp)) | {
            "vehicle": name,
            "label": f"Bus {name[1:]}",
            "service_date": day.isoformat(),
        }

    def trip_at(self, vehicle: str, moment: datetime) -> tuple[date, Drive, float] | None:
        """The service day, the trip and the second of the day at which a bus is at a moment."""
        today = moment.astimezone(self.zone).date()
        for day in (today, today - timedelta(days=1)):
            second = (moment - service_day_start(day, self.zone)).total_seconds()
            if drive := self.driving(day, vehicle, second):
                return day, drive, second
        return None

    def driving(self, day: date, vehicle: str, second: float) -> Drive | None:
        """The trip a bus is on or waits for at a second of a service day."""
        trips = self.blocks[vehicle]
        if not trips[0].start - PULL_OUT <= second <= trips[-1].end + 3600:
            return None
        for drive in self.day_of(day, vehicle):
            if second <= drive.arrived[-1] + 20:
                waits_from = min(drive.left[0], drive.trip.start) - TURNED_ROUND
                return drive if second >= waits_from else None
        return None

    def _day_of(self, day: date, vehicle: str) -> tuple[Drive, ...]:
        trips = self.blocks[vehicle]
        return drive_day(self.seed, day, trips) if runs_on(trips[0].service, day) else ()

    def in_service(self, moment: datetime) -> int:
        """How many buses are on a trip or about to start one."""
        return sum(
            self.trip_at(vehicle, led(moment, echo)) is not None for vehicle, echo in self.fleet
        )


def led(moment: datetime, echo: int) -> datetime:
    """When the bus that a copy follows was where the copy is at a moment."""
    return moment - timedelta(seconds=echo * ECHO_GAP)


def chance(*parts: object) -> int:
    """A number that depends on its parts alone, the same on every machine."""
    digest = blake2b("/".join(map(str, parts)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big")


def silent(seed: str, vehicle: str, echo: int, stamp: int) -> bool:
    """Whether a terminal is off the air for these ten minutes, or just this report is lost."""
    if chance(seed, "span", vehicle, echo, stamp // 600) % 10_000 < SILENT_SHARE * 10_000:
        return True
    return chance(seed, "lost", vehicle, echo, stamp) % 10_000 < LOST_SHARE * 10_000


def seen(drive: Drive, second: float, rng: Random) -> dict[str, Any]:
    """A report of a drive at a second: place with noise, course, speed, trip and fullness."""
    metres, speed = progress(drive, second)
    (longitude, latitude), bearing = on_shape(drive.trip.pattern, metres)
    north, east = rng.gauss(0.0, NOISE_M), rng.gauss(0.0, NOISE_M)
    call = max(0, bisect_right(drive.arrived, second) - 1)
    body: dict[str, Any] = {
        "trip": drive.trip.id,
        "route": drive.trip.line.id,
        "longitude": round(longitude + east / METRES_PER_DEGREE / cos(radians(latitude)), 6),
        "latitude": round(latitude + north / METRES_PER_DEGREE, 6),
        "bearing": round(bearing),
        "speed_mps": round(speed, 1),
        "occupancy": next(word for limit, word in FULLNESS if drive.load[call] < limit),
    }
    if drive.trip.by_frequency:
        body["start_time"] = clock_face(drive.trip.start)
    return body


def progress(drive: Drive, second: float) -> tuple[float, float]:
    """Metres along the shape and metres per second: standing at a call, or speeding up and braking
    between two."""
    metres = drive.trip.pattern.metres
    call = bisect_right(drive.left, second)
    if call == 0:
        return metres[0], 0.0
    if call == len(metres) or second >= drive.arrived[call]:
        return metres[min(call, len(metres) - 1)], 0.0
    start, end = drive.left[call - 1], drive.arrived[call]
    share, distance = (second - start) / (end - start), metres[call] - metres[call - 1]
    eased = share * share * (3 - 2 * share)
    return metres[call - 1] + eased * distance, 6 * share * (1 - share) * distance / (end - start)


def on_shape(pattern: Pattern, metres: float) -> tuple[tuple[float, float], float]:
    """The place so many metres along a shape, and the course there in degrees from north."""
    index = min(max(bisect_right(pattern.reach, metres) - 1, 0), len(pattern.reach) - 2)
    share = (metres - pattern.reach[index]) / (pattern.reach[index + 1] - pattern.reach[index])
    (lon1, lat1), (lon2, lat2) = pattern.shape[index], pattern.shape[index + 1]
    east, north = (lon2 - lon1) * cos(radians(lat1)), lat2 - lat1
    return (lon1 + share * (lon2 - lon1), lat1 + share * (lat2 - lat1)), degrees(
        atan2(east, north)
    ) % 360


def off_shape(pattern: Pattern, longitude: float, latitude: float) -> float:
    """Metres between a place and the nearest point of a shape."""
    scale = METRES_PER_DEGREE * cos(radians(latitude))
    best = float("inf")
    for (lon1, lat1), (lon2, lat2) in zip(pattern.shape, pattern.shape[1:], strict=False):
        x, y = (lon2 - lon1) * scale, (lat2 - lat1) * METRES_PER_DEGREE
        px, py = (longitude - lon1) * scale, (latitude - lat1) * METRES_PER_DEGREE
        share = min(1.0, max(0.0, (px * x + py * y) / (x * x + y * y)))
        best = min(best, hypot(px - share * x, py - share * y))
    return best
