"""What operators say today: GTFS-Realtime messages taken in, and followed by the tracker."""

from collections.abc import Sequence, Set
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NamedTuple

import msgspec
from sqlalchemy import delete, select, text
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.engine import Connection

from hub import fleet
from hub.kernel.changes import announce
from hub.kernel.following import UNREAD, Unread
from hub.kernel.work import Work

from .alerts import Alert
from .realtime_in import Message, TripSaid, read_message
from .realtime_model import StopPassage, StoredAlert, TripUpdate
from .tracks import Passage

Kind = Literal["vehicles", "trip_updates", "alerts"]

ALERTS_CHANGED = "transit_alerts"
"""The topic under which a feed's slug is announced when its alerts changed."""

MOST_AT_ONCE = 1000


class MessageReceipt(msgspec.Struct):
    """What became of a FeedMessage: its vehicles as a batch, and how much else it said."""

    vehicles: fleet.Receipt
    trip_updates: int
    alerts: int
    kinds: list[Kind]


class StoredNews(NamedTuple):
    """A TripUpdate as the tracker follows it; `at` in POSIX seconds."""

    transaction: int
    feed: str
    at: float
    said: TripSaid


def take_message(
    work: Work, feed: str, body: bytes, complete_in: Set[Kind] = frozenset()
) -> MessageReceipt:
    """Store what a FeedMessage says. Refuses with BrokenFeedMessage before storing anything.

    A full dataset replaces what the feed said in the kinds that the message holds, and in those
    named by `complete_in` also when it holds none of them.
    """
    message = read_message(body, work.now)
    receipt = fleet.Receipt(0, 0, 0, [])
    for start in range(0, len(message.positions), MOST_AT_ONCE):
        _add(
            receipt,
            fleet.report(work, feed, message.positions[start : start + MOST_AT_ONCE]),
            start,
        )
    kinds = _kinds(message)
    if "trip_updates" in kinds | complete_in:
        _hear_trips(work, feed, message)
    if "alerts" in kinds | complete_in:
        _hear_alerts(work, feed, message)
    return MessageReceipt(
        receipt, len(message.updates or ()), len(message.alerts or ()), sorted(kinds)
    )


def _kinds(message: Message) -> set[Kind]:
    held: dict[Kind, object] = {
        "vehicles": message.positions,
        "trip_updates": message.updates,
        "alerts": message.alerts,
    }
    return {kind for kind, content in held.items() if content}


def _add(total: fleet.Receipt, part: fleet.Receipt, start: int) -> None:
    total.accepted += part.accepted
    total.duplicates += part.duplicates
    total.quarantined += part.quarantined
    for problem in part.problems:
        total.problems.append(fleet.Problem(problem.index + start, problem.reason, problem.detail))


def _hear_trips(work: Work, feed: str, message: Message) -> None:
    said = {(one.trip, one.day, one.start): one for one in message.updates or ()}
    rows = [
        {"trip": trip, "service_day": day, "start_time": start, "said": msgspec.to_builtins(one)}
        for (trip, day, start), one in sorted(said.items())
    ]
    about = {"feed": feed, "at": message.at, "rows": msgspec.json.encode(rows).decode()}
    work.session.execute(_STORE_TRIPS, about)
    if message.complete:
        work.session.execute(_WITHDRAW_TRIPS, {"feed": feed, "at": message.at})


def _hear_alerts(work: Work, feed: str, message: Message) -> None:
    alerts = {alert.id: alert for alert in message.alerts or ()}
    rows = [{"id": id_, "said": msgspec.to_builtins(one)} for id_, one in sorted(alerts.items())]
    changed = work.session.execute(
        _STORE_ALERTS,
        {
            "feed": feed,
            "at": message.at,
            "rows": msgspec.json.encode(rows).decode(),
            "ids": list(alerts),
            "complete": message.complete,
        },
    ).scalar_one()
    if changed:
        announce(work, ALERTS_CHANGED, feed)


