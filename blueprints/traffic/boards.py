"""Where this sector's reads of the live city meet: one reader of boards per process."""

import msgspec

from hub.parts import Parts
from hub.transit.boards import Board, BoardReader
from hub.transit.scheduled import ScheduledBoards
from hub.transit.snapshots import Shifted, Snapshots
from hub.web import Body, encoded, parts

PROTOBUF = "application/x-protobuf"


class Live:
    """What one process knows of the tracker's boards."""

    def __init__(self, built: Parts) -> None:
        self.reader = BoardReader(built.settings.home / "run" / "boards")
        self.snapshots = Snapshots(self.reader)
        self.scheduled = ScheduledBoards()
        self._shifted = Shifted()
        self._built = built

    def now(self) -> float:
        """The hub's time, POSIX seconds."""
        return self._built.database.clock().timestamp()

    def board(self, name: str) -> Board | None:
        """The board of this name, None when there is none or no tracker is at work."""
        return self.reader.board(name, self.now())

    @property
    def works(self) -> bool:
        """Whether a tracker is at work and has read the timetables."""
        return self.board("feeds") is not None

    def feeds(self) -> list[str]:
        """The feeds that the tracker follows."""
        board = self.board("feeds")
        return msgspec.json.decode(board.body, type=list[str]) if board is not None else []

    def answer(self, name: str, board: Board, crs: str) -> object:
        """The board as a response, in the coordinate system asked for, or 304."""
        if crs == "wgs84":
            return encoded(board.body, board.etag)
        moved = self._shifted.board(name, crs, board)
        return encoded(moved.body, f"{moved.etag}-{crs}")


def live() -> Live:
    """The boards as this process reads them."""
    return parts().of(Live)


def tracker_works(built: Parts) -> bool:
    """The probe of the status page: is the tracker at work?"""
    return built.of(Live).works


def ready_arrivals(built: Parts, stop: str) -> Body | None:
    """The encoded board of a stop, if a tracker is at work."""
    return _ready(built, f"arrivals:{stop}")


def ready_vehicles(built: Parts, route: str) -> Body | None:
    """The encoded vehicles of a line, if a tracker is at work."""
    return _ready(built, f"vehicles:{route}")


def _ready(built: Parts, name: str) -> Body | None:
    board = built.of(Live).board(name)
    return None if board is None else Body(board.body, board.etag)
