"""The format of recordings, for those who bring their own."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from hub.local.demo import recording
from hub.local.demo.recording import NotARecording

HEADER = {"format": "hub-positions/1", "feed": "harbin", "timezone": "Asia/Shanghai"}


def lines(*rows: dict, **header: object) -> list[str]:
    return [json.dumps(HEADER | header), *map(json.dumps, rows)]


def test_a_file_is_read_back(tmp_path):
    path = tmp_path / "mine.jsonl.gz"
    row = {"at": 36_000, "vehicle": "B1", "longitude": 126.6, "latitude": 45.7}
    path.write_bytes(gzip.compress("\n".join(lines(row)).encode()))

    found = recording.read(path)

    due = datetime(2026, 11, 24, 2, tzinfo=UTC)
    positions = list(found.between(due - timedelta(minutes=1), due))
    assert [(p.moment, p.body["vehicle"]) for p in positions] == [(due, "B1")]


def test_a_position_without_a_trip_gets_no_service_date():
    found = recording.parse(lines({"at": 0, "vehicle": "B1", "longitude": 1.0, "latitude": 2.0}))

    (position,) = found.between(
        datetime(2026, 11, 23, 15, 59, 59, tzinfo=UTC), datetime(2026, 11, 23, 16, tzinfo=UTC)
    )

    assert "service_date" not in position.body


@pytest.mark.parametrize(
    ("broken", "named"),
    [
        ([], "empty"),
        (["{}"], "format"),
        (["no json"], "hub-positions/1"),
        (lines({"at": 1.5, "vehicle": "B1"}), "line 2"),
        (lines({"at": 1}), "line 2"),
        (lines({"at": 1, "vehicle": "B1"}, {"at": 2, "vehicle": "B1", "colour": "red"}), "colour"),
        (lines(format="hub-positions/9"), "hub-positions/9"),
    ],
)
def test_what_is_wrong_is_named(broken, named):
    with pytest.raises(NotARecording, match=named):
        recording.parse(broken)


def test_a_file_that_is_not_gzip_is_refused(tmp_path):
    path = tmp_path / "plain.jsonl"
    path.write_text("hello")

    with pytest.raises(NotARecording):
        recording.read(path)


def test_windows_that_touch_neither_lose_nor_repeat():
    rows = [{"at": at, "vehicle": "B1", "distance_m": at} for at in range(0, 86_400, 7)]
    found = recording.parse(lines(*rows))
    start = datetime(2026, 11, 24, 7, 0, 0, 500_000, tzinfo=UTC)
    edges = [start + timedelta(seconds=13.7 * n) for n in range(40)]

    cut = [p for a, b in pairwise(edges) for p in found.between(a, b)]

    assert cut == list(found.between(edges[0], edges[-1]))
