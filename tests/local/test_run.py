"""`python -m hub run`: the real thing, on real processes."""

import os
import re
import signal
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from hub.local import occupancy, processes
from tests.local.hub_process import Running, start

Eventually = Callable[[Callable[[], object]], None]
ROOT = Path(__file__).resolve().parents[2]


def refusal(environ: dict[str, str]) -> str:
    """What a hub says that does not start."""
    hub = start(environ)
    said, _ = hub.communicate(timeout=60)
    assert hub.returncode == 1, said
    assert "Traceback" not in said
    return said


def test_everything_that_is_killed_comes_back_and_everything_ends(
    running: Running, eventually: Eventually
) -> None:
    assert running.is_ready()
    for name, before in running.pids().items():
        os.kill(before, signal.SIGKILL)

        def is_back(name: str = name, before: int = before) -> bool:
            try:
                return running.pids()[name] != before and running.is_ready()
            except (FileNotFoundError, IndexError):
                return False

        eventually(is_back)
    pids = running.pids()

    running.end(signal.SIGINT)

    assert running.process.returncode == 0
    assert [name for name, pid in pids.items() if processes.is_alive(pid)] == []


def test_a_killed_hub_leaves_nothing_and_the_next_one_starts(
    running: Running, environ: dict[str, str], eventually: Eventually
) -> None:
    pids = running.pids()

    running.end(signal.SIGKILL)
    again = Running(environ)

    assert again.is_ready()
    eventually(lambda: not [pid for pid in pids.values() if processes.is_alive(pid)])
    again.end(signal.SIGTERM)
    assert again.process.returncode == 0


def test_a_taken_port_is_one_sentence(environ: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", int(environ["PORT"]))):
        said = refusal(environ)

    assert re.search(rf"Port {environ['PORT']} is taken by another program", said)


def test_a_second_run_in_the_same_home_is_one_sentence(environ: dict[str, str]) -> None:
    with occupancy.held(Path(environ["HUB_HOME"])):
        said = refusal(environ)

    assert "A hub already runs in" in said


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("PORT", "eighty", "PORT=eighty is not a port"),
        ("HUB_HOME", f"{__file__}/below", "cannot be used: Not a directory"),
        ("HUB_POSTGRES_BIN", "/nowhere", "There is no PostgreSQL 15 or later in /nowhere"),
        ("HUB_HOEM", "/x", "Unknown setting: HUB_HOEM"),
        ("DATABASE_URL", "postgresql://hub_app@localhost:1/hub", "Connection refused"),
    ],
)
def test_a_wrong_setting_is_one_sentence(
    environ: dict[str, str], name: str, value: str, sentence: str
) -> None:
    assert sentence in refusal(environ | {name: value})


def test_a_broken_database_directory_is_one_sentence(environ: dict[str, str]) -> None:
    data = Path(environ["HUB_HOME"]) / "postgres" / "data"
    data.mkdir(parents=True)
    data.parent.joinpath("conf").mkdir()
    data.parent.joinpath("conf", "socket").write_text(str(data.parent / "socket"))
    (data / "PG_VERSION").write_text("")

    assert "is broken: move it away to start empty" in refusal(environ)


def test_a_full_disk_is_one_sentence(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from rich.console import Console

    from hub.local import run

    monkeypatch.setattr(run, "FREE_MIB", 10**9)
    before = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}

    code = run.run(environ, Console(width=400))

    for number, handler in before.items():
        signal.signal(number, handler)
    assert code == 1
    assert "The disk is full" in capsys.readouterr().out
