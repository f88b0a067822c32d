"""The synthetic Harbin: as large as promised, the same everywhere, a feed without errors."""

import csv
import hashlib
import io
import json
import os
import subprocess
import sys
import zipfile
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path

import pytest

from hub.local.demo import harbin, harbin_map, harbin_network, harbin_timetable, recordings
from hub.local.demo.city import VERSION
from hub.local.demo.gtfs_zip import gtfs_zip

WEST, SOUTH, EAST, NORTH = 126.4, 45.6, 126.9, 45.9

LOADED = {"1": "75f0f437585da1a6d557df1762372035167842a94b35f3435f6bbe37cc08ea8c"}
"""What each version of the demo city holds. Whoever changes the city gives it a new version."""


@pytest.fixture(scope="module")
def packed() -> bytes:
    return harbin.zip_bytes()


@pytest.fixture(scope="module")
def network():
    return harbin_network.build()


@pytest.fixture(scope="module")
def timetable():
    return harbin_timetable.build_timetable()


def test_the_city_is_the_same_everywhere_and_named_by_its_version(packed):
    assert content_hash(packed) == LOADED[VERSION]


def test_another_interpreter_with_other_hashes_draws_the_same_city(packed):
    program = (
        "import sys; from hub.local.demo import harbin;sys.stdout.buffer.write(harbin.zip_bytes())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONHASHSEED": "7", "PYTHONPATH": str(Path.cwd())},
        capture_output=True,
        check=True,
    )

    assert done.stdout == packed


def test_there_are_at_least_forty_lines_with_both_directions(network):
    assert len(network.lines) >= 40
    assert len({line.id for line in network.lines}) == len(network.lines)
    for line in network.lines:
        out, back = line.patterns
        assert [stop.name for stop in out.stops] == [stop.name for stop in reversed(back.stops)]


def test_six_hundred_buses_drive_all_day(timetable):
    day = [timetable.buses_at(hour * 1800) for hour in range(8 * 2, 20 * 2)]

    assert min(day) >= 600


def test_buses_drive_at_any_hour(timetable):
    for second in range(4 * 3600, 28 * 3600, 600):
        yesterday = second + 86_400
        assert timetable.buses_at(second) + timetable.buses_at(yesterday) >= 10, second / 3600


def test_every_stop_lies_in_the_city_and_no_bus_stops_in_the_river(network):
    for stop in network.stops:
        assert WEST < stop.longitude < EAST
        assert SOUTH < stop.latitude < NORTH
        x = (stop.longitude - harbin_map.ORIGIN_LONGITUDE) * harbin_map.KM_PER_DEGREE_EAST
        y = (stop.latitude - harbin_map.ORIGIN_LATITUDE) * harbin_map.KM_PER_DEGREE_NORTH
        assert min(harbin_map.apart((x, y), point) for point in harbin_map.RIVER) > 0.55


def test_stops_are_a_walk_apart_and_shared_between_lines(network):
    gaps = [
        there - here
        for line in network.lines
        if line.kind != "express"
        for here, there in pairwise(line.patterns[0].metres)
    ]
    served = Counter(stop.id for line in network.lines for p in line.patterns for stop in p.stops)

    assert min(gaps) >= 329
    assert sum(350 <= gap <= 600 for gap in gaps) > 0.8 * len(gaps)
    assert sum(count > 1 for count in served.values()) > 0.5 * len(served)


def test_both_banks_are_served_over_bridges(network):
    def north(stop) -> bool:
        return stop.latitude > 45.79 + (stop.longitude - 126.6) * 0.35

    crossing = [
        line.id for line in network.lines if len({north(s) for s in line.patterns[0].stops}) == 2
    ]

    assert len(crossing) >= 10


def test_a_shape_runs_through_its_stops_in_order(network):
    for line in network.lines:
        for pattern in line.patterns:
            assert pattern.metres[0] == 0
            assert pattern.metres[-1] == pattern.reach[-1]
            assert all(here < there for here, there in pairwise(pattern.metres))
            assert all(here < there for here, there in pairwise(pattern.reach))
            for stop, metres in zip(pattern.stops, pattern.metres, strict=True):
                point = pattern.shape[pattern.reach.index(metres)]
                assert harbin_map.metres_between(point, (stop.longitude, stop.latitude)) < 20


