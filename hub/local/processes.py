"""Look at processes by their id: alive or only a zombie, where they work, who started them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

PROC = Path("/proc")
LEASH = Path(__file__).with_name("leash.py")
POLL_SECONDS = 0.02


def spawn(
    command: Sequence[str],
    *,
    output: IO[bytes],
    errors: IO[bytes] | None = None,
    environment: Mapping[str, str],
    when_orphaned: signal.Signals,
    directory: Path | None = None,
    account: tuple[int, int] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own; it gets `when_orphaned` once our thread is gone.

    The leash hangs on the calling thread, so call this from one that lives as long as the
    program should. `account` is (uid, gid) and needs root.
    """
    uid, gid = account or (-1, -1)
    python = [sys.executable, "-I", "-S", str(LEASH)]
    leash = [str(int(when_orphaned)), str(os.getpid()), str(uid), str(gid)]
    return subprocess.Popen(
        [*python, *leash, *command],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=errors or subprocess.STDOUT,
        env=dict(environment),
        cwd=directory,
        start_new_session=True,
    )


def is_alive(pid: int) -> bool:
    """Whether the process runs. A zombie, dead but not yet collected by its parent, does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return _state(pid) not in ("Z", "X")


def working_directory(pid: int) -> Path | None:
    """Where the process works; None when it is gone or the system does not tell."""
    try:
        return (PROC / str(pid) / "cwd").readlink()
    except OSError:
        return None


def command_line(pid: int) -> list[str]:
    """The words the process was started with; empty when it is gone."""
    try:
        words = (PROC / str(pid) / "cmdline").read_bytes().split(b"\0")
        return [os.fsdecode(word) for word in words if word]
    except OSError:
        pass
    if PROC.is_dir():
        return []
    listing = subprocess.run(
        ["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return listing.stdout.split()


def environment_of(pid: int) -> dict[str, str]:
    """The environment the process was started with; empty when the system does not tell."""
    try:
        pairs = (PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:
        return {}
    return dict(os.fsdecode(pair).split("=", 1) for pair in pairs if b"=" in pair)


def every_process() -> Iterator[int]:
    """The ids of all processes the system shows (none where there is no /proc)."""
    if PROC.is_dir():
        yield from (int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit())


def end(pid: int, *steps: tuple[signal.Signals, float], group: bool = False) -> bool:
    """Send each signal in turn and wait so many seconds for the process to go; True when gone."""
    for number, seconds in steps:
        try:
            os.killpg(pid, number) if group else os.kill(pid, number)
        except (ProcessLookupError, PermissionError):
            return not is_alive(pid)
        if wait_until(lambda: not is_alive(pid), seconds):
            return True
    return not is_alive(pid)


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Look until the condition holds or the time is over; says whether it holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def _state(pid: int) -> str:
    try:
        text = (PROC / str(pid) / "stat").read_text(errors="replace")
    except OSError:
        return "" if not PROC.is_dir() else "X"
    return text.rpartition(")")[2].split()[0]
