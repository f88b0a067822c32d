"""Checkpoints outside of the database, where its owner cannot rewrite them.

Each worker appends what was signed to files of its own, one a day: a line per checkpoint, with the
leaf hashes that it added. So a copy is a whole tree, says nothing about anybody, and names the very
row that differs. Put one on another machine, on a disk that only grows, or print its last line.
"""

import base64
import fcntl
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select

from hub.kernel.work import Reading
from hub.settings import Settings

from .access_model import Checkpoint, Leaf
from .checkpoints import shown

FOLDER = "checkpoints"
_AT_ONCE = 200


@dataclass(frozen=True)
class Line:
    """One line of a copy. ``where`` names file and line; ``damage`` says why it is none, and
    ``unfinished`` that its writer was killed: it is taken away and written again."""

    where: str
    number: int = 0
    text: str = ""
    kid: str = ""
    signature: bytes = b""
    leaves: tuple[bytes, ...] = ()
    damage: str | None = None
    unfinished: bool = False


class Copy:
    """The files of one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._last: int | None = None
        self._seen: tuple[Path, int] | None = None

    def catch_up(self, reading: Reading) -> int:
        """Append what is not there yet; how many checkpoints. Whoever else is at it now does it.

        Raises OSError when the folder cannot be written: then nothing is lost, the next call takes
        it up.
        """
        if self._last is None:
            self._last = self._last_number()
        waiting = _after(reading, self._last)
        if not waiting:
            return 0
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / ".lock").open("w") as alone:
            try:
                fcntl.flock(alone, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return 0
            if self._seen is None or self._seen != self._end():
                self._mend()  # first time, or another process has written meanwhile
                self._last = self._last_number()
            rows = _after(reading, self._last)
            for row in rows:
                self._append(row, _leaves(reading, row))
                self._last = row.number
            self._seen = self._end()
        return len(rows)

    def lines(self) -> Iterator[Line]:
        """Every line, oldest first; a line that cannot be read carries its ``damage``."""
        for path in self._files():
            with path.open("rb") as file:
                for number, raw in enumerate(file, 1):
                    yield _line(f"{path}:{number}", raw)

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob("????-??-??.jsonl"))

    def _end(self) -> tuple[Path, int] | None:
        newest = self._files()[-1:]
        return (newest[0], newest[0].stat().st_size) if newest else None

    def _last_number(self) -> int:
        for path in reversed(self._files()):
            for raw in reversed(path.read_bytes().splitlines(keepends=True)):
                line = _line(str(path), raw)
                if line.damage is None:
                    return line.number
        return 0

    def _mend(self) -> None:
        """Take away half a line at the end: its writer was killed, and it is written again."""
        for path in self._files()[-1:]:
            content = path.read_bytes()
            if content and not content.endswith(b"\n"):
                with path.open("r+b") as file:
                    file.truncate(content.rfind(b"\n") + 1)

    def _append(self, row: Any, leaves: Iterable[bytes]) -> None:
        line = {
            "number": row.number,
            **shown(row),
            "leaves": [base64.b64encode(leaf).decode() for leaf in leaves],
        }
        path = self.folder / f"{row.signed_at:%Y-%m-%d}.jsonl"
        with path.open("ab") as file:
            file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())


def catch_up(copies: Sequence[Copy], reading: Reading) -> int:
    """Append to every copy what it does not have yet; how many lines. One that cannot be written
    keeps no other waiting; then its OSError is raised."""
    written, troubles = 0, list[OSError]()
    for copy in copies:
        try:
            written += copy.catch_up(reading)
        except OSError as trouble:
            troubles.append(trouble)
    if troubles:
        for other in troubles[1:]:
            troubles[0].add_note(str(other))
        raise troubles[0]
    return written


def folders(settings: Settings) -> list[Path]:
    """Where copies are kept: always under HUB_HOME, and where the settings say."""
    found = [settings.home / FOLDER]
    return [*found, Path(settings.checkpoint_copies)] if settings.checkpoint_copies else found


def _line(where: str, raw: bytes) -> Line:
    try:
        found = json.loads(raw)
        leaves = tuple(base64.b64decode(leaf, validate=True) for leaf in found["leaves"])
        signature = base64.b64decode(found["signature"], validate=True)
        return Line(where, int(found["number"]), str(found["text"]), str(found["kid"]), signature,
                    leaves)  # fmt: skip
    except (ValueError, KeyError, TypeError):
        damage = "this line cannot be read"
        return Line(where, damage=damage, unfinished=not raw.endswith(b"\n"))


def _after(reading: Reading, number: int) -> Any:
    return reading.connection.execute(
        select(*Checkpoint.__table__.columns)
        .where(Checkpoint.number > number)
        .order_by(Checkpoint.number)
        .limit(_AT_ONCE)
    ).all()


def _leaves(reading: Reading, row: Any) -> Iterable[bytes]:
    before = reading.connection.scalar(
        select(Checkpoint.size)
        .where(Checkpoint.number < row.number)
        .order_by(Checkpoint.number.desc())
        .limit(1)
    )
    return reading.connection.scalars(
        select(Leaf.hash)
        .where(Leaf.position >= (before or 0), Leaf.position < row.size)
        .order_by(Leaf.position)
    ).all()
