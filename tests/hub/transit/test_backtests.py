"""The tracker on recorded days of real cities: figures printed (`pytest -s`), sanity held."""

import csv
import gzip
from collections import defaultdict
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import mean, median

import pytest

from hub.fleet import Report
from hub.transit.timetable import load_timetable
from hub.transit.tracking import FeedTracker
from tests.factories.feeds import a_slug, published

RECORDINGS = Path(__file__).resolve().parents[4] / "shared" / "data" / "transit"
BUCKETS = ((0, 180, -30, 90), (180, 360, -60, 150), (360, 600, -60, 210), (600, 900, -90, 270))
"""ETA Accuracy Benchmark (Transit): seconds to the arrival; how early or late is right."""


def table(path):
    with gzip.open(path, "rt") as lines:
        yield from csv.DictReader(lines)


@pytest.mark.skipif(
    not (RECORDINGS / "dev" / "wmata").is_dir(),
    reason="the recorded day of Washington is not on this machine",
)
def test_washingtons_buses_on_a_recorded_holiday(db):
    feed = published(db, (RECORDINGS / "static/wmata/gtfs.zip").read_bytes(), a_slug())
    with db.reads() as connection:
        timetable = load_timetable(connection, feed, date(2026, 2, 15), date(2026, 2, 17))
    reports = sorted(
        (
            Report(
                1,
                feed,
                row["vehicle_id"],
                float(row["timestamp"]),
                float(row["longitude"]),
                float(row["latitude"]),
                float(row["bearing"] or 0.0),
                float(row["speed"] or 0.0),
                trip=row["trip_id"],
                service_date=datetime.strptime(row["start_date"], "%Y%m%d").date(),
            )
            for row in table(RECORDINGS / "dev/wmata/vehicle_positions.csv.gz")
        ),
        key=lambda report: report.at,
    )
    actual = defaultdict(list)
    for row in table(RECORDINGS / "dev/wmata/observed_stop_arrivals.csv.gz"):
        actual[row["trip_id"], row["stop_id"]].append(float(row["actual"]))

    tracker = FeedTracker(timetable, reports[0].at)
    errors, used, advanced = defaultdict(list), set(), 0.0
    on_route = 0
    for report in reports:
        if report.at - advanced > 30:
            tracker.advance(report.at)
            advanced = report.at
        tracker.absorb([report], report.at)
        track = tracker.tracks[report.vehicle]
        on_route += track.on_route
        run = track.run
        if run is None or run.holder is not track or run.forecast is None:
            continue
        stops = run.journey.trip.pattern.stops
        for position, expected in enumerate(run.forecast.arrivals, run.forecast.first):
            for at in actual.get((report.trip, stops[position].id), ()):
                if 0 <= at - report.at < 900:
                    errors[next(b for b in BUCKETS if b[0] <= at - report.at < b[1])].append(
                        at - expected
                    )
                    used.add(report.trip)
    shares = [
        mean(early <= error <= late for error in errors[low, high, early, late])
        for low, high, early, late in BUCKETS
    ]
    every = [abs(error) for found in errors.values() for error in found]
    print(
        f"\nWashington {datetime.fromtimestamp(reports[0].at, UTC):%Y-%m-%d}:"
        f" {len(reports)} fixes, {on_route / len(reports):.1%} on route, {len(used)} trips,"
        f" {len(every)} predictions, ETA benchmark {mean(shares):.1%}"
        f" ({', '.join(f'{share:.1%}' for share in shares)}), MAE {mean(every):.0f} s,"
        f" median {median(every):.0f} s"
    )

    assert on_route / len(reports) > 0.9
    assert mean(shares) > 0.5
