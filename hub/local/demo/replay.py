"""Plays vehicles into the hub: asks a source what fell due since last time, and hands it over in
batches.

What is due follows from the time alone (`Source.between`), so all a replay has to remember is how
far it came. After an outage it goes on from there, and nothing is lost; a position sent twice is
the same position, and nothing is doubled.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from .delivery import Delivery
from .recording import Position

MOST = 1000
"""Positions in a batch; the hub takes no more."""

TICK = timedelta(seconds=2)
CATCH_UP = timedelta(seconds=20)
"""The longest stretch of time handed over at once after an outage."""

TOO_LATE = timedelta(hours=23)
"""Positions older than this are refused even as history, so a replay that was away longer skips
them."""


class Source(Protocol):
    """Where positions come from: a recording, or the synthetic traffic."""

    feed: str

    def between(self, after: datetime, until: datetime) -> Iterator[Position]:
        """Positions due in (after, until] of the source's own time, in order."""


@dataclass(frozen=True, slots=True)
class Tempo:
    """How the source's time goes with ours: the same, shifted, or faster."""

    ours: datetime
    theirs: datetime
    speed: float = 1.0

    def shown(self, moment: datetime) -> datetime:
        """The source's time at a moment of ours."""
        return self.theirs + (moment - self.ours) * self.speed

    def reported(self, moment: datetime) -> datetime:
        """Our time at a moment of the source's."""
        return self.ours + (moment - self.theirs) / self.speed


@dataclass(slots=True)
class Player:
    """One source being played. `reached` is our time up to which everything was handed over."""

    source: Source
    delivery: Delivery
    tempo: Tempo
    reached: datetime
    end: datetime | None = None

    @property
    def ended(self) -> bool:
        return self.end is not None and self.reached >= self.end

    def advance(self, now: datetime) -> None:
        """Hand over what fell due until now, in stretches that an outage may lengthen."""
        now = min(now, self.end) if self.end else now
        self.reached = max(self.reached, now - TOO_LATE)
        while self.reached + TICK <= now or (self.end == now and self.reached < now):
            until = min(now, self.reached + CATCH_UP)
            until = min(now, max(on_grid(until), self.reached + TICK))
            self._hand_over(self.reached, until)
            self.reached = until

    def _hand_over(self, after: datetime, until: datetime) -> None:
        due = self.source.between(self.tempo.shown(after), self.tempo.shown(until))
        bodies = [self._report(position) for position in due]
        for start in range(0, len(bodies), MOST):
            self.delivery.positions(self.source.feed, bodies[start : start + MOST])

    def _report(self, position: Position) -> dict[str, Any]:
        moment = self.tempo.reported(position.moment)
        return position.body | {"reported_at": f"{moment:%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"}


def on_grid(moment: datetime) -> datetime:
    """The last tick before a moment, so that batches are cut alike however often one asks."""
    ticks = int(moment.timestamp() // TICK.total_seconds())
    return datetime.fromtimestamp(ticks * TICK.total_seconds(), moment.tzinfo)
