"""Fleet: where the city's vehicles say they are, and which of these reports cannot be true."""

from .errors import BatchTooLarge, BrokenFeedMessage, NotYourFeed
from .following import PositionFollower, Report
from .rules import Reason
from .service import Problem, Receipt, keep_days, report, set_aside
from .sources import admit, enrol, retire
from .wire import OCCUPANCIES, Batch, Position, read_batch

__all__ = [
    "OCCUPANCIES",
    "Batch",
    "BatchTooLarge",
    "BrokenFeedMessage",
    "NotYourFeed",
    "Position",
    "PositionFollower",
    "Problem",
    "Reason",
    "Receipt",
    "Report",
    "admit",
    "enrol",
    "keep_days",
    "read_batch",
    "report",
    "retire",
    "set_aside",
]
