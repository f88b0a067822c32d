"""Recordings of vehicle positions: the file format, and when each position falls due when it is
played again.

A recording is gzipped JSON lines (docs/demo-city.md describes it for those who bring their own).
The first line says what it is; every other line is one position, in order of `at`: seconds since
noon minus twelve hours of the recorded day, the way GTFS counts. Played again, a day's positions
keep their time of day, so that a recorded delay stays the delay it was. With a `cycle` in the
header only the trips that start within it are played, and once more after its length, under ids of
their own, until the day is full.
"""

import gzip
import json
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

FORMAT = "hub-positions/1"
DAY = 86_400

FIELDS = frozenset(
    (
        "vehicle",
        "label",
        "trip",
        "route",
        "longitude",
        "latitude",
        "distance_m",
        "bearing",
        "speed_mps",
        "occupancy",
    )
)


class NotARecording(ValueError):
    """The file is not gzipped JSON lines of positions with the header this module describes."""


@dataclass(frozen=True, slots=True)
class Cycle:
    """Which part of the day is played: trips starting in [start, start + length), again after each
    length."""

    start: int
    length: int


@dataclass(frozen=True, slots=True)
class Position:
    """One position as it is sent to the hub, with the moment it belongs to."""

    moment: datetime
    body: dict[str, Any]


@dataclass(slots=True)
class Recording:
    """A recorded day: its header's facts, and the positions with their second of the day."""

    feed: str
    zone: ZoneInfo
    at: tuple[int, ...]
    bodies: tuple[dict[str, Any], ...]
    cycle: Cycle | None = None
    about: str = ""

    def between(self, after: datetime, until: datetime) -> Iterator[Position]:
        """Positions that fall due in (after, until], in the order in which they fall due."""
        repeats = DAY // self.cycle.length if self.cycle else 1
        longest = timedelta(seconds=(self.at[-1] if self.at else 0) + DAY)
        due: list[Position] = []
        day = (after - longest).astimezone(self.zone).date()
        while day <= until.astimezone(self.zone).date():
            for repeat in range(repeats):
                shift = repeat * self.cycle.length if self.cycle else 0
                start = service_day_start(day, self.zone) + timedelta(seconds=shift)
                first = bisect_left(self.at, floor_seconds(after - start) + 1)
                last = bisect_left(self.at, floor_seconds(until - start) + 1)
                for at, body in zip(self.at[first:last], self.bodies[first:last], strict=True):
                    moment = start + timedelta(seconds=at)
                    due.append(Position(moment, dated(body, day, repeat)))
            day += timedelta(days=1)
        due.sort(key=lambda position: (position.moment, position.body["vehicle"]))
        return iter(due)


def dated(body: dict[str, Any], day: date, repeat: int) -> dict[str, Any]:
    """A recorded position as one of `day`; what is played again goes under ids of its own."""
    sent = {**body, "service_date": day.isoformat()} if "trip" in body else dict(body)
    if repeat:
        sent["vehicle"] = repeated(sent["vehicle"], repeat)
        if "trip" in sent:
            sent["trip"] = repeated(sent["trip"], repeat)
    return sent


def repeated(name: str, repeat: int) -> str:
    """The id of a vehicle or trip when it is shown again on the same day."""
    return f"{name}-again{repeat if repeat > 1 else ''}" if repeat else name


def service_day_start(day: date, zone: ZoneInfo) -> datetime:
    """Noon minus twelve hours: midnight, except on the two days a year when clocks change."""
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=zone)
    return noon.astimezone(UTC) - timedelta(hours=12)


def floor_seconds(span: timedelta) -> int:
    """Whole seconds, rounded down, also for a span before the start."""
    return span // timedelta(seconds=1)


def read(path: Path) -> Recording:
    """Read a recording; raises `NotARecording` with the line that is wrong."""
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            return parse(lines)
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise NotARecording(f"{path} cannot be read as gzipped text: {error}") from error


def parse(lines: Iterable[str]) -> Recording:
    """Read a recording from its lines."""
    numbered = enumerate(lines, 1)
    try:
        _, first = next(numbered)
        header = json.loads(first)
        if header["format"] != FORMAT:
            raise NotARecording(
                f"line 1: the format is {header['format']!r}, this hub reads {FORMAT!r}"
            )
        cycle = (
            Cycle(header["cycle"]["start"], header["cycle"]["length"])
            if "cycle" in header
            else None
        )
        starts: dict[str, int] = header.get("trips", {})
        zone = ZoneInfo(header["timezone"])
        rows = [record(json.loads(line), number) for number, line in numbered if line.strip()]
        feed = str(header["feed"])
    except StopIteration:
        raise NotARecording("line 1: the file is empty") from None
    except (KeyError, TypeError, json.JSONDecodeError) as error:
        raise NotARecording(f"the file is not {FORMAT}: {error!r}") from error
    if cycle:
        kept = range(cycle.start, cycle.start + cycle.length)
        rows = [row for row in rows if starts.get(row[1].get("trip", ""), -1) in kept]
    rows.sort(key=lambda row: row[0])
    return Recording(
        feed=feed,
        zone=zone,
        at=tuple(at for at, _ in rows),
        bodies=tuple(body for _, body in rows),
        cycle=cycle,
        about=str(header.get("about", "")),
    )


def record(line: dict[str, Any], number: int) -> tuple[int, dict[str, Any]]:
    """One position of the file, checked for what the replay itself needs."""
    unknown = line.keys() - FIELDS - {"at"}
    if unknown or "vehicle" not in line or not isinstance(line.get("at"), int):
        wrong = ", ".join(sorted(unknown)) or "`at` (whole seconds) and `vehicle` are required"
        raise NotARecording(f"line {number}: {wrong}")
    return line["at"], {name: value for name, value in line.items() if name != "at"}


def runs(recording: Recording) -> dict[str, list[int]]:
    """The metres reported for each trip, in order."""
    metres: dict[str, list[int]] = defaultdict(list)
    for body in recording.bodies:
        if "trip" in body and "distance_m" in body:
            metres[body["trip"]].append(body["distance_m"])
    return dict(metres)
