"""The vault: sealed files under HUB_HOME/files, named by a blinded hash of their content.

A file is sealed in pieces of one mebibyte, so that a large one needs little memory. Each piece is
AES-256-GCM with its number and whether it is the last as associated data: pieces cannot be
swapped, repeated or cut off (the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár,
2015). The key is the ring's for the purpose ``files``.

A process may be killed between writing a content and the commit of the row that names it. So each
content leaves its (sealed) hash under ``unsettled`` before it appears, until somebody has seen what
became of the row (``clear`` in service.py).
"""

import hashlib
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from hub.keys import KeyRing, Unreadable

_PIECE = 1 << 20
_LENGTH = 4
_DRAFT = "draft-"
_DRAFT_LIVES = 3600
_UNSETTLED = "files.unsettled"


@dataclass(frozen=True)
class Kept:
    """What was written."""

    sha256: bytes
    size: int


class Vault:
    """Writes and opens sealed files below one folder."""

    def __init__(self, folder: Path, keyring: KeyRing) -> None:
        self._folder = folder
        self._keyring = keyring

    def write(self, source: BinaryIO, claim: Callable[[bytes], object]) -> Kept:
        """Seal ``source`` to its end. The file appears under its name at once or not at all, and
        after ``claim`` was called with its SHA-256."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        digest, size = hashlib.sha256(), 0
        with tempfile.NamedTemporaryFile(dir=self._folder, prefix=_DRAFT, delete=False) as draft:
            try:
                number, piece = 0, source.read(_PIECE)
                while True:
                    following = source.read(_PIECE)
                    digest.update(piece)
                    size += len(piece)
                    sealed = self._keyring.seal("files", piece, _context(number, not following))
                    draft.write(len(sealed).to_bytes(_LENGTH) + sealed)
                    if not following:
                        break
                    number, piece = number + 1, following
                draft.flush()
                os.fsync(draft.fileno())
                claim(digest.digest())
                self._note(digest.digest())
                path = self._path(digest.digest())
                path.parent.mkdir(exist_ok=True, mode=0o700)
                Path(draft.name).replace(path)
            except BaseException:
                Path(draft.name).unlink()
                raise
        return Kept(digest.digest(), size)

    @contextmanager
    def open(self, sha256: bytes) -> Iterator[BinaryIO]:
        """The plain content, spooled to an unnamed temporary file; Unreadable when damaged."""
        with tempfile.TemporaryFile(dir=self._folder) as plain:
            digest = hashlib.sha256()
            with self._path(sha256).open("rb") as sealed:
                for piece in self._pieces(sealed):
                    digest.update(piece)
                    plain.write(piece)
            if digest.digest() != sha256:
                raise Unreadable
            plain.seek(0)
            yield plain

    def remove(self, sha256: bytes) -> None:
        """Let go of a content; nothing happens when it is gone already."""
        self._path(sha256).unlink(missing_ok=True)

    def unsettled(self) -> Iterator[bytes]:
        """The SHA-256 of each content that is to be looked after with ``clear``. Another hub's in
        the same folder, which this one cannot read, are left alone."""
        for note in (self._folder / "unsettled").glob("*"):
            with suppress(Unreadable, FileNotFoundError):
                yield self._keyring.open(_UNSETTLED, note.read_bytes(), note.name.encode())

    def settle(self, sha256: bytes) -> None:
        """It is known what became of this content."""
        self._note_of(sha256).unlink(missing_ok=True)

    def remove_drafts(self) -> None:
        """Remove what killed processes left half written an hour ago."""
        for draft in self._folder.glob(f"{_DRAFT}*"):
            with suppress(FileNotFoundError):
                if draft.stat().st_mtime < time.time() - _DRAFT_LIVES:
                    draft.unlink()

    def _note(self, sha256: bytes) -> None:
        note = self._note_of(sha256)
        note.parent.mkdir(exist_ok=True, mode=0o700)
        note.write_bytes(self._keyring.seal(_UNSETTLED, sha256, note.name.encode()))

    def _note_of(self, sha256: bytes) -> Path:
        return self._folder / "unsettled" / self._name(sha256)

    def _pieces(self, sealed: BinaryIO) -> Iterator[bytes]:
        number, length = 0, sealed.read(_LENGTH)
        while length:
            piece = sealed.read(int.from_bytes(length))
            length = sealed.read(_LENGTH)
            yield self._keyring.open("files", piece, _context(number, not length))
            number += 1

    def _path(self, sha256: bytes) -> Path:
        name = self._name(sha256)
        return self._folder / name[:2] / name[2:]

    def _name(self, sha256: bytes) -> str:
        # Blinded, so that the folder does not tell whether it holds a certain known document.
        return self._keyring.blind("files.name", sha256).hex()


def _context(number: int, last: bool) -> bytes:
    return number.to_bytes(8) + (b"\x01" if last else b"\x00")
