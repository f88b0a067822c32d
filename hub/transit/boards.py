"""Boards: bodies encoded once by the tracker, read a thousand times by web and stream processes.

A memory-mapped LMDB environment on the local disk. One process writes, one transaction per tick;
readers never lock, never see half a tick, and survive a `kill -9` of either side. A board is an
ETag and a body; the ETag is the generation that wrote it, so an unchanged body keeps its ETag.
Nothing here is truth: it is all written again from PostgreSQL when the tracker starts.

Keys (public ids): ``arrivals:<stop>``, ``vehicles:<route>``, ``vehicle:<id>``, ``alerts:<feed>``,
``fleet:<feed>``, ``delta:<generation>``, ``pb:<feed>:<kind>``.
"""

import os
import shutil
import struct
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import NamedTuple

import lmdb
import msgspec

MAP_BYTES = 1 << 30
"""Address space, not disk: the file grows as it is used."""

MOST_READERS = 512
FRESH_S = 15.0
"""Older than this the tracker is taken for dead and readers fall back to the schedule."""

RING_S = 60
"""How long deltas are kept for streams that come back."""

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_CLOCK = b"clock"
_clock = struct.Struct(">Qd")
_GENERATION = struct.Struct(">Q")
_LONGEST_KEY = 511


class Board(NamedTuple):
    """An encoded answer. `generation` is when its bytes last changed."""

    generation: int
    body: bytes

    @property
    def etag(self) -> str:
        """What a strong ETag says between its quotes (RFC 9110, 8.8.3)."""
        return f"{self.generation:x}"


class Clock(NamedTuple):
    """The last tick written: its number, and when, in POSIX seconds."""

    generation: int
    written_at: float


class Delta(msgspec.Struct, array_like=True, frozen=True):
    """What one tick changed on the map: rows of vehicles, and who is gone."""

    generated_at: str
    rows: list["Row"]
    gone: list[str]


class Row(msgspec.Struct, array_like=True, frozen=True):
    """A vehicle as encoded JSON, with what is needed to choose it without decoding it."""

    feed: str
    route: str
    vehicle: str
    longitude: float
    latitude: float
    json: bytes


_decode_delta = msgspec.msgpack.Decoder(Delta).decode


class BoardWriter:
    """The tracker's side. Opens the environment, or makes it anew when its files are damaged."""

    def __init__(self, home: Path, now: float) -> None:
        _forget_what_a_power_cut_left(home)
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            self._environment = _environment(home, create=True)
        except lmdb.Error:
            shutil.rmtree(home)
            home.mkdir(mode=0o700)
            self._environment = _environment(home, create=True)
        self._environment.reader_check()
        with self._environment.begin() as reading:
            last = _read_clock(reading)
        # Never reuse a generation, not even after the files were lost: ETags stand on it.
        self.generation = max(last.generation + 1, int(now))

    def write(
        self,
        now: float,
        bodies: Mapping[str, bytes | None],
        delta: Delta | None = None,
    ) -> int:
        """One tick in one transaction; None removes a board. Returns the tick's generation.

        Every tick leaves a delta, an empty one if need be: streams count on none being missing.
        """
        self.generation += 1
        prefix = _GENERATION.pack(self.generation)
        with self._environment.begin(write=True) as writing:
            for name, body in bodies.items():
                if body is None:
                    writing.delete(_key(name))
                else:
                    writing.put(_key(name), prefix + body)
            change = msgspec.msgpack.encode(delta or Delta("", [], []))
            packed = _clock.pack(self.generation, now) + change
            writing.put(_delta_key(self.generation), packed)
            _forget_old_deltas(writing, now - RING_S)
            writing.put(_CLOCK, _clock.pack(self.generation, now))
        return self.generation

    def forget(self, names: Iterable[str]) -> None:
        """Remove boards without counting as a tick: the tracker's clock stands still."""
        with self._environment.begin(write=True) as writing:
            for name in names:
                writing.delete(_key(name))

    def names(self, prefix: str) -> list[str]:
        """The names of the boards that begin so; neither the clock nor deltas are boards."""
        with self._environment.begin() as reading:
            keys = [key for key, _ in _from(reading, prefix.encode())]
        boards = [key for key in keys if key != _CLOCK and not key.startswith(b"delta:")]
        return [key.decode(errors="ignore") for key in boards]

    def sweep_readers(self) -> int:
        """Free the reader slots of processes that died; old pages would pile up behind them."""
        return int(self._environment.reader_check())


