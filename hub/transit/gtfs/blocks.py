"""Blocks: the trips that one vehicle drives one after the other."""

from collections.abc import Mapping
from dataclasses import dataclass

from .calendar import Days
from .problems import Problems
from .tables import TRIPS

MOST_LOOKS = 1_000_000
"""Pairs that are compared: a feed with every trip in one block would ask for its square."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """When a trip of a block is under way, in seconds of the service day."""

    first_arrival: int
    last_departure: int
    first_departure: int
    last_arrival: int
    service: str
    row: int
    trip: str


def judge_blocks(
    blocks: Mapping[str, list[Span]], services: Mapping[str, Days], problems: Problems
) -> None:
    """Name each pair of trips that would need one vehicle in two places on the same day.

    Two trips that share their handover (last times of one are the first times of the next) do not
    overlap: that is how feeds write a transfer within the vehicle.
    """
    together: dict[tuple[str, str], bool] = {}
    looks = 0
    for block, spans in blocks.items():
        spans.sort()
        for place, span in enumerate(spans):
            for other in spans[place + 1 :]:
                looks += 1
                if span.last_departure <= other.first_arrival or looks > MOST_LOOKS:
                    break
                handover = (span.last_arrival, span.last_departure) == (
                    other.first_arrival,
                    other.first_departure,
                )
                pair = (span.service, other.service)
                if pair not in together:
                    days = services.get(span.service, set())
                    together[pair] = not days.isdisjoint(services.get(other.service, set()))
                if not handover and together[pair]:
                    problems.add(
                        "block_trips_with_overlapping_stop_times",
                        f"Block {block!r}: trip {other.trip!r} begins before {span.trip!r} ends.",
                        file=TRIPS.file,
                        row=other.row,
                        field="block_id",
                    )