def test_a_bus_is_never_on_two_trips(timetable):
    for trips in timetable.blocks.values():
        for before, after in pairwise(trips):
            assert before.end + harbin_timetable.LAYOVER <= after.start
            assert before.pattern.direction != after.pattern.direction
        assert trips[-1].end - trips[0].start <= harbin_timetable.LONGEST_DAY


def test_every_text_stands_in_three_languages_and_says_that_it_is_synthetic(packed):
    texts = defaultdict(dict)
    for row in table(packed, "translations"):
        key = row["table_name"], row["field_name"], row["field_value"]
        texts[key][row["language"]] = row["translation"]

    for name, column, key in (
        ("stops", "stop_name", "stop_name"),
        ("routes", "route_long_name", "route_long_name"),
        ("trips", "trip_headsign", "trip_headsign"),
        ("agency", "agency_name", "agency_name"),
    ):
        for row in table(packed, name):
            assert set(texts[name, column, row[key]]) == {"en", "ru"}
    for row in table(packed, "agency"):
        said = texts["agency", "agency_name", row["agency_name"]]
        assert "虚构" in row["agency_name"]
        assert "synthetic" in said["en"]
        assert "вымышленный" in said["ru"]


def test_the_feed_has_what_importers_stumble_over(packed):
    times = table(packed, "stop_times")
    frequencies = table(packed, "frequencies")

    assert any(row["arrival_time"] >= "24:00:00" for row in times)
    assert {row["exact_times"] for row in frequencies} == {"0", "1"}
    assert table(packed, "calendar_dates")
    assert len(table(packed, "agency")) > 1
    assert {row["wheelchair_boarding"] for row in table(packed, "stops")} == {"0", "1", "2"}


def test_white_text_reads_well_on_every_colour(network):
    for line in network.lines:
        channels = [int(line.color[n : n + 2], 16) / 255 for n in (0, 2, 4)]
        assert 1.05 / (harbin_network.luminance(channels) + 0.05) >= 4.5


def test_a_validator_finds_no_error_in_brussels(tmp_path):
    path = recordings.data(recordings.BRUSSELS_TIMETABLE)

    assert errors_of(path, tmp_path) == []


def test_a_validator_finds_no_error_in_a_thinned_harbin(packed, tmp_path):
    path = tmp_path / "harbin.zip"
    path.write_bytes(thinned(packed, every=15))

    assert errors_of(path, tmp_path) == []


@pytest.mark.soak
@pytest.mark.skipif(
    os.environ.get("HYPOTHESIS_PROFILE") != "soak", reason="a minute of the validator: `make soak`"
)
def test_a_validator_finds_no_error_in_the_whole_harbin(packed, tmp_path):
    path = tmp_path / "harbin.zip"
    path.write_bytes(packed)

    assert errors_of(path, tmp_path) == []


def content_hash(packed: bytes) -> str:
    """SHA-256 of the tables: zlib's versions compress alike, not equal."""
    digest = hashlib.sha256()
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        for name in archive.namelist():
            digest.update(name.encode() + archive.read(name))
    return digest.hexdigest()


def table(packed: bytes, name: str) -> list[dict[str, str]]:
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        return list(csv.DictReader(io.StringIO(archive.read(f"{name}.txt").decode())))


def thinned(packed: bytes, *, every: int) -> bytes:
    """The feed with all its lines and a part of its trips: the validator takes its time."""
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        names = [name.removesuffix(".txt") for name in archive.namelist()]
    tables = {name: table(packed, name) for name in names}
    models = {row["trip_id"] for row in tables["frequencies"]}
    seen: dict[tuple[str, str], int] = defaultdict(int)
    kept = set()
    for trip in tables["trips"]:
        key = trip["route_id"], trip["direction_id"]
        if trip["trip_id"] in models or seen[key] % every == 0:
            kept.add(trip["trip_id"])
        seen[key] += 1
    for name in ("trips", "stop_times"):
        tables[name] = [row for row in tables[name] if row["trip_id"] in kept]
    return gtfs_zip(
        {
            name: (list(rows[0]), [list(row.values()) for row in rows])
            for name, rows in tables.items()
        }
    )


def errors_of(path: Path, folder: Path) -> list[dict]:
    """What the validator calls errors in a zip."""
    program = Path(sys.executable).with_name("gtfs-validator")
    subprocess.run(
        [program, "-i", path, "-o", folder / "report", "-d", "2026-11-24"],
        check=True,
        capture_output=True,
    )
    report = json.loads((folder / "report" / "report.json").read_text())
    return [notice for notice in report["notices"] if notice["severity"] == "ERROR"]
