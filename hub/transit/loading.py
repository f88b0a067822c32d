"""Loading: a GTFS zip becomes a new version, row by row, in the transaction of the caller.

Nothing here switches a feed over: a version that is complete but not current is seen by nobody.
Memory stays in proportion to stops, routes, trips and patterns; stop times and shape points pass
through (see gtfs/staging.py).
"""

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from typing import IO, Any
from uuid import UUID

from hub.kernel.work import Work

from .gtfs import tables
from .gtfs.archive import Archive, Limits, open_archive
from .gtfs.blocks import Span, judge_blocks
from .gtfs.network import Network, NetworkReader, TripRow
from .gtfs.patterns import PatternBook
from .gtfs.problems import Problems
from .gtfs.rows import Reader
from .gtfs.shapes import judge_shape
from .gtfs.staging import Staging
from .gtfs.stop_times import Judge, TripTimes, completed
from .version_rows import VersionWriter

Watcher = Callable[[int, int], None]
"""Told how many rows were read and how many per cent are done; called about twice a second."""

_READ_PERCENT = 70
_TELL_SECONDS = 0.5


class ZipRefused(Exception):
    """The zip cannot become a timetable; `problems` says why, row by row."""

    def __init__(self, problems: Problems, rows_read: int) -> None:
        super().__init__("The zip was refused.")
        self.problems = problems
        self.rows_read = rows_read


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of a zip that was taken."""

    rows_read: int
    problems: Problems


class Progress:
    """How far an import is: by bytes while reading, by trips while writing."""

    def __init__(self, watch: Watcher, archive: Archive) -> None:
        self._watch = watch
        self._whole = max(1, sum(archive.size(table.file) for table in tables.ALL))
        self._bytes = 0
        self._told_at = time.monotonic()
        self._rows_read: Callable[[], int] = lambda: 0

    def follow(self, rows_read: Callable[[], int]) -> None:
        """Where to ask for the rows read so far."""
        self._rows_read = rows_read

    def read(self, size: int) -> None:
        """So many more bytes were read."""
        self._bytes += size
        self._tell(_READ_PERCENT * self._bytes / self._whole)

    def written(self, trips: int, of: int) -> None:
        """So many trips of all were written."""
        self._tell(_READ_PERCENT + (99 - _READ_PERCENT) * trips / max(of, 1))

    def _tell(self, percent: float) -> None:
        now = time.monotonic()
        if now - self._told_at >= _TELL_SECONDS:
            self._told_at = now
            self._watch(self._rows_read(), min(int(percent), 99))


def load_zip(
    work: Work,
    feed_id: UUID,
    version_id: UUID,
    source: IO[bytes],
    *,
    watch: Watcher = lambda _rows, _percent: None,
    limits: Limits | None = None,
) -> Loaded:
    """Write the zip as this version of the feed. Raises ZipRefused after reading as much of it as
    can be judged; the caller must then roll back."""
    problems = Problems()
    archive = open_archive(source, problems, limits or Limits())
    if archive is None:
        raise ZipRefused(problems, 0)
    with closing(archive):
        progress = Progress(watch, archive)
        reader = Reader(archive, problems, progress.read)
        progress.follow(lambda: reader.rows_read)
        network = NetworkReader(reader, problems).read()
        _judge_period(network, problems, work.now.date())
        _Loading(work, version_id, reader, network, problems, progress).run(feed_id)
        if problems.refused:
            raise ZipRefused(problems, reader.rows_read)
    return Loaded(reader.rows_read, problems)


def _judge_period(network: Network, problems: Problems, today: date) -> None:
    running = {trip.service for trip in network.trips.values()}
    last = max(
        (max(days) for service, days in network.services.items() if days and service in running),
        default=None,
    )
    if last is None:
        problems.add(
            "no_service_day",
            "No trip runs on any day: the timetable would be empty.",
            file=tables.TRIPS.file,
        )
    elif last < today.toordinal():
        problems.add(
            "expired_calendar",
            f"The last service day was {date.fromordinal(last)}.",
            file=tables.CALENDAR.file,
        )


class _Loading:
    """The part of a load that needs the database: stage, judge trip by trip, write."""

    def __init__(
        self,
        work: Work,
        version_id: UUID,
        reader: Reader,
        network: Network,
        problems: Problems,
        progress: Progress,
    ) -> None:
        driver: Any = work.session.connection().connection.driver_connection
        self._now = work.now
        self._reader = reader
        self._network = network
        self._problems = problems
        self._progress = progress
        self._trips = list(network.trips.values())
        self._staging = Staging(driver, reader, network, problems)
        self._writer = VersionWriter(driver, version_id, network)
        self._judge = Judge(problems)
        self._blocks: dict[str, list[Span]] = {}
        self._usable = 0

    def run(self, feed_id: UUID) -> None:
        """Everything of the version. Once something refuses the zip, the rest is only judged."""
        self._staging.stage_shapes()
        with closing(self._staging.shape_lines()) as lines:
            for _, *columns in lines:
                judge_shape(self._problems, *columns)
        self._judge_trip_shapes()
        self._staging.stage_stop_times()
        if tables.STOP_TIMES.file in self._reader.damaged:
            return  # a trip would be blamed for lacking the row that could not be read
        writing = not self._problems.refused
        if writing:
            self._writer.head(feed_id, self._now)
        self._load_trips(writing=writing)
        judge_blocks(self._blocks, self._network.services, self._problems)
        if not self._usable:
            self._problems.add(
                "no_usable_trip",
                "No trip calls at two stops: the timetable would be empty.",
                file=tables.STOP_TIMES.file,
            )
        if not self._problems.refused:
            self._writer.tail()

    def _judge_trip_shapes(self) -> None:
        if tables.SHAPES.file in self._reader.damaged:
            return
        for trip in self._trips:
            if trip.shape is not None and trip.shape not in self._staging.shapes:
                self._problems.add(
                    "foreign_key_violation",
                    f"shapes.txt has no {trip.shape!r}.",
                    file=tables.TRIPS.file,
                    row=trip.row,
                    field="shape_id",
                )

    def _load_trips(self, *, writing: bool) -> None:
        book = PatternBook(self._network, self._staging, self._problems)
        seen = bytearray(len(self._trips))
        with closing(self._staging.trip_times()) as batches:
            for batch in batches:
                for number, times in batch:
                    seen[number] = 1
                    if number not in self._staging.left_out:
                        self._load_trip(book, self._trips[number], times, writing=writing)
                if writing:
                    self._writer.flush()
                self._progress.written(sum(seen), len(seen))
        for number, trip in enumerate(self._trips):
            if not seen[number] and number not in self._staging.left_out:
                self._unusable(trip)

    def _load_trip(
        self, book: PatternBook, trip: TripRow, times: TripTimes, *, writing: bool
    ) -> None:
        if not self._judge.sound(times):
            return
        if len(times.stops) < 2:
            self._unusable(trip)
            return
        self._usable += 1
        pattern, new = book.pattern(trip, times)
        arrivals, departures = completed(times.arrivals, times.departures, pattern.metres)
        if trip.block is not None:
            span = Span(
                arrivals[0],
                departures[-1],
                departures[0],
                arrivals[-1],
                trip.service,
                trip.row,
                trip.id,
            )
            self._blocks.setdefault(trip.block, []).append(span)
        if writing:
            if new is not None:
                self._writer.pattern(new)
            headsign = trip.headsign or book.last_stop(times).name
            self._writer.trip(trip, pattern.no, headsign, arrivals, departures)

    def _unusable(self, trip: TripRow) -> None:
        self._problems.add(
            "unusable_trip",
            f"Trip {trip.id!r} calls at fewer than two stops; it is left out.",
            file=tables.TRIPS.file,
            row=trip.row,
        )