class BoardReader:
    """The web's and the stream's side. Every call sees one whole tick.

    A missing environment reads as a tracker that never ran. Opened when first used, so that a
    server may fork after the app is made.
    """

    def __init__(self, home: Path) -> None:
        self._home = home

    def board(self, name: str, now: float) -> Board | None:
        """The board of this name, None when there is none or when the tracker is silent."""
        environment = self._ready()
        if environment is None:
            return None
        with environment.begin() as reading:
            clock = reading.get(_CLOCK)
            if clock is None or now - _clock.unpack(clock)[1] > FRESH_S:
                return None
            stored = reading.get(_key(name))
        if stored is None:
            return None
        return Board(_GENERATION.unpack_from(stored)[0], stored[8:])

    def fresh(self, now: float) -> bool:
        """Whether a tracker is at work."""
        return now - self.clock().written_at <= FRESH_S

    def clock(self) -> Clock:
        """The last tick; generation 0 at time 0 when there never was one."""
        environment = self._ready()
        if environment is None:
            return Clock(0, 0.0)
        with environment.begin() as reading:
            return _read_clock(reading)

    def deltas(self, after: int) -> list[tuple[int, Delta]] | None:
        """The ticks after a generation, in order; None when that is longer ago than the ring."""
        environment = self._ready()
        if environment is None:
            return None
        with environment.begin() as reading:
            found = [
                (_clock.unpack_from(value)[0], _decode_delta(value[_clock.size :]))
                for key, value in _from(reading, b"delta:", start=_delta_key(after))
            ]
            last = _read_clock(reading).generation
        if found and found[0][0] == after:
            return found[1:]
        return [] if after == last else None

    def _ready(self) -> lmdb.Environment | None:
        try:
            return _environment(self._home, create=False)
        except (lmdb.Error, FileNotFoundError):
            return None


class _Opened(NamedTuple):
    pid: int
    looked_at: float
    inode: int
    environment: lmdb.Environment


_opened: dict[Path, _Opened] = {}
_opening = Lock()


def _environment(home: Path, *, create: bool) -> lmdb.Environment:
    """This process's environment for `home`; LMDB allows only one, its locks being the process's.

    A forked child closes what it inherited (the parent's stays as it is) and opens its own.
    Once a second the name is looked up: a tracker that found damaged files put new ones there.
    """
    known, now = _opened.get(home), monotonic()
    if known is not None and known.pid == os.getpid() and now - known.looked_at < 1.0:
        return known.environment
    with _opening:
        known, inode = _opened.get(home), _inode(home)
        if known is None or known.pid != os.getpid() or known.inode != inode:
            if inode is None and not create:
                raise FileNotFoundError(home)
            if known is not None and known.pid != os.getpid():
                known.environment.close()
            environment = _open(home, create=create)
            inode = _inode(home)
        else:
            environment = known.environment
        _opened[home] = _Opened(os.getpid(), now, inode or 0, environment)
        return environment


def _forget_what_a_power_cut_left(home: Path) -> None:
    """Files of an earlier boot were never synced and may be torn; where Linux tells, start anew."""
    try:
        boot = _BOOT_ID.read_text()
    except OSError:
        return
    mark = home / "boot"
    if not mark.exists() or mark.read_text() != boot:
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True, mode=0o700)
        mark.write_text(boot)


def _inode(home: Path) -> int | None:
    try:
        return (home / "data.mdb").stat().st_ino
    except FileNotFoundError:
        return None


def _open(home: Path, *, create: bool) -> lmdb.Environment:
    # Nothing is synced: what a power cut takes is written again within a tick of the start.
    return lmdb.open(
        str(home),
        map_size=MAP_BYTES,
        max_readers=MOST_READERS,
        max_spare_txns=16,
        create=create,
        metasync=False,
        sync=False,
        mode=0o600,
    )


def _key(name: str) -> bytes:
    """Ids of feeds may be longer than a key can be; the tail then gives way to a digest."""
    key = name.encode()
    if len(key) <= _LONGEST_KEY:
        return key
    # Cut between characters: a key is read as text again when boards are forgotten.
    head = key[: _LONGEST_KEY - 40].decode(errors="ignore").encode()
    return head + sha256(key).hexdigest()[:40].encode()


def _delta_key(generation: int) -> bytes:
    return b"delta:" + _GENERATION.pack(generation)


def _read_clock(reading: lmdb.Transaction) -> Clock:
    stored = reading.get(_CLOCK)
    return Clock(*_clock.unpack(stored)) if stored else Clock(0, 0.0)


def _from(
    reading: lmdb.Transaction, prefix: bytes, start: bytes | None = None
) -> Iterator[tuple[bytes, bytes]]:
    cursor = reading.cursor()
    more = cursor.set_range(start or prefix)
    while more:
        key, value = (bytes(part) for part in cursor.item())
        if not key.startswith(prefix):
            return
        yield key, value
        more = cursor.next()


def _forget_old_deltas(writing: lmdb.Transaction, before: float) -> None:
    old = []
    for key, value in _from(writing, b"delta:"):
        if _clock.unpack_from(value)[1] >= before:
            break
        old.append(key)
    for key in old:
        writing.delete(key)
