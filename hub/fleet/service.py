"""Verbs of the fleet: take positions in, set doubtful ones aside, let old ones go."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any

import msgspec
from sqlalchemy import delete, text

from hub.kernel.work import Work

from .model import QuarantinedPosition
from .rules import AHEAD, KEPT, LIVE, Reason, Seen, Verdict, doubts, tidy_bearing, tidy_speed
from .wire import Position


class Problem(msgspec.Struct, omit_defaults=True):
    """What was odd about a row of a batch, by its index."""

    index: int
    reason: Reason
    detail: str


class Receipt(msgspec.Struct):
    """What became of a batch. Every row is accepted, a duplicate or quarantined; a problem with
    an accepted row (`stale`: too old for the map) is only told."""

    accepted: int
    duplicates: int
    quarantined: int
    problems: list[Problem]


def report(work: Work, feed: str, positions: Sequence[Position]) -> Receipt:
    """Store a batch of a feed, in three statements whatever its size.

    A report known already (same vehicle, same moment) changes nothing, so batches may be replayed
    and reordered. Doubtful rows go to the quarantine with their reason. Does not ask who reports;
    the edge does (`speaks_for`).
    """
    verdicts = doubts(positions, _last_seen(work, feed, positions), work.now)
    good = [row for index, row in enumerate(positions) if index not in verdicts]
    stored = work.session.execute(
        _STORE,
        {"feed": feed, "now": work.now}
        | {"rows": _written(_in_order(good))}
        | _set_aside([(positions[index], verdict.reason) for index, verdict in verdicts.items()]),
    ).scalar_one()
    return Receipt(
        accepted=stored,
        duplicates=len(good) - stored,
        quarantined=len(verdicts),
        problems=[*_problems(positions, verdicts, work.now)],
    )


def set_aside(work: Work, feed: str, rows: Sequence[tuple[Position, Reason]]) -> None:
    """Note reports that only turned out doubtful later, such as a trip that the timetable does
    not know; the positions themselves stay where they are."""
    work.session.execute(_SET_ASIDE, {"feed": feed, "now": work.now} | _set_aside(rows))


def keep_days(work: Work, keep: int) -> None:
    """Make the partitions of the coming days and drop those older than `keep` days. Run daily;
    running it twice is harmless. Dropping locks everybody out of the positions until the end of
    the transaction, so do nothing else in it."""
    today = work.now.astimezone(UTC).date()
    _open_days(work, today, today + timedelta(days=3))
    oldest = today - timedelta(days=keep)
    work.session.execute(text("SELECT fleet_drop_days(:before)"), {"before": oldest})


def forget_quarantined(work: Work, keep: int) -> None:
    """Remove what has been set aside for more than `keep` days."""
    work.session.execute(
        delete(QuarantinedPosition).where(
            QuarantinedPosition.received_at < work.now - timedelta(days=keep)
        )
    )


def _open_days(work: Work, first: date, last: date) -> None:
    days = {"first": first, "last": last}
    work.session.execute(text("SELECT fleet_open_days(:first, :last)"), days)


def _last_seen(work: Work, feed: str, positions: Sequence[Position]) -> dict[str, Seen]:
    """Each vehicle's last place before its first report in this batch, at most ten minutes older.

    Also opens the days that the batch can touch, so that midnight or a restored hub never lack a
    partition.
    """
    _open_days(
        work,
        (work.now - KEPT).astimezone(UTC).date(),
        (work.now + LIVE).astimezone(UTC).date(),
    )
    earliest: dict[str, datetime] = {}
    for row in positions:
        at = earliest.get(row.vehicle)
        now_or_lately = work.now - KEPT <= row.reported_at <= work.now + AHEAD
        if now_or_lately and (at is None or row.reported_at < at):
            earliest[row.vehicle] = row.reported_at
    asked = [
        (vehicle, at.astimezone(UTC)) for vehicle, at in earliest.items() if "\x00" not in vehicle
    ]
    rows = work.session.execute(_LAST_SEEN, {"feed": feed, "asked": _written(asked)})
    return {row.vehicle: Seen(row.reported_at, row.longitude, row.latitude) for row in rows}


_LAST_SEEN = text(
    """
    SELECT asked.vehicle, last.reported_at, last.longitude, last.latitude
    FROM (
             SELECT pair ->> 0 AS vehicle, CAST(pair ->> 1 AS timestamptz) AS at
             FROM json_array_elements(CAST(:asked AS json)) AS pair
         ) AS asked,
         LATERAL (
             SELECT reported_at, longitude, latitude FROM fleet_position
             WHERE feed = :feed AND vehicle = asked.vehicle AND longitude IS NOT NULL
               AND reported_at < asked.at AND reported_at >= asked.at - interval '10 minutes'
             ORDER BY reported_at DESC LIMIT 1
         ) AS last
    """
)

_ASIDE = """
    INSERT INTO fleet_quarantined_position (feed, digest, reason, received_at, raw)
    SELECT :feed, digest, reason, :now, raw
    FROM unnest(CAST(:digests AS bytea[]), CAST(:reasons AS text[]), CAST(:raws AS text[]))
        AS row (digest, reason, raw)
    ON CONFLICT DO NOTHING
