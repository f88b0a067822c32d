"""One at a time: whoever works in a HUB_HOME holds it."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import AlreadyRunning, CannotRun

FOLDERS = (("", 0o711), ("log", 0o700), ("run", 0o700))


@contextmanager
def held(home: Path) -> Iterator[None]:
    """Make the folder, and hold it until the end of the block or the death of this process."""
    try:
        for name, mode in FOLDERS:
            (home / name).mkdir(mode=mode, parents=True, exist_ok=True)
        lock = (home / "run" / "lock").open("a")
    except OSError as trouble:
        raise CannotRun(f"{home} cannot be used: {trouble.strerror}.") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(
                f"A hub already runs in {home}: end it, or choose another HUB_HOME."
            ) from None
        yield
