"""The two large tables, stop times and shapes: in by COPY, back sorted, never held in memory.

Rows go into temporary tables of the import's own transaction, so that whatever stops it, a refusal
or `kill -9`, leaves nothing behind. PostgreSQL sorts them on disk; a server-side cursor brings them
back trip by trip.
"""

from array import array
from collections.abc import Generator, Iterator
from typing import Any

from psycopg import Connection, Cursor
from psycopg.rows import tuple_row

from .network import Network
from .problems import Problems
from .rows import Reader
from .stop_times import BOARDING_WORDS, TripTimes
from .tables import SHAPES, STOP_TIMES

MOST_CALLS = 2_000
MOST_HEADSIGNS = 200_000
_BATCH_TRIPS = 500
_CHUNK = 1 << 17
_DIGIT = {word: digit for digit, word in enumerate(BOARDING_WORDS)}

_STAGE = """
CREATE TEMPORARY TABLE gtfs_stop_time (
    trip integer, sequence integer, line integer, stop integer, arrival integer,
    departure integer, pickup smallint, drop_off smallint, timepoint boolean,
    distance double precision, headsign integer
) ON COMMIT DROP;
CREATE TEMPORARY TABLE gtfs_shape_point (
    shape integer, sequence integer, line integer, longitude double precision,
    latitude double precision, distance double precision
) ON COMMIT DROP;
"""

# The plan must stream: a hash aggregate would hold every trip at once.
_STREAMING = """
SET LOCAL enable_hashagg = off;
SET LOCAL work_mem = '32MB';
"""

_TRIPS = """
SELECT trip, array_agg(line), array_agg(sequence), array_agg(stop), array_agg(arrival),
       array_agg(departure), array_agg(pickup), array_agg(drop_off), array_agg(timepoint),
       array_agg(distance), array_agg(headsign)
FROM (SELECT * FROM gtfs_stop_time ORDER BY trip, sequence, line) AS ordered
GROUP BY trip ORDER BY trip
"""

_SHAPES = """
CREATE TEMPORARY TABLE gtfs_shape ON COMMIT DROP AS
SELECT shape, array_agg(line) AS lines, array_agg(sequence) AS sequences,
       array_agg(longitude) AS longitudes, array_agg(latitude) AS latitudes,
       array_agg(distance) AS distances
FROM (SELECT * FROM gtfs_shape_point ORDER BY shape, sequence, line) AS ordered
GROUP BY shape;
CREATE UNIQUE INDEX ON gtfs_shape (shape);
"""