"""

_SET_ASIDE = text(_ASIDE)

_COLUMNS = {
    "vehicle": "text",
    "reported_at": "timestamptz",
    "longitude": "float8",
    "latitude": "float8",
    "bearing": "float4",
    "speed_mps": "float4",
    "distance_m": "float8",
    "trip": "text",
    "route": "text",
    "service_date": "date",
    "start_time": "text",
    "occupancy": "text",
    "label": "text",
}

_STORE = text(
    f"""
    WITH aside AS ({_ASIDE}),
    stored AS (
        INSERT INTO fleet_position (feed, received_at, {", ".join(_COLUMNS)})
        SELECT :feed, :now, {", ".join(_COLUMNS)}
        FROM json_to_recordset(CAST(:rows AS json))
            AS row ({", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items())})
        ON CONFLICT DO NOTHING
        RETURNING 1
    )
    SELECT count(*) FROM stored
    """  # noqa: S608 (built from the names above, no input)
)


def _in_order(rows: Sequence[Position]) -> list[Position]:
    """Tidied copies, in one order for every batch: two batches that share vehicles then lock in the
    same order. In UTC, since JSON allows offsets that the database does not."""
    return [
        msgspec.structs.replace(
            row,
            reported_at=row.reported_at.astimezone(UTC),
            bearing=tidy_bearing(row.bearing),
            speed_mps=tidy_speed(row.speed_mps),
        )
        for row in sorted(rows, key=lambda row: (row.vehicle, row.reported_at))
    ]


def _written(rows: Sequence[object]) -> str:
    """Rows as JSON, which the database takes apart: arrays column by column would hold the
    interpreter, and whoever waits for a stop board, ten times as long."""
    return msgspec.json.encode(rows).decode()


def _set_aside(rows: Sequence[tuple[Position, Reason]]) -> dict[str, list[Any]]:
    raws = [msgspec.json.encode(position) for position, _ in rows]
    return {
        "digests": [sha256(raw).digest()[:16] for raw in raws],
        "reasons": [reason for _, reason in rows],
        "raws": [raw.decode() for raw in raws],
    }


def _problems(
    positions: Sequence[Position], verdicts: Mapping[int, Verdict], now: datetime
) -> list[Problem]:
    problems = [Problem(index, why.reason, why.detail) for index, why in verdicts.items()]
    problems += [
        Problem(index, "stale", "Older than ten minutes: kept as history, not shown as live.")
        for index, row in enumerate(positions)
        if index not in verdicts and row.reported_at < now - LIVE
    ]
    return sorted(problems, key=lambda problem: problem.index)
