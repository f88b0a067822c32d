"""The supervisor: what dies comes back, and nothing is left behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hub.local import processes
from hub.local.errors import CannotRun
from hub.local.logs import KEPT, Log, loud
from hub.local.roles import Role, roles
from hub.local.supervisor import Child, Supervisor, sweep

Eventually = Callable[[Callable[[], object]], None]
ROOT = Path(__file__).resolve().parents[2]
VARIABLES = {"PATH": os.environ["PATH"], "HUB_HOME": "/somewhere"}


class Watching:
    """A supervisor with what it said."""

    def __init__(self, folder: Path) -> None:
        self.said: list[str] = []
        self.record = folder / "groups.json"
        self.supervisor = Supervisor(say=self.said.append, record=self.record)
        self._folder = folder

    def start(self, name: str, command: str) -> Child:
        child = Child(Role(name, command), environment=VARIABLES, logs=self._folder)
        self.supervisor.start(child)
        return child

    def tick_until(self, condition: Callable[[], object]) -> None:
        def look() -> bool:
            self.supervisor.tick()
            return bool(condition())

        assert processes.wait_until(look, 30.0)


@pytest.fixture
def watching(tmp_path: Path) -> Iterator[Watching]:
    made = Watching(tmp_path)
    yield made
    made.supervisor.end(patience=1.0)


def pid_of(child: Child) -> int:
    assert child.process is not None
    return child.process.pid


def test_a_killed_role_is_started_again_and_said(watching: Watching) -> None:
    watching.supervisor.settle()
    child = watching.start("web", "sleep 600")
    before = pid_of(child)

    os.kill(before, signal.SIGKILL)
    watching.tick_until(lambda: pid_of(child) != before)

    assert child.ended() is None
    assert watching.said == ["web ended by SIGKILL; starting it again"]


def test_what_a_killed_role_had_started_goes_with_it(watching: Watching, tmp_path: Path) -> None:
    watching.supervisor.settle()
    note = tmp_path / "helper"
    child = watching.start("web", f"sh -c 'sleep 600 & echo $! > {note}; wait'")
    watching.tick_until(lambda: note.exists() and note.read_text().strip())
    helper, before = int(note.read_text()), pid_of(child)

    os.kill(before, signal.SIGKILL)
    watching.tick_until(lambda: pid_of(child) != before)

    watching.tick_until(lambda: not processes.is_alive(helper))


def test_a_role_that_never_starts_is_one_sentence(watching: Watching) -> None:
    watching.start("worker", "sh -c 'echo ImportError: no module named city; exit 3'")

    with pytest.raises(CannotRun, match=r"role worker does not start: ImportError: no module"):
        watching.tick_until(lambda: False)


def test_every_role_is_told_to_end_and_given_time(watching: Watching, tmp_path: Path) -> None:
    script = tmp_path / "polite.sh"
    script.write_text('trap "touch $1.ended; exit" TERM; touch $1.up; while :; do sleep 0.05; done')
    for name in ("web", "worker"):
        watching.start(name, f"sh '{script}' '{tmp_path / name}'")
    watching.tick_until(lambda: all((tmp_path / f"{n}.up").exists() for n in ("web", "worker")))

    watching.supervisor.end()

    assert {path.stem for path in tmp_path.glob("*.ended")} == {"web", "worker"}
    assert not watching.record.exists()


def test_a_role_that_does_not_listen_is_killed(watching: Watching, tmp_path: Path) -> None:
    deaf = watching.start("deaf", f"sh -c 'trap \"\" TERM; touch {tmp_path}/up; sleep 600'")
    watching.tick_until((tmp_path / "up").exists)

    watching.supervisor.end(patience=0.2)

    assert not processes.is_alive(pid_of(deaf))


def test_the_roles_end_when_the_supervisor_is_killed(
    tmp_path: Path, eventually: Eventually
) -> None:
    program = (
        "import os, pathlib, sys\n"
        "from hub.local.roles import Role\n"
        "from hub.local.supervisor import Child, Supervisor\n"
        "here = pathlib.Path(sys.argv[1])\n"
        "supervisor = Supervisor(say=print, record=here / 'groups.json')\n"
        "child = Child(Role('web', 'sleep 600'), environment=os.environ, logs=here)\n"
        "supervisor.start(child)\n"
        "print(child.process.pid, flush=True)\n"
        "sys.stdin.read()\n"
    )
    supervisor = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert supervisor.stdout is not None
    child = int(supervisor.stdout.readline())
    assert processes.is_alive(child)

    supervisor.kill()
    supervisor.wait()

    eventually(lambda: not processes.is_alive(child))


def test_a_sweep_ends_what_an_earlier_run_left_and_nothing_else(watching: Watching) -> None:
    ours = watching.start("web", "sleep 600")
    record = watching.record.read_text()

    sweep(watching.record, Path("/elsewhere"))
    assert processes.is_alive(pid_of(ours)), "a process of another HUB_HOME was ended"
    watching.record.write_text(record)
    sweep(watching.record, Path(VARIABLES["HUB_HOME"]))

    assert not processes.is_alive(pid_of(ours))


def test_the_procfile_has_every_role() -> None:
    assert [role.name for role in roles()] == ["web", "worker", "gateway", "stream"]


@pytest.mark.parametrize(
    ("line", "short"),
    [
        ('{"level": "error", "event": "relay stopped"}', "relay stopped"),
        ('{"level": "info", "event": "relay began"}', None),
        ("2026-11-24 06:00:00 UTC 12 hub_app FATAL:  the database system is starting up", None),
        ("2026-11-24 06:00:00 UTC 12 hub_app FATAL:  out of memory", "out of memory"),
        ("[ERROR] Unexpected exit from worker-1", "Unexpected exit from worker-1"),
        ("ImportError: no module named city", "ImportError: no module named city"),
        ("  File 'hub/app.py', line 3", None),
    ],
)
def test_only_trouble_reaches_the_terminal(line: str, short: str | None) -> None:
    assert loud(line) == short


def test_a_large_log_is_cut_and_a_few_old_ones_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.local.logs.LARGEST", 10)
    log = Log(tmp_path / "web.log")

    for number in range(KEPT + 2):
        with log.path.open("a") as file:
            file.write(f"turn {number} of the log\n")
        log.cut()

    kept = [log.path.with_name(f"web.log.{n}").read_text().split()[1] for n in (1, 2, 3)]
    assert (log.path.read_text(), kept) == ("", ["4", "3", "2"])
    assert len(list(tmp_path.iterdir())) == KEPT + 1
