"""What a live stream tells: topics, and their events once per tick for all who listen.

A topic is a feed (perhaps only a box of it), a line or a stop. Its first event is a `snapshot`
(for a stop: its `board`), later ones say what moved and who is `gone`: out of service, or out of
the box or off the line. The `id` of an event is the tracker's generation, where a listener who
comes back goes on. Format: WHATWG HTML, "Server-sent events".
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

import msgspec

from hub.transit.boards import BoardReader, Delta, Row
from hub.transit.bodies import Raw, encode, stamp
from hub.transit.snapshots import Bounds

_decode_delta = msgspec.msgpack.Decoder(Delta).decode


class Told(msgspec.Struct):
    """The data of a `snapshot` or `vehicles` event."""

    generation: int
    generated_at: str
    vehicles: list[Raw]
    gone: list[str]


class Ticked(NamedTuple):
    """A tick of the tracker as the stream sees it."""

    reader: BoardReader
    generation: int
    delta: Delta
    now: float


class Topic(Protocol):
    """Something to listen to. Shared by all who listen to the same."""

    def exists(self, reader: BoardReader, now: float) -> bool:
        """Whether there is such a thing."""

    def whole(self, reader: BoardReader, generation: int, now: float) -> bytes:
        """The event that a new listener begins with."""

    def changed(self, tick: Ticked) -> bytes | None:
        """The event of one tick, None when it says nothing about this."""


def event(kind: str, generation: int, data: bytes) -> bytes:
    """One event as it goes over the wire. JSON holds no line breaks, so one data line is enough."""
    return b"event: %b\nid: %d\ndata: %b\n\n" % (kind.encode(), generation, data)


class Vehicles:
    """The vehicles of a feed, of a box of it, or of a line."""

    def __init__(self, feed: str, *, route: str | None = None, box: Bounds | None = None) -> None:
        self._feed, self._route, self._box = feed, route, box
        self._inside: set[str] = set()

    def exists(self, reader: BoardReader, now: float) -> bool:
        """Whether the tracker knows the feed or line."""
        name = f"vehicles:{self._route}" if self._route else f"fleet:{self._feed}"
        return reader.board(name, now) is not None

    def whole(self, reader: BoardReader, generation: int, now: float) -> bytes:
        """All vehicles, as a `snapshot`."""
        board = reader.board(f"fleet:{self._feed}", now)
        rows = _decode_delta(board.body).rows if board is not None else []
        here = [row for row in rows if self._shows(row)]
        self._inside |= {row.vehicle for row in here}
        return event("snapshot", generation, _told(generation, stamp(int(now)), here, []))

    def changed(self, tick: Ticked) -> bytes | None:
        """The vehicles that moved here, and those that left."""
        here = [row for row in tick.delta.rows if self._shows(row)]
        names = {row.vehicle for row in here}
        left = {row.vehicle for row in tick.delta.rows if row.vehicle not in names}
        gone = sorted((left | set(tick.delta.gone)) & self._inside)
        self._inside = (self._inside | names).difference(gone)
        if not here and not gone:
            return None
        told = _told(tick.generation, tick.delta.generated_at, here, gone)
        return event("vehicles", tick.generation, told)

    def _shows(self, row: Row) -> bool:
        if row.feed != self._feed or (self._route and row.route != self._route):
            return False
        box = self._box
        if box is None:
            return True
        across = any(west <= row.longitude <= east for west, east in box.spans())
        return across and box.south <= row.latitude <= box.north


class StopBoards:
    """The board of a stop, whenever it looks different."""

    def __init__(self, stop: str) -> None:
        self._name = f"arrivals:{stop}"
        self._told = 0

    def exists(self, reader: BoardReader, now: float) -> bool:
        """Whether the tracker knows the stop."""
        return reader.board(self._name, now) is not None

    def whole(self, reader: BoardReader, generation: int, now: float) -> bytes:
        """The board as it is."""
        board = reader.board(self._name, now)
        return event("board", generation, board.body if board is not None else b"{}")

    def changed(self, tick: Ticked) -> bytes | None:
        """The board, if it was written since it was last told."""
        board = tick.reader.board(self._name, tick.now)
        if board is None or board.generation <= self._told:
            return None
        self._told = board.generation
        return event("board", tick.generation, board.body)


def _told(generation: int, at: str, rows: Iterable[Row], gone: Sequence[str]) -> bytes:
    return encode(Told(generation, at, [Raw(row.json) for row in rows], [*gone]))
