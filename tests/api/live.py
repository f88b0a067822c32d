"""A tracker beside the application under test, and a town with buses."""

from hub import fleet
from hub.kernel.work import SYSTEM
from hub.transit.boards import BoardWriter
from hub.transit.live import LiveCity, Tick
from tests.factories.live import Town


class LiveTown:
    """A town of this test, its buses, and the boards that the application reads."""

    def __init__(self, parts):
        self.parts, self.db = parts, parts.database
        self.town = Town(self.db)
        self.feed = self.town.feed
        self._city = LiveCity(
            self.db,
            BoardWriter(parts.settings.home / "run" / "boards", self.now.timestamp()),
        )

    @property
    def now(self):
        return self.db.clock()

    def drive(self, stops_gone=1.5, *, vehicle="B1", **more):
        """A bus on the trip under way is so far along its line now."""
        trip, _ = self.town.trip_under_way(self.now)
        row = self.town.report(self.now, stops_gone, vehicle=vehicle, trip=trip, **more)
        self.db.run(lambda work: fleet.report(work, self.feed, [row]), SYSTEM)
        return trip

    def tick(self):
        """Let the tracker look."""
        self._city.read(self.now, Tick())
        self._city.publish(self.now, lambda: 5.0, Tick())
