"""Vehicles and boards pushed to maps: a real granian process, a real client."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest

from hub.transit.boards import BoardReader, BoardWriter, Delta, Row
from hub.web import stream, topics
from hub.web.deflated import Event
from hub.web.following import topic_of
from hub.web.stream import QUEUE, Broadcast, Listener

ROOT = Path(__file__).resolve().parents[2]


def a_row(vehicle, longitude=126.6, route="town:7"):
    said = json.dumps({"id": f"town:{vehicle}", "longitude": longitude}).encode()
    return Row("town", route, f"town:{vehicle}", longitude, 45.77, said)


class Tracker:
    """Writes boards as the gateway does, a tick ten times a second."""

    def __init__(self, home, clock):
        self.writer = BoardWriter(home / "run" / "boards", clock())
        self.clock = clock
        self._rows = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat)

    def __enter__(self):
        self.move(a_row("B1"))
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()

    def move(self, *rows, gone=(), **bodies):
        with self._lock:
            self._rows |= {row.vehicle: row for row in rows}
            for vehicle in gone:
                self._rows.pop(vehicle, None)
            everybody = topics.msgspec.msgpack.encode(Delta("", [*self._rows.values()], []))
            boards = {"fleet:town": everybody, "vehicles:town:7": b"{}"}
            boards |= {name.replace("__", ":"): body for name, body in bodies.items()}
            return self.writer.write(
                self.clock(), boards, Delta("2026-11-24T06:00:00Z", [*rows], [*gone])
            )

    def _beat(self):
        while not self._stop.wait(0.1):
            with self._lock:
                self.writer.write(self.clock(), {})


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    home = tmp_path_factory.mktemp("stream")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--host", "127.0.0.1"]
    command += ["--port", str(port), "--workers", "1", "--no-ws", "hub.web.stream:app"]
    environ = {"PATH": os.environ["PATH"], "HUB_HOME": str(home), "PORT": "8000"}
    process = subprocess.Popen(command, cwd=ROOT, env=environ, stderr=subprocess.DEVNULL)
    try:
        address = f"http://127.0.0.1:{port}"
        retrying = httpx.Client(transport=Patient(), base_url=address, timeout=20)
        assert retrying.get("/healthz").json() == {"alive": True}
        yield home, retrying
    finally:
        process.terminate()
        process.wait(20)


class Patient(httpx.HTTPTransport):
    """Asks again while the server is still starting."""

    def handle_request(self, request):
        waiting = threading.Event()
        for _ in range(200):
            try:
                return super().handle_request(request)
            except httpx.ConnectError:
                waiting.wait(0.1)
        return super().handle_request(request)


@pytest.fixture
def tracker(server, parts):
    home, _ = server
    with Tracker(home, lambda: parts.database.clock().timestamp()) as at_work:
        yield at_work


class Open:
    """One open stream."""

    def __init__(self, client, query, headers=None):
        self._context = client.stream("GET", f"/v1/transit/stream?{query}", headers=headers)

    def __enter__(self):
        self.answer = self._context.__enter__()
        self._lines = self.answer.iter_lines()
        return self

    def __exit__(self, *error):
        return self._context.__exit__(*error)

    def event(self):
        """The next event: its kind, its id and its data."""
        found = {}
        for line in self._lines:
            name, _, value = line.partition(": ")
            if not line and "event" in found:
                return found["event"], int(found["id"]), json.loads(found["data"])
            if line:
                found[name] = value
        raise AssertionError("the stream ended")


def names(data):
    return [vehicle["id"] for vehicle in data["vehicles"]]


def test_a_stream_begins_with_a_snapshot_and_goes_on_with_what_moves(server, tracker):
    with Open(server[1], "feed=town") as stream:
        assert stream.answer.headers["content-type"] == "text/event-stream"
        assert stream.answer.headers["x-accel-buffering"] == "no"
        kind, _, data = stream.event()
        assert (kind, names(data)) == ("snapshot", ["town:B1"])

        generation = tracker.move(a_row("B2"))

        kind, number, data = stream.event()
        assert (kind, number, names(data), data["gone"]) == (
            "vehicles",
            generation,
            ["town:B2"],
            [],
        )
        tracker.move(gone=["town:B1"])
        assert stream.event()[2]["gone"] == ["town:B1"]


def test_who_comes_back_gets_what_was_missed(server, tracker):
    with Open(server[1], "feed=town") as stream:
        _, last, _ = stream.event()
    tracker.move(a_row("B2"))
    tracker.move(a_row("B3"))

    with Open(server[1], "feed=town", {"Last-Event-ID": str(last)}) as stream:
        assert names(stream.event()[2]) == ["town:B2"]
        assert names(stream.event()[2]) == ["town:B3"]


def test_who_was_away_too_long_gets_a_snapshot(server, tracker):
    with Open(server[1], "feed=town", {"Last-Event-ID": "5"}) as stream:
        assert stream.event()[0] == "snapshot"


@pytest.mark.parametrize("since", ["9" * 20, "9" * 19, "9" * 5000, "-1", "x"])
def test_an_event_id_that_is_none_of_ours_counts_as_none(server, tracker, since):
    with Open(server[1], "feed=town", headers={"Last-Event-ID": since}) as opened:
        assert opened.event()[0] == "snapshot"


def test_who_leaves_the_box_is_gone(server, tracker):
    with Open(server[1], "feed=town&bbox=126.5,45,126.7,46") as stream:
        stream.event()
        tracker.move(a_row("B1", longitude=127.5))
        _, _, data = stream.event()
        assert (names(data), data["gone"]) == ([], ["town:B1"])


def test_a_line_and_a_stop_can_be_followed(server, tracker):
    tracker.move(arrivals__town__S1=b'{"arrivals":[1]}')
    with Open(server[1], "route=town:7") as line, Open(server[1], "stop=town:S1") as stop:
        assert names(line.event()[2]) == ["town:B1"]
        assert stop.event()[2] == {"arrivals": [1]}
        tracker.move(a_row("B9", route="town:8"), arrivals__town__S1=b'{"arrivals":[2]}')
        tracker.move(a_row("B2"))
        assert names(line.event()[2]) == ["town:B2"]
        assert stop.event()[2] == {"arrivals": [2]}


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 422),
        ("feed=town&route=town:7", 422),
        ("feed=town&bbox=1,2,3", 422),
        ("route=town:7&bbox=1,2,3,4", 422),
        ("feed=nowhere", 404),
        ("stop=town:nowhere", 404),
    ],
)
def test_what_cannot_be_followed_is_refused(server, tracker, query, status):
    answer = server[1].get(f"/v1/transit/stream?{query}")

    assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert answer.headers["content-type"] == "application/problem+json"


def test_only_the_hubs_own_pages_may_read_it_in_a_browser(server, tracker):
    def allowed(origin):
        answer = server[1].get("/healthz", headers={"Origin": origin})
        return answer.headers.get("access-control-allow-origin")

    assert allowed("http://localhost:8000") == "http://localhost:8000"
    assert allowed("http://127.0.0.1:9999") == "http://127.0.0.1:9999"
    assert allowed("https://elsewhere.example") is None
    assert allowed("http://[") is None


@pytest.mark.parametrize(("taken", "encoding"), [("gzip", "gzip"), ("identity", None)])
def test_who_takes_gzip_gets_the_same_events_packed(server, tracker, taken, encoding):
    tracker.move(*(a_row(f"P{number}") for number in range(200)))
    with Open(server[1], "feed=town", {"Accept-Encoding": taken}) as stream:
        assert stream.answer.headers.get("content-encoding") == encoding
        assert "accept-encoding" in stream.answer.headers["vary"].lower()
        _, _, whole = stream.event()
        received = stream.answer.num_bytes_downloaded

        generation = tracker.move(a_row("P200"))

        _, number, changed = stream.event()
    assert len(whole["vehicles"]) == 201
    assert (number, names(changed)) == (generation, ["town:P200"])
    assert (received < 3_000) == (encoding == "gzip")


def test_a_listener_that_cannot_keep_up_is_let_go():
    listener = Listener()
    for _ in range(QUEUE):
        listener.tell(Event(b"x"))
    assert not listener.late

    listener.tell(Event(b"x"))

    assert listener.late


def test_topics_of_equal_questions_are_shared():
    assert topic_of({"feed": "town"})[0] == topic_of({"feed": "town"})[0]
    assert topic_of({"feed": "town"})[0] != topic_of({"feed": "town", "bbox": "1,2,3,4"})[0]


def test_a_reader_without_boards_has_nothing_to_follow(tmp_path):
    reader = BoardReader(tmp_path / "none")

    assert not topics.Vehicles("town").exists(reader, 0.0)


class Broken(topics.Vehicles):
    """A topic that fails when it is to be told."""

    def whole(self, reader, generation, now):
        raise ValueError


def test_who_cannot_be_told_the_first_event_takes_no_place(tmp_path):
    now = 1_795_000_000.0
    BoardWriter(tmp_path / "boards", now).write(now, {"fleet:town": b""})
    broadcast = Broadcast(BoardReader(tmp_path / "boards"), lambda: now)

    async def join():
        broadcast.join("feed town", lambda: Broken("town"), None)

    with pytest.raises(ValueError):  # noqa: PT011 (the topic's own)
        asyncio.run(join())

    assert broadcast.count == 0
    assert not broadcast._topics
    assert not broadcast._listeners


def test_a_look_that_fails_is_not_the_last(tmp_path, monkeypatch):
    monkeypatch.setattr(stream, "LOOK_S", 0)
    broadcast = Broadcast(BoardReader(tmp_path / "none"))

    async def looks_again():
        looks, again = [], asyncio.Event()

        def look():
            looks.append(1)
            if len(looks) == 1:
                raise OSError
            again.set()

        monkeypatch.setattr(broadcast, "look", look)
        looking = asyncio.create_task(broadcast._look())
        await asyncio.wait_for(again.wait(), 5)
        looking.cancel()

    asyncio.run(looks_again())
