"""The vehicles in a box, out of the tracker's snapshot, and bodies in other coordinate systems.

Both are decoded once per change and process, then answered from memory.
"""

from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from threading import Lock
from typing import Any

import msgspec

from .boards import Board, BoardReader, Delta, Row
from .bodies import Raw, encode, stamp
from .datum import shown

MOST_VEHICLES = 5000
MOST_SHIFTED = 4096
_decode_delta = msgspec.msgpack.Decoder(Delta).decode


@dataclass(frozen=True, slots=True)
class Bounds:
    """A box in degrees; `west` may be greater than `east` across the antimeridian."""

    west: float
    south: float
    east: float
    north: float

    def spans(self) -> Iterable[tuple[float, float]]:
        """The stretches of longitude that it covers, one or two."""
        if self.west <= self.east:
            return ((self.west, self.east),)
        return ((self.west, 180.0), (-180.0, self.east))


@dataclass(frozen=True, slots=True)
class _Snapshot:
    generation: int
    longitudes: list[float]
    rows: list[Row]


class Snapshots:
    """One process's sorted copies of the tracker's snapshots, one per feed."""

    def __init__(self, reader: BoardReader) -> None:
        self._reader = reader
        self._held: dict[str, _Snapshot] = {}

    def within(self, feeds: Iterable[str], bounds: Bounds, now: float) -> Board:
        """The vehicles of these feeds in a box, at most 5,000, as an encoded answer."""
        found: list[Raw] = []
        generation = 0
        for feed in feeds:
            snapshot = self._snapshot(feed, now)
            if snapshot is None:
                continue
            generation = max(generation, snapshot.generation)
            for west, east in bounds.spans():
                first = bisect_left(snapshot.longitudes, west)
                last = bisect_right(snapshot.longitudes, east)
                found += [
                    Raw(row.json)
                    for row in snapshot.rows[first:last]
                    if bounds.south <= row.latitude <= bounds.north
                ]
        body = {
            "generated_at": stamp(int(self._reader.clock().written_at)),
            "generation": generation,
            "vehicles": found[:MOST_VEHICLES],
        }
        return Board(generation, encode(body))

    def _snapshot(self, feed: str, now: float) -> _Snapshot | None:
        board = self._reader.board(f"fleet:{feed}", now)
        if board is None:
            return None
        held = self._held.get(feed)
        if held is None or held.generation != board.generation:
            rows = sorted(_decode_delta(board.body).rows, key=lambda row: row.longitude)
            held = _Snapshot(board.generation, [row.longitude for row in rows], rows)
            self._held[feed] = held
        return held


class Shifted:
    """Bodies with their places in another coordinate system; each shifted once per change."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str], Board] = OrderedDict()
        self._lock = Lock()

    def board(self, name: str, crs: str, board: Board) -> Board:
        """The board as a map of this system draws it."""
        if crs == "wgs84":
            return board
        key = name, crs
        kept = self._kept.get(key)
        if kept is not None and kept.generation == board.generation:
            return kept
        moved = Board(board.generation, shifted(board.body, crs))
        with self._lock:
            self._kept[key] = moved
            self._kept.move_to_end(key)
            if len(self._kept) > MOST_SHIFTED:
                self._kept.popitem(last=False)
        return moved


def shifted(body: bytes, crs: str) -> bytes:
    """A JSON body with every GeoJSON point in it moved from WGS 84 to another system."""
    return encode(_moved(msgspec.json.decode(body), crs))


def _moved(value: Any, crs: str) -> Any:
    if isinstance(value, list):
        return [_moved(one, crs) for one in value]
    if not isinstance(value, dict):
        return value
    if value.get("type") == "Point" and "coordinates" in value:
        return value | {"coordinates": list(shown(crs, *value["coordinates"]))}
    return {name: _moved(one, crs) for name, one in value.items()}
