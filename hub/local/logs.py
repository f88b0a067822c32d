"""Log files of the roles: followed for what a person should see, cut when they grow.

The roles write to their files themselves, so a slow terminal never slows the hub.
"""

import json
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

LARGEST = 10 << 20
KEPT = 3
SAME_AGAIN_SECONDS = 30.0
LOUD = {"error", "critical", "fatal"}
# What PostgreSQL says to clients that come too early or stay too long is not news.
EXPECTED = re.compile(r"starting up|shutting down|recovery mode|administrator command")


class Log:
    """One role's log file, read from where it ended when we began."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.touch(mode=0o600)
        self._position = path.stat().st_size
        self._rest = b""
        self._said: dict[str, float] = {}

    def important(self) -> Iterator[str]:
        """The new lines worth a person's attention, each at most once in half a minute."""
        for line in self._new_lines():
            message = loud(line)
            if message is None:
                continue
            now = time.monotonic()
            if now - self._said.get(message, -SAME_AGAIN_SECONDS) >= SAME_AGAIN_SECONDS:
                self._said[message] = now
                yield message

    def cut(self) -> None:
        """Move a large file's content to `.1`, `.2`, `.3`. Its writers append and need not know."""
        if self.path.stat().st_size < LARGEST:
            return
        for number in range(KEPT, 1, -1):
            older = self.path.with_name(f"{self.path.name}.{number - 1}")
            if older.exists():
                older.replace(self.path.with_name(f"{self.path.name}.{number}"))
        shutil.copy2(self.path, self.path.with_name(f"{self.path.name}.1"))
        with self.path.open("r+b") as file:
            file.truncate(0)
        self._position, self._rest, self._said = 0, b"", {}

    def last_words(self) -> str:
        """The last line that looks like a reason, for the sentence about a role that gave up."""
        tail = self.path.read_bytes()[-4000:].decode(errors="replace").splitlines()
        loud_ones = [message for line in tail if (message := loud(line))]
        return (loud_ones or [line for line in tail if line.strip()] or ["it said nothing"])[-1]

    def _new_lines(self) -> list[str]:
        with self.path.open("rb") as file:
            file.seek(self._position)
            fresh = file.read(LARGEST)
        self._position += len(fresh)
        *lines, self._rest = (self._rest + fresh).split(b"\n")
        return [line.decode(errors="replace") for line in lines]


def loud(line: str) -> str | None:
    """The short form of a line that reports trouble; None for all others."""
    if line.startswith("{"):
        return _loud_event(line)
    found = re.search(r"\b(FATAL|PANIC):\s+(.*)|\[(?:ERROR|CRITICAL)\]\s*(.*)", line)
    if found:
        message = found[2] or found[3]
        return None if EXPECTED.search(message) else message
    # The last line of a traceback, which names the error.
    return line if re.match(r"[A-Za-z_.]*(Error|Exception|Interrupt)\b: ", line) else None


def _loud_event(line: str) -> str | None:
    try:
        event = json.loads(line)
    except ValueError:
        return None
    if not isinstance(event, dict) or str(event.get("level", "")).lower() not in LOUD:
        return None
    return str(event.get("event", "an error"))
