"""The file of a backup: a tar of parts, and last a manifest with the sum of each.

database.dump    pg_dump's custom format
root.key         what seals all other keys (those are in the database)
files/...        the sealed files, as they lie under HUB_HOME/files
manifest.json    versions, time, size and SHA-256 of every part
"""

import hashlib
import io
import json
import re
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import BinaryIO, cast

from . import sealing
from .errors import CannotRun

FORMAT = 1
MANIFEST = "manifest.json"
DATABASE = "database.dump"
ROOT_KEY = "root.key"
FILES = "files"
PART = re.compile(r"database\.dump|root\.key|files(/[A-Za-z0-9_=-][A-Za-z0-9_.=-]*)+")


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What is in a backup."""

    hub: str
    revision: str
    postgresql: str
    made_at: str
    root_key_print: str
    parts: dict[str, dict[str, str | int]] = field(default_factory=dict)
    format: int = FORMAT


class Archive:
    """A backup being written."""

    def __init__(self, tar: tarfile.TarFile, manifest: Manifest) -> None:
        self.manifest = manifest
        self._tar = tar

    def add(self, name: str, source: Path) -> None:
        """Add a part and note its sum."""
        digest = hashlib.sha256()
        with source.open("rb") as file:
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = source.stat().st_size, 0o600
            self._tar.addfile(entry, cast("BinaryIO", _Summed(file, digest.update)))
        self.manifest.parts[name] = {"sha256": digest.hexdigest(), "size": entry.size}

    def finish(self) -> None:
        """Add the manifest."""
        text = json.dumps(asdict(self.manifest), indent=2).encode()
        entry = tarfile.TarInfo(MANIFEST)
        entry.size, entry.mode = len(text), 0o600
        self._tar.addfile(entry, io.BytesIO(text))


class _Summed:
    """A file that tells every piece it gives to `look`."""

    def __init__(self, file: BinaryIO, look: Callable[[bytes], None]) -> None:
        self._file = file
        self._look = look

    def read(self, size: int = -1) -> bytes:
        content = self._file.read(size)
        self._look(content)
        return content


@contextmanager
def written(target: BinaryIO, manifest: Manifest, passphrase: str | None) -> Iterator[Archive]:
    """Write an archive, sealed when there is a passphrase."""
    sealer = sealing.Sealer(target, passphrase) if passphrase else None
    stream = cast("BinaryIO", sealer or target)
    with tarfile.open(fileobj=stream, mode="w|") as tar:
        archive = Archive(tar, manifest)
        yield archive
        archive.finish()
    if sealer is not None:
        sealer.close()


def is_sealed(path: Path) -> bool:
    """Whether the backup needs a passphrase."""
    with path.open("rb") as file:
        return file.read(len(sealing.MARK)) == sealing.MARK


def unpack(path: Path, folder: Path, passphrase: str | None) -> Manifest:
    """Put the parts into an empty folder; refuses what is damaged, incomplete or not a backup."""
    sums: dict[str, dict[str, str | int]] = {}
    manifest: Manifest | None = None
    try:
        with (
            path.open("rb") as file,
            tarfile.open(fileobj=cast("BinaryIO", _opened(file, passphrase)), mode="r|") as tar,
        ):
            for entry in tar:
                content = cast("BinaryIO", tar.extractfile(entry)) if entry.isfile() else None
                if content is None:
                    raise CannotRun(f"{path} is not a backup of a hub.")
                if entry.name == MANIFEST:
                    manifest = Manifest(**json.loads(content.read()))
                else:
                    sums[entry.name] = _put(content, folder, entry.name)
    except (tarfile.TarError, ValueError, TypeError, EOFError):
        raise CannotRun(f"{path} is damaged or not a backup of a hub.") from None
    if manifest is None or manifest.format != FORMAT or manifest.parts != sums:
        raise CannotRun(f"{path} is damaged: its parts are not those that it lists.")
    return manifest


def _opened(file: BinaryIO, passphrase: str | None) -> object:
    if file.read(len(sealing.MARK)) != sealing.MARK:
        file.seek(0)
        return file
    if not passphrase:
        raise CannotRun("This backup is sealed: give its passphrase.")
    return sealing.Opener(file, passphrase)


def _put(content: BinaryIO, folder: Path, name: str) -> dict[str, str | int]:
    if not PART.fullmatch(name):
        raise ValueError(name)
    target = folder / name
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with target.open("xb") as file:
        target.chmod(0o600)
        while piece := content.read(sealing.PIECE):
            digest.update(piece)
            size += file.write(piece)
    return {"sha256": digest.hexdigest(), "size": size}
