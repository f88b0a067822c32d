"""Boards in shared memory: written by one process, read by many."""

import multiprocessing
import os
import signal
import threading

import pytest

from hub.transit.boards import FRESH_S, BoardReader, BoardWriter, Delta, Row

NOW = 1_795_000_000.0


@pytest.fixture
def home(tmp_path):
    return tmp_path / "boards"


def a_delta(*vehicles: str) -> Delta:
    rows = [Row("harbin", "harbin:55", v, 126.6, 45.7, b"{}") for v in vehicles]
    return Delta("2026-11-24T00:00:00Z", rows, [])


def test_what_the_tracker_writes_the_web_reads(home):
    BoardWriter(home, NOW).write(NOW, {"arrivals:harbin:1001": b'{"arrivals":[]}'})

    board = BoardReader(home).board("arrivals:harbin:1001", NOW)

    assert board is not None
    assert board.body == b'{"arrivals":[]}'


def test_an_unchanged_body_keeps_its_etag(home):
    writer, reader = BoardWriter(home, NOW), BoardReader(home)
    writer.write(NOW, {"a": b"1", "b": b"1"})
    before = reader.board("a", NOW)

    writer.write(NOW + 1, {"b": b"2"})

    assert reader.board("a", NOW + 1) == before
    assert reader.board("b", NOW + 1).etag != before.etag


def test_a_silent_tracker_leaves_no_stale_board(home):
    writer, reader = BoardWriter(home, NOW), BoardReader(home)
    writer.write(NOW, {"a": b"1"})

    assert reader.board("a", NOW + FRESH_S - 1) is not None
    assert reader.board("a", NOW + FRESH_S + 1) is None


def test_without_a_tracker_there_is_nothing(home):
    reader = BoardReader(home)

    assert reader.board("a", NOW) is None
    assert not reader.fresh(NOW)
    assert reader.deltas(0) is None


def test_generations_rise_across_tracker_starts(home):
    first = BoardWriter(home, NOW)
    for _ in range(50):
        last = first.write(NOW, {})

    assert BoardWriter(home, NOW).write(NOW, {}) > last


def test_deltas_continue_where_a_stream_left_or_say_that_they_cannot(home):
    writer, reader = BoardWriter(home, NOW), BoardReader(home)
    generations = [writer.write(NOW + n, {}, a_delta(f"harbin:B{n}")) for n in range(70)]

    missed = reader.deltas(generations[-3])

    assert [row.vehicle for _, delta in missed for row in delta.rows] == [
        "harbin:B68",
        "harbin:B69",
    ]
    assert reader.deltas(generations[-1]) == []
    assert reader.deltas(generations[0]) is None


def test_a_very_long_id_has_a_board_of_its_own(home):
    writer, reader = BoardWriter(home, NOW), BoardReader(home)
    one, other = "arrivals:x:" + "长" * 300 + "a", "arrivals:x:" + "长" * 300 + "b"

    writer.write(NOW, {one: b"1", other: b"2"})

    assert (reader.board(one, NOW).body, reader.board(other, NOW).body) == (b"1", b"2")


@pytest.mark.parametrize("before", ["", "x", "xx"])
def test_a_very_long_id_can_be_named_and_forgotten(home, before):
    writer, reader = BoardWriter(home, NOW), BoardReader(home)
    long = f"arrivals:{before}:" + "长" * 300
    writer.write(NOW, {long: b"1"})

    writer.forget(writer.names(""))

    assert writer.names("") == []
    assert reader.board(long, NOW) is None


def test_damaged_files_are_made_anew(home):
    home.mkdir()
    (home / "data.mdb").write_bytes(b"not a database" * 1000)
    (home / "boot").write_text("")

    BoardWriter(home, NOW).write(NOW, {"a": b"1"})

    assert BoardReader(home).board("a", NOW).body == b"1"


def write_for_ever(home, started):
    writer = BoardWriter(home, NOW)
    generation = 0
    while True:
        generation += 1
        text = str(generation).encode() * 1000
        writer.write(NOW, {"left": text, "right": text})
        started.set()


def read_for_ever(home, started):
    reader = BoardReader(home)
    while True:
        reader.board("left", NOW)
        started.set()


def test_killing_a_writer_in_the_middle_leaves_whole_ticks(home):
    context = multiprocessing.get_context("spawn")
    for _ in range(3):
        started = context.Event()
        process = context.Process(target=write_for_ever, args=(home, started))
        process.start()
        assert started.wait(30)
        os.kill(process.pid, signal.SIGKILL)
        process.join()

        reader = BoardReader(home)
        left, right = reader.board("left", NOW), reader.board("right", NOW)
        assert left.body == right.body


def test_killed_readers_give_their_slots_back(home):
    writer = BoardWriter(home, NOW)
    writer.write(NOW, {"left": b"1"})
    context = multiprocessing.get_context("spawn")
    started = context.Event()
    process = context.Process(target=read_for_ever, args=(home, started))
    process.start()
    assert started.wait(30)
    os.kill(process.pid, signal.SIGKILL)
    process.join()

    assert writer.sweep_readers() == 1


def test_threads_share_one_environment(home):
    writer, reader = BoardWriter(home, NOW), BoardReader(home)
    writer.write(NOW, {"a": b"0", "b": b"0"})
    torn = []

    def read() -> None:
        for _ in range(2000):
            board = reader.board("a", NOW)
            if board is None or not board.body.isdigit():
                torn.append(board)

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for n in range(200):
        writer.write(NOW, {"a": b"%d" % n})
    for thread in threads:
        thread.join()

    assert torn == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_child_opens_its_own(home):
    writer, reader = BoardWriter(home, NOW), BoardReader(home)
    writer.write(NOW, {"a": b"1"})
    assert reader.board("a", NOW) is not None

    child = os.fork()
    if child == 0:
        board = BoardReader(home).board("a", NOW)
        os._exit(0 if board is not None and board.body == b"1" else 1)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
