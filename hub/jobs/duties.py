"""Duties of the worker role that no event asks for."""

from collections.abc import Callable
from dataclasses import dataclass

from hub.parts import Parts


@dataclass(frozen=True)
class LoopDuty:
    """A named turn, repeated: at once while it says there is more, else after ``pause`` seconds."""

    name: str
    turn: Callable[[Parts], bool]
    pause: float


@dataclass(frozen=True)
class TimedDuty:
    """A named duty at fixed times (cron, UTC)."""

    name: str
    cron: str
    run: Callable[[Parts], None]
