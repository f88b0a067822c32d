"""Keeps the roles running: starts, watches, starts again with growing pauses, ends all.

Each child has a session of its own, so the terminal's Ctrl-C reaches only us and everything ends
in order. If we are killed ourselves the kernel ends the children (see leash.py); what could still
be left after a hard death, `sweep` finds by the groups we wrote down.
"""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Protocol

from . import processes
from .errors import CannotRun
from .logs import Log
from .roles import PROCFILE, Role

PAUSES = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0)
STEADY_SECONDS = 20.0
PATIENCE_SECONDS = 10.0
FALSE_STARTS = 3


class Watched(Protocol):
    """Something that runs and can be started again."""

    name: str
    log: Log

    def start(self) -> None:
        """Start it (again)."""

    def ended(self) -> str | None:
        """How it ended; None while it runs."""

    def ask_to_end(self) -> None:
        """Tell it to end soon."""

    def end(self, seconds: float) -> None:
        """Wait so long, then end it and everything it started."""


class Child:
    """One role of the Procfile as a process group."""

    def __init__(self, role: Role, *, environment: Mapping[str, str], logs: Path) -> None:
        self.name = role.name
        self.log = Log(logs / f"{role.name}.log")
        self.process: subprocess.Popen[bytes] | None = None
        self._role = role
        self._environment = environment

    def start(self, shown: IO[bytes] | None = None) -> None:
        """Start the command under `sh`, which becomes the command. It writes to its log, except
        that standard output goes to `shown` when that is given."""
        with self.log.path.open("ab") as log:
            self.process = processes.spawn(
                ["/bin/sh", "-c", f"exec {self._role.command}"],
                output=shown or log,
                errors=log,
                environment=self._environment,
                when_orphaned=signal.SIGTERM,
                directory=PROCFILE.parent,
            )

    def ended(self) -> str | None:
        """How the process ended. What it had started itself is ended with it."""
        if self.process is None or self.process.poll() is None:
            return None
        self._kill_group()
        code = self.process.returncode
        return f"ended by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"

    def wait(self) -> int:
        """Wait for the end of a command that was started and ends by itself; its exit code."""
        assert self.process is not None
        return self.process.wait()

    def ask_to_end(self) -> None:
        """SIGTERM to the program, which ends its own workers."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)

    def end(self, seconds: float) -> None:
        """Wait for the program, then kill the group."""
        if self.process is None:
            return
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(max(seconds, 0.0))
        self._kill_group()
        self.process.wait()

    def _kill_group(self) -> None:
        if self.process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)


class Supervisor:
    """Starts things and watches them; call `tick` a few times a second."""

    def __init__(self, *, say: Callable[[str], None], record: Path) -> None:
        self._watched: list[Watched] = []
        self._say = say
        self._record = record
        self._started: dict[str, float] = {}
        self._failures: dict[str, int] = {}
        self._due: dict[str, float] = {}
        self._settled = False

    def start(self, one: Watched) -> None:
        """Start something and watch it from now on."""
        self.adopt(one)
        self._start(one)

    def adopt(self, one: Watched) -> None:
        """Watch something that runs already. What is adopted first ends last."""
        self._watched.append(one)
        self._started[one.name] = time.monotonic()

    def settle(self) -> None:
        """From now on nothing is given up: whatever ends is started again, for ever."""
        self._settled = True

    def tick(self) -> None:
        """Look at everything once; start again what ended and whose pause is over."""
        for one in self._watched:
            for line in one.log.important():
                self._say(f"{one.name}: {line}")
            one.log.cut()
            how = one.ended()
            if how is None or one.name not in self._started:
                continue
            self._restart(one, how)

    def end(self, patience: float = PATIENCE_SECONDS) -> None:
        """End everything, the last started first; all share so many seconds of patience."""
        deadline = time.monotonic() + patience
        for one in reversed(self._watched):
            one.ask_to_end()
        for one in reversed(self._watched):
            one.end(deadline - time.monotonic())
        self._record.unlink(missing_ok=True)

    def _start(self, one: Watched) -> None:
        one.start()
        self._started[one.name] = time.monotonic()
        self._write_record()

    def _restart(self, one: Watched, how: str) -> None:
        now = time.monotonic()
        if one.name not in self._due:
            steady = now - self._started[one.name] >= STEADY_SECONDS
            failures = 0 if steady else self._failures.get(one.name, 0)
            self._failures[one.name] = failures + 1
            if not self._settled and failures + 1 >= FALSE_STARTS:
                raise CannotRun(
                    f"The role {one.name} does not start: {one.log.last_words()} "
                    f"(see {one.log.path})."
                )
            self._due[one.name] = now + PAUSES[min(failures, len(PAUSES) - 1)]
            self._say(f"{one.name} {how}; starting it again")
        if now >= self._due[one.name]:
            try:
                self._start(one)
            except CannotRun as trouble:
                self._say(f"{one.name}: {trouble}")
                self._started[one.name] = time.monotonic()
            finally:
                del self._due[one.name]

    def _write_record(self) -> None:
        groups = {
            one.name: one.process.pid
            for one in self._watched
            if isinstance(one, Child) and one.process is not None
        }
        draft = self._record.with_suffix(".new")
        draft.write_text(json.dumps(groups))
        draft.replace(self._record)


def sweep(record: Path, home: Path) -> None:
    """End what an earlier supervisor of this HUB_HOME, killed in mid-work, left running."""
    try:
        groups = set(json.loads(record.read_text()).values())
    except (FileNotFoundError, ValueError):
        return
    for pid in list(processes.every_process()):
        try:
            left = os.getpgid(pid) in groups
        except ProcessLookupError:
            continue
        # Numbers are used again: only what was started for this very folder is ours.
        if left and processes.environment_of(pid).get("HUB_HOME") == str(home):
            processes.end(pid, (signal.SIGTERM, 3.0), (signal.SIGKILL, 3.0))
    record.unlink(missing_ok=True)
