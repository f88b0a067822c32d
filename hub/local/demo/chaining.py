"""Turns reports that name no vehicle into runs of trips, for the Brussels recording.

STIB-MIVB publishes, about every 20 seconds and for each tram of a line, the terminus it is heading for, the last
stop it passed and the metres since that stop: no vehicle, no trip. The operator's own observed stop times say where
each trip was and when. Trams on one track do not overtake, so at any moment the reports heading for a terminus and
the trips heading for it stand in the same order along the line; the cheapest pairing that keeps this order tells
which report belongs to which trip. Nothing is interpolated and no report is moved: a report that fits no trip is
counted and left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Call:
    """One stop of a trip: metres from its first stop along the track, and when the tram was there (epoch seconds)."""

    metres: float
    arrived: float
    left: float


@dataclass(frozen=True, slots=True)
class Trip:
    """A trip as the operator observed it, its calls in order."""

    id: str
    calls: tuple[Call, ...]

    def metres_at(self, moment: float) -> float:
        """Where the trip must have been, by its observed stop times: standing at a stop or evenly between two."""
        if moment <= self.calls[0].left:
            return 0.0
        for here, there in pairwise(self.calls):
            if moment <= here.left:
                return here.metres
            if moment < there.arrived:
                share = (moment - here.left) / (there.arrived - here.left)
                return here.metres + share * (there.metres - here.metres)
        return self.calls[-1].metres


@dataclass(frozen=True, slots=True)
class Report:
    """One published report, its metres already counted from the first stop of the line it runs on."""

    moment: int
    metres: float


@dataclass(slots=True)
class Chained:
    """What became of the reports: by trip, and the counts of those that belong to none."""

    runs: dict[str, list[Report]] = field(default_factory=dict)
    unmatched: int = 0
    backwards: int = 0


FARTHEST = 500.0
"""Metres between a report and where its trip must have been; beyond them the two are not paired."""

EARLY, LATE = 120.0, 60.0
"""Seconds before its first departure and after its last arrival in which a trip may still be reported."""

SLACK = 60.0
"""Metres a run may seem to move backwards: the published distances are rounded, and stops are platforms long."""


def pair(reports: Sequence[float], expected: Sequence[float]) -> list[tuple[int, int]]:
    """The cheapest pairing of two ascending lists that keeps their order: (index of report, index of expected).

    Either may be left over. A pair costs its distance; leaving a report unpaired costs `FARTHEST`, so no pair lies
    farther apart than that.
    """
    width = len(expected) + 1
    cost = [[0.0] * width] + [[FARTHEST * (row + 1)] + [0.0] * (width - 1) for row in range(len(reports))]
    for row, metres in enumerate(reports, 1):
        for column, place in enumerate(expected, 1):
            cost[row][column] = min(
                cost[row - 1][column - 1] + abs(metres - place),
                cost[row - 1][column] + FARTHEST,
                cost[row][column - 1],
            )
    pairs: list[tuple[int, int]] = []
    row, column = len(reports), width - 1
    while row and column:
        if cost[row][column] == cost[row][column - 1]:
            column -= 1
        elif cost[row][column] == cost[row - 1][column] + FARTHEST:
            row -= 1
        else:
            row, column = row - 1, column - 1
            pairs.append((row, column))
    return pairs[::-1]


def chain(reports: Sequence[Report], trips: Sequence[Trip]) -> Chained:
    """Share out the reports heading for one terminus among the trips heading for it, snapshot by snapshot."""
    chained = Chained()
    by_moment: dict[int, list[Report]] = {}
    for report in reports:
        by_moment.setdefault(report.moment, []).append(report)
    for moment, snapshot in sorted(by_moment.items()):
        snapshot.sort(key=lambda report: report.metres)
        candidates = sorted(
            (trip.metres_at(moment), -trip.calls[0].left, trip.id)
            for trip in trips
            if trip.calls[0].left - EARLY <= moment <= trip.calls[-1].arrived + LATE
        )
        pairs = pair([report.metres for report in snapshot], [metres for metres, _, _ in candidates])
        chained.unmatched += len(snapshot) - len(pairs)
        for row, column in pairs:
            keep(chained, candidates[column][2], snapshot[row])
    return chained


def keep(chained: Chained, trip: str, report: Report) -> None:
    """Add a report to its trip's run, unless the tram would have had to drive backwards."""
    run = chained.runs.setdefault(trip, [])
    if run and report.metres < run[-1].metres - SLACK:
        chained.backwards += 1
    else:
        run.append(report)
