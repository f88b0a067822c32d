"""Fleet: where the city's vehicles say they are, and which of these reports cannot be true."""

from .errors import BatchTooLarge, BrokenFeedMessage
from .following import PositionFollower, Report, position_of
from .rules import Reason
from .service import Problem, Receipt, forget_quarantined, keep_days, report, set_aside
from .wire import OCCUPANCIES, Batch, Position, read_batch

__all__ = [
    "OCCUPANCIES",
    "Batch",
    "BatchTooLarge",
    "BrokenFeedMessage",
    "Position",
    "PositionFollower",
    "Problem",
    "Reason",
    "Receipt",
    "Report",
    "forget_quarantined",
    "keep_days",
    "position_of",
    "read_batch",
    "report",
    "set_aside",
]