class Staging:
    """The staged rows of one import."""

    def __init__(
        self,
        connection: Connection[Any],
        reader: Reader,
        network: Network,
        problems: Problems,
    ) -> None:
        self._connection = connection
        self._reader = reader
        self._network = network
        self._problems = problems
        self.shapes: dict[str, int] = {}
        """Number of each shape_id."""
        self.headsigns: dict[str, int] = {}
        """Number of each stop_headsign."""
        self.left_out: set[int] = set()
        """Trips with calls on demand (GTFS-Flex), which we do not read."""
        connection.execute(_STAGE, prepare=False)
        connection.execute(_STREAMING, prepare=False)

    def _cursor(self) -> Cursor[Any]:
        return self._connection.cursor(binary=True, row_factory=tuple_row)

    def stage_shapes(self) -> None:
        """Read shapes.txt; afterwards `shape` gives one line at a time."""
        self._copy("gtfs_shape_point", self._shape_lines())
        self._connection.execute(_SHAPES, prepare=False)

    def _shape_lines(self) -> Iterator[str]:
        shapes = self.shapes
        for line, (shape, sequence, latitude, longitude, distance) in self._reader.rows(SHAPES):
            number = shapes.setdefault(shape, len(shapes))
            walked = r"\N" if distance is None else distance
            yield f"{number}\t{sequence}\t{line}\t{longitude}\t{latitude}\t{walked}\n"

    def shape_lines(self) -> Generator[tuple[Any, ...], None, None]:
        """Every shape as (number, lines, sequences, longitudes, latitudes, distances)."""
        with self._connection.cursor("gtfs_shapes", binary=True, row_factory=tuple_row) as cursor:
            cursor.itersize = 50
            cursor.execute("SELECT * FROM gtfs_shape ORDER BY shape")
            yield from cursor

    def shape(self, number: int) -> tuple[list[float], list[float], list[float | None]]:
        """Longitudes, latitudes and shape_dist_traveled of one shape."""
        with self._cursor() as cursor:
            cursor.execute(
                "SELECT longitudes, latitudes, distances FROM gtfs_shape WHERE shape = %s",
                (number,),
            )
            longitudes, latitudes, distances = cursor.fetchall()[0]
        return longitudes, latitudes, distances

    def stage_stop_times(self) -> None:
        """Read stop_times.txt, judging each row by itself."""
        self._copy("gtfs_stop_time", self._stop_time_lines())

    def _stop_time_lines(self) -> Iterator[str]:
        trips, stops = self._network.trips, self._network.stops
        calls = array("i", bytes(4 * len(trips)))
        for line, values in self._reader.rows(STOP_TIMES):
            (
                trip_id,
                sequence,
                stop_id,
                arrival,
                departure,
                headsign,
                pickup,
                drop_off,
                timepoint,
                distance,
                location,
                group,
            ) = values
            trip = trips.get(trip_id)
            if trip is None:
                self._unknown(line, "trip_id", trip_id, "trips.txt")
                continue
            if stop_id is None:
                self._on_demand(line, trip.no, location or group)
                continue
            stop = stops.get(stop_id)
            if stop is None:
                self._unknown(line, "stop_id", stop_id, "stops.txt")
                continue
            if stop.location_type != "stop":
                self._says(
                    "location_with_unexpected_stop_time",
                    line,
                    "stop_id",
                    f"{stop_id!r} is a {stop.location_type}; vehicles call at stops.",
                )
                continue
            calls[trip.no] += 1
            if calls[trip.no] > MOST_CALLS:
                self._too_many(line)
                continue
            yield (
                f"{trip.no}\t{sequence}\t{line}\t{stop.no}"
                f"\t{_or_null(arrival)}\t{_or_null(departure)}"
                f"\t{_DIGIT[pickup]}\t{_DIGIT[drop_off]}\t{_or_null(timepoint)}"
                f"\t{_or_null(distance)}\t{_or_null(self._headsign(line, headsign))}\n"
            )

    def trip_times(self) -> Generator[list[tuple[int, TripTimes]], None, None]:
        """The staged trips, by number, in batches; between batches the connection is free."""
        with self._connection.cursor("gtfs_trips", binary=True, row_factory=tuple_row) as cursor:
            cursor.execute(_TRIPS)
            while rows := cursor.fetchmany(_BATCH_TRIPS):
                yield [(trip, TripTimes(*columns)) for trip, *columns in rows]

    def _copy(self, table: str, lines: Iterator[str]) -> None:
        with self._cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
            waiting: list[str] = []
            size = 0
            for line in lines:
                waiting.append(line)
                size += len(line)
                if size > _CHUNK:
                    copy.write("".join(waiting))
                    waiting.clear()
                    size = 0
            copy.write("".join(waiting))

    def _headsign(self, line: int, text: str | None) -> int | None:
        if text is None:
            return None
        number = self.headsigns.get(text)
        if number is None:
            if len(self.headsigns) >= MOST_HEADSIGNS:
                self._says(
                    "too_many_headsigns",
                    line,
                    "stop_headsign",
                    f"A feed may have {MOST_HEADSIGNS:,} different stop_headsigns.",
                )
                return None
            number = self.headsigns[text] = len(self.headsigns)
        return number

    def _on_demand(self, line: int, trip: int, place: str | None) -> None:
        if place is None:
            self._says("missing_required_field", line, "stop_id", "The row has no stop_id.")
        elif trip not in self.left_out:
            self.left_out.add(trip)
            self._says(
                "flexible_trip_left_out",
                line,
                "stop_id",
                "The trip serves a zone on demand, which is not read; it is left out.",
            )

    def _too_many(self, line: int) -> None:
        self._says("too_many_stop_times", line, "trip_id", f"A trip may call {MOST_CALLS:,} times.")

    def _unknown(self, line: int, column: str, key: str, parent: str) -> None:
        if parent not in self._reader.damaged:
            self._says("foreign_key_violation", line, column, f"{parent} has no {key!r}.")

    def _says(self, rule: str, line: int, column: str, detail: str) -> None:
        self._problems.add(rule, detail, file=STOP_TIMES.file, row=line, field=column)


def _or_null(value: object) -> object:
    return r"\N" if value is None else value
