"""Trips by frequency: frequencies.txt as windows of each trip."""

from collections.abc import Container
from itertools import pairwise

from .problems import Problems
from .rows import Reader
from .tables import FREQUENCIES, TRIPS

MOST_DEPARTURES = 500_000

Window = tuple[int, int, int, bool]
"""From, until (left out), every so many seconds, and whether the times are exact."""


def read_windows(
    reader: Reader, problems: Problems, trips: Container[str]
) -> dict[str, list[Window]]:
    """The windows of each trip that has some, in order."""
    judge = _Judge(problems)
    found: dict[str, list[tuple[int, Window]]] = {}
    for row, (trip, start, end, headway, exact) in reader.rows(FREQUENCIES):
        if trip not in trips:
            if TRIPS.file not in reader.damaged:
                judge.says("foreign_key_violation", row, "trip_id", f"trips.txt has no {trip!r}.")
        elif start == end:
            judge.says("start_and_end_range_equal", row, "end_time", "The window is empty.")
        elif start > end:
            judge.says(
                "start_and_end_range_out_of_order",
                row,
                "end_time",
                "The window ends before it begins.",
            )
        else:
            found.setdefault(trip, []).append((row, (start, end, headway, exact)))
    return {trip: judge.apart(trip, windows) for trip, windows in found.items()}


class _Judge:
    def __init__(self, problems: Problems) -> None:
        self._problems = problems
        self._departures = 0

    def says(self, rule: str, row: int, column: str, detail: str) -> None:
        self._problems.add(rule, detail, file=FREQUENCIES.file, row=row, field=column)

    def apart(self, trip: str, windows: list[tuple[int, Window]]) -> list[Window]:
        """The windows of one trip in order, held against each other."""
        windows.sort(key=lambda entry: (entry[1][0], entry[0]))
        for (_, before), (row, window) in pairwise(windows):
            if window[0] == before[0]:
                detail = f"{trip!r} has a window that begins then in an earlier row."
                self.says("duplicate_key", row, "start_time", detail)
            if window[0] < before[1]:
                detail = "The window begins before the one before it ends."
                self.says("overlapping_frequency", row, "start_time", detail)
        for row, (start, end, headway, _) in windows:
            self._count(row, (end - start) // headway + 1)
        return [window for _, window in windows]

    def _count(self, row: int, departures: int) -> None:
        """A headway of a second all day long is a mistake that would fill every memory."""
        before = self._departures
        self._departures += departures
        if before <= MOST_DEPARTURES < self._departures:
            detail = f"The headways of a feed may make {MOST_DEPARTURES:,} departures a day."
            self.says("too_many_departures", row, "headway_secs", detail)
