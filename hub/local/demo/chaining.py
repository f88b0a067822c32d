"""Turns reports that name no vehicle into runs of trips, for the Brussels recording.

STIB-MIVB publishes, about every 20 seconds and for each tram of a line, the terminus it is heading
for, the last stop it passed and the metres since that stop: no vehicle, no trip. The operator's own
observed stop times say where each trip was and when. Trams on one track do not overtake, so at any
moment the reports of a direction and its trips stand in the same order along the line; the cheapest
pairing that keeps this order tells which report belongs to which trip. Nothing is interpolated and
no report is moved: a report that fits no trip is counted and left out.
"""

from bisect import bisect_right
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Call:
    """One stop of a trip: metres along the line in its direction, and when the tram was there
    (epoch seconds)."""

    metres: float
    arrived: float
    left: float


@dataclass(frozen=True, slots=True)
class Trip:
    """A trip as the operator observed it: where it was heading, and its calls in order."""

    id: str
    heading: int
    calls: tuple[Call, ...]

    def metres_at(self, moment: float) -> float:
        """Where the trip was, by its observed stop times: at a stop or evenly between two."""
        if moment <= self.calls[0].left:
            return self.calls[0].metres
        for here, there in pairwise(self.calls):
            if moment <= here.left:
                return here.metres
            if moment < there.arrived:
                share = (moment - here.left) / (there.arrived - here.left)
                return here.metres + share * (there.metres - here.metres)
        return self.calls[-1].metres


@dataclass(frozen=True, slots=True)
class Report:
    """One published report, its metres already counted from the first stop of the line in its
    direction."""

    moment: int
    heading: int
    metres: float


@dataclass(slots=True)
class Chained:
    """What became of the reports: the run of each trip, and the counts of those that belong to
    none."""

    runs: dict[str, list[Report]] = field(default_factory=dict)
    unmatched: int = 0
    backwards: int = 0


@dataclass(frozen=True, slots=True)
class Turn:
    """A trip as its vehicle sees it: from which terminus to which, and when (seconds)."""

    trip: str
    start: str
    end: str
    left: float
    arrived: float


FARTHEST = 500.0
"""Metres between a report and where its trip was; beyond them the two are not paired."""

OTHER_HEADING = 150.0
"""Metres a pair costs more when report and trip name different termini: short turns are announced
late."""

EARLY, LATE = 600.0, 60.0
"""Seconds before its first departure and after its last arrival in which a trip may still be
reported."""

SLACK = 60.0
"""Metres a run may seem to move backwards: published distances are rounded, and a platform is as
long as a tram."""

TURNAROUND = 30.0
"""Seconds a tram needs at least between its last report on one trip and its first on the next."""


def pair(
    found: Sequence[tuple[float, int]],
    expected: Sequence[tuple[float, int]],
    farthest: float = FARTHEST,
    other_kind: float = OTHER_HEADING,
) -> list[tuple[int, int]]:
    """The cheapest pairing of two ascending lists of (value, kind) that keeps their order, as pairs
    of indices.

    Either may be left over. Leaving a found value unpaired costs `farthest`, so no pair costs more
    than that.
    """
    width = len(expected) + 1
    cost = [[0.0] * width]
    apart: list[list[float]] = []
    for value, kind in found:
        above = cost[-1]
        apart.append([abs(value - v) + (other_kind if kind != k else 0.0) for v, k in expected])
        row = [above[0] + farthest]
        for column, distance in enumerate(apart[-1]):
            row.append(min(above[column] + distance, above[column + 1] + farthest, row[column]))
        cost.append(row)
    pairs: list[tuple[int, int]] = []
    line, column = len(found), width - 1
    while line and column:
        if cost[line][column] == cost[line - 1][column - 1] + apart[line - 1][column - 1]:
            line, column = line - 1, column - 1
            pairs.append((line, column))
        elif cost[line][column] == cost[line][column - 1]:
            column -= 1
        else:
            line -= 1
    return pairs[::-1]


def chain(reports: Sequence[Report], trips: Sequence[Trip]) -> Chained:
    """Share out the reports of one direction among its trips, snapshot by snapshot."""
    snapshots: dict[int, list[Report]] = defaultdict(list)
    for report in reports:
        snapshots[report.moment].append(report)
    chained = Chained()
    claims: dict[str, list[Report]] = defaultdict(list)
    for moment, snapshot in sorted(snapshots.items()):
        snapshot.sort(key=lambda report: report.metres)
        # Of trips that wait at one place the next to leave stands last: it is taken first.
        candidates = sorted(
            (trip.metres_at(moment), -trip.calls[0].left, trip.id, trip.heading)
            for trip in trips
            if trip.calls[0].left - EARLY <= moment <= trip.calls[-1].arrived + LATE
        )
        pairs = pair(
            [(report.metres, report.heading) for report in snapshot],
            [(metres, heading) for metres, _, _, heading in candidates],
        )
        chained.unmatched += len(snapshot) - len(pairs)
        for row, column in pairs:
            claims[candidates[column][2]].append(snapshot[row])
    for trip_id, claimed in claims.items():
        chained.runs[trip_id] = forwards(claimed)
        chained.backwards += len(claimed) - len(chained.runs[trip_id])
    return chained


def forwards(claimed: Sequence[Report]) -> list[Report]:
    """The longest run among the reports claimed for a trip in which the tram never drives
    backwards."""
    longest: list[tuple[int, int]] = []
    for index, report in enumerate(claimed):
        before = [
            (longest[earlier][0], earlier)
            for earlier in range(index)
            if claimed[earlier].metres <= report.metres + SLACK
        ]
        length, earlier = max(before, default=(0, -1))
        longest.append((length + 1, earlier))
    run: list[Report] = []
    _, index = max(((length, index) for index, (length, _) in enumerate(longest)), default=(0, -1))
    while index >= 0:
        run.append(claimed[index])
        index = longest[index][1]
    return run[::-1]


def vehicles(turns: Sequence[Turn], sidings: Mapping[str, str]) -> dict[str, int]:
    """Number the vehicles that must have run the trips: trip -> 1, 2, 3... in the order they came
    into service.

    At each terminus the tram that came first leaves first; a trip that finds none waiting brings a
    new one. `sidings` names the place where trams wait by the stop they arrive at or leave from.
    This is a derivation, not a record: the operator publishes no vehicle.
    """
    waiting: dict[str, deque[tuple[float, int]]] = defaultdict(deque)
    arrivals: list[tuple[float, str, int]] = []
    numbers: dict[str, int] = {}
    for turn in sorted(turns, key=lambda turn: turn.left):
        here = bisect_right(arrivals, turn.left - TURNAROUND, key=lambda arrival: arrival[0])
        for arrived, place, number in arrivals[:here]:
            waiting[place].append((arrived, number))
        del arrivals[:here]
        queue = waiting[sidings.get(turn.start, turn.start)]
        number = queue.popleft()[1] if queue else len(set(numbers.values())) + 1
        numbers[turn.trip] = number
        arrivals.append((turn.arrived, sidings.get(turn.end, turn.end), number))
        arrivals.sort()
    return numbers