_STORE_TRIPS = text(
    """
    INSERT INTO transit_trip_update
        (feed, trip, service_day, start_time, reported_at, said, withdrawn)
    SELECT :feed, trip, service_day, start_time, :at, said, false
    FROM jsonb_to_recordset(CAST(:rows AS jsonb))
        AS row (trip text, service_day text, start_time text, said jsonb)
    ON CONFLICT (feed, trip, service_day, start_time) DO UPDATE
    SET reported_at = excluded.reported_at, said = excluded.said, withdrawn = false,
        transaction = pg_current_xact_id()::text::bigint
    WHERE transit_trip_update.reported_at < excluded.reported_at
    """
)

_WITHDRAW_TRIPS = text(
    """
    UPDATE transit_trip_update
    SET withdrawn = true, reported_at = :at, transaction = pg_current_xact_id()::text::bigint
    WHERE feed = :feed AND NOT withdrawn AND reported_at < :at
    """
)

_STORE_ALERTS = text(
    """
    WITH incoming AS (
        SELECT id, said FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS row (id text, said jsonb)
    ), changed AS (
        SELECT count(*) AS number FROM incoming
        LEFT JOIN transit_alert AS known ON known.feed = :feed AND known.id = incoming.id
        WHERE known.id IS NULL OR known.withdrawn_at IS NOT NULL OR known.said <> incoming.said
    ), stored AS (
        INSERT INTO transit_alert AS known (feed, id, said, reported_at)
        SELECT :feed, id, said, :at FROM incoming
        ON CONFLICT (feed, id) DO UPDATE
        SET said = excluded.said, reported_at = excluded.reported_at, withdrawn_at = NULL
        WHERE known.reported_at < excluded.reported_at
    ), gone AS (
        UPDATE transit_alert SET withdrawn_at = :at, reported_at = :at
        WHERE :complete AND feed = :feed AND withdrawn_at IS NULL AND reported_at < :at
          AND id <> ALL (CAST(:ids AS text[]))
        RETURNING 1
    )
    SELECT changed.number + (SELECT count(*) FROM gone) FROM changed
    """
)


class TripUpdateFollower:
    """First everything of the last day that still holds, then whatever is committed after."""

    def __init__(self) -> None:
        self._unread = Unread()

    def read(self, connection: Connection, now: datetime) -> list[StoredNews]:
        """What was said since the last call, in order; a withdrawn update says nothing any more."""
        asked = self._unread.ask(connection)
        statement = _NEWS if self._unread.begun else _STANDING
        rows = connection.execute(statement, asked | {"since": now - timedelta(days=1)}).all()
        self._unread.note(row.transaction for row in rows)
        return [StoredNews(row.transaction, row.feed, row.at, _said(row)) for row in rows]


def _said(row: Any) -> TripSaid:
    if row.withdrawn:
        return TripSaid(row.trip, row.service_day, row.start_time)
    return msgspec.convert(row.said, TripSaid)


_NEWS_COLUMNS = """
    SELECT transaction, feed, trip, service_day, start_time, said, withdrawn,
           extract(epoch FROM reported_at)::float8 AS at
    FROM transit_trip_update
"""
_STANDING = text(f"{_NEWS_COLUMNS} WHERE NOT withdrawn AND reported_at > :since ORDER BY at")
_NEWS = text(f"{_NEWS_COLUMNS} WHERE {UNREAD} AND reported_at > :since ORDER BY at")


def alerts_of(connection: Connection, feed: str) -> list[Alert]:
    """The alerts of a feed that hold."""
    rows = connection.scalars(
        select(StoredAlert.said).where(StoredAlert.feed == feed, StoredAlert.withdrawn_at.is_(None))
    )
    return [msgspec.convert(said, Alert) for said in rows]


def keep_passages(work: Work, feed: str, passages: Sequence[Passage]) -> None:
    """Write calls down as served. What is written already stays as it is."""
    if not passages:
        return
    rows = [
        passage._asdict()
        | {"feed": feed, "passed_at": datetime.fromtimestamp(passage.passed_at, UTC)}
        for passage in passages
    ]
    work.session.execute(pg_insert(StopPassage).on_conflict_do_nothing(), rows)


def forget_realtime(work: Work, keep: timedelta = timedelta(days=2)) -> None:
    """Remove what operators said and is long past; calls served are kept."""
    before = work.now - keep
    work.session.execute(delete(TripUpdate).where(TripUpdate.reported_at < before))
    work.session.execute(delete(StoredAlert).where(StoredAlert.withdrawn_at < before))
