"""What this sector's worker does by the clock."""

from hub import fleet
from hub.kernel.work import CLOCK, Work
from hub.parts import Parts
from hub.transit.hearing import forget_realtime
from hub.web import Schedule


def keep_positions(parts: Parts) -> None:
    """Make the partitions of the coming days; let positions and old announcements go."""
    days = parts.settings.position_days

    def forget(work: Work) -> None:
        fleet.forget_quarantined(work, days)
        forget_realtime(work)

    parts.database.run(forget, CLOCK)
    # By itself and last: it keeps everybody waiting for as long as its transaction is open.
    parts.database.run(lambda work: fleet.keep_days(work, days), CLOCK)


KEEP_POSITIONS = Schedule(name="keep-positions", cron="17 1,13 * * *", run=keep_positions)
