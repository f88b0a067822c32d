"""The live city: every feed's tracker and boards, brought forward one tick at a time.

A tick reads what was committed since the last one, publishes what looks different, and every few
seconds writes down what should be kept. When the database is away, publishing goes on alone. This
decides nothing about waiting, signals or threads; the gateway role does.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import select
from sqlalchemy.engine import Connection

from hub import fleet
from hub.kernel.changes import Follower
from hub.kernel.db import Database
from hub.kernel.work import SYSTEM, Work

from . import hearing, realtime_out
from .alerts import ActiveAlerts
from .boards import BoardWriter, Delta, Row
from .bodies import encode, stamp
from .errors import NoTimetable
from .model import Feed, Version
from .publishing import Publisher
from .realtime_in import news_of
from .timetable import load_timetable
from .tracking import FeedTracker, seconds_of
from .tracks import Doubt, Passage

VERSIONS_EVERY_S = 2.0
ADVANCE_EVERY_S = 5.0
WRITE_DOWN_EVERY_S = 5.0
SWEEP_EVERY_S = 10.0
ALERTS_EVERY_S = 60.0
"""Alerts begin and end by the clock, so their boards are made anew this often."""

log = structlog.get_logger()


@dataclass(slots=True)
class Tick:
    """What a tick did, for the metrics; `lag_s` is how old the newest report was when read."""

    reports: int = 0
    vehicles: int = 0
    runs: int = 0
    boards: int = 0
    waiting: int = 0
    lag_s: float = 0.0


class _Every:
    """True once per so many seconds; at once the first time."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._due = seconds, float("-inf")

    def __call__(self, now: float) -> bool:
        if now < self._due:
            return False
        self._due = now + self._seconds
        return True


class LiveCity:
    """All feeds that have a timetable, and what is known of them now."""

    def __init__(self, database: Database, writer: BoardWriter) -> None:
        self._database, self._writer = database, writer
        # What a tracker before this one left is not ours to vouch for.
        writer.forget(writer.names(""))
        self._publishers: dict[str, Publisher] = {}
        self._standing: dict[str, tuple[UUID, datetime]] = {}
        self._positions = fleet.PositionFollower()
        self._news = hearing.TripUpdateFollower()
        self._changes: Follower | None = None
        self._shown_feeds: list[str] | None = None
        self._stale_alerts: set[str] = set()
        self._doubts: dict[str, list[Doubt]] = defaultdict(list)
        self._passages: dict[str, list[Passage]] = defaultdict(list)
        self._look, self._advance = _Every(VERSIONS_EVERY_S), _Every(ADVANCE_EVERY_S)
        self._write_down, self._sweep = _Every(WRITE_DOWN_EVERY_S), _Every(SWEEP_EVERY_S)
        self._renew_alerts = _Every(ALERTS_EVERY_S)

    def read(self, now: datetime, tick: Tick) -> None:
        """Take in what was committed since the last tick."""
        at = now.timestamp()
        with self._database.reads() as connection:
            if self._look(at):
                self._load_timetables(connection, now)
            self._hear_changes(connection)
            for news in self._news.read(connection, now):
                self._hear(news, at)
            for feed in [*self._stale_alerts]:
                self._load_alerts(connection, feed, at)
            reports = self._positions.read(connection, now)
        tick.reports = len(reports)
        tick.lag_s = max(at - reports[-1].at, 0.0) if reports else 0.0
        by_feed: dict[str, list[fleet.Report]] = defaultdict(list)
        for report in reports:
            by_feed[report.feed].append(report)
        for feed, publisher in self._publishers.items():
            publisher.tracker.absorb(by_feed.get(feed, ()), at)

    def publish(self, now: datetime, time_left: Callable[[], float], tick: Tick) -> None:
        """Write what looks different to the boards, all feeds in one transaction."""
        at = now.timestamp()
        if self._advance(at):
            for publisher in self._publishers.values():
                publisher.tracker.advance(at)
        bodies: dict[str, bytes | None] = {}
        moved: list[Row] = []
        gone: list[str] = []
        renew = self._renew_alerts(at)
        for feed, publisher in self._publishers.items():
            changes = publisher.tracker.changes
            self._doubts[feed] += changes.doubts
            self._passages[feed] += changes.passages
            found, delta = publisher.publish(at, time_left)
            bodies |= found
            if renew:
                bodies |= _alert_bodies(publisher, at)
            if delta is not None:
                moved += delta.rows
                gone += delta.gone
            tick.vehicles += len(publisher.tracker.tracks)
            tick.runs += len(publisher.tracker.runs)
            tick.waiting += publisher.waiting
        tick.boards = len(bodies)
        feeds = sorted(self._publishers)
        if feeds != self._shown_feeds:
            self._shown_feeds = feeds
            bodies["feeds"] = encode(feeds)
        changed = Delta(stamp(int(at)), moved, gone) if moved or gone else None
        self._writer.write(at, bodies, changed)
        if self._sweep(at):
            self._writer.sweep_readers()

    def write_down(self, now: datetime) -> None:
        """Keep doubtful reports and served calls in the database, every few seconds."""
        if not self._write_down(now.timestamp()):
            return
        if any(self._doubts.values()) or any(self._passages.values()):
            self._database.run(self._keep, SYSTEM, now=now)
            self._doubts.clear()
            self._passages.clear()

    def _keep(self, work: Work) -> None:
        for feed, doubts in self._doubts.items():
            rows = [(fleet.position_of(doubt.row), doubt.reason) for doubt in doubts]
            fleet.set_aside(work, feed, rows)
        for feed, passages in self._passages.items():
            hearing.keep_passages(work, feed, passages)

    def _load_timetables(self, connection: Connection, now: datetime) -> None:
        """Feeds whose version or service day is another than the one in memory."""
        rows = connection.execute(
            select(Feed.slug, Version.id, Version.timezone).join(
                Version, Version.id == Feed.current_version_id
            )
        ).all()
        for slug, version, timezone in rows:
            today = now.astimezone(ZoneInfo(timezone)).replace(
                hour=0, minute=0, second=0, microsecond=0
            )
            if self._standing.get(slug) != (version, today):
                self._load(connection, slug, today, now)
                self._standing[slug] = (version, today)
        for slug in self._publishers.keys() - {row.slug for row in rows}:
            del self._publishers[slug], self._standing[slug]
            self._forget(slug)

    def _load(self, connection: Connection, slug: str, today: datetime, now: datetime) -> None:
        at, day = now.timestamp(), today.date()
        try:
            timetable = load_timetable(
                connection, slug, day - timedelta(days=1), day + timedelta(days=1)
            )
        except NoTimetable:
            return
        tracker, publisher = FeedTracker(timetable, at), self._publishers.get(slug)
        if publisher is None:
            publisher = self._publishers[slug] = Publisher(tracker)
            # A new follower, so that the vehicles of this feed are read from the start.
            self._positions, self._news = fleet.PositionFollower(), hearing.TripUpdateFollower()
        else:
            tracker.adopt(publisher.tracker, at)
            publisher.follow(tracker)
        self._stale_alerts.add(slug)
        log.info("timetable loaded", feed=slug, journeys=len(timetable.journeys))

    def _forget(self, slug: str) -> None:
        """Take the boards of a feed down that has no timetable any more."""
        kinds = ("arrivals", "vehicles", "vehicle", "pb")
        names = [name for kind in kinds for name in self._writer.names(f"{kind}:{slug}:")]
        self._writer.forget([*names, f"fleet:{slug}", f"alerts:{slug}"])

    def _hear(self, news: hearing.StoredNews, now: float) -> None:
        publisher = self._publishers.get(news.feed)
        if publisher is None:
            return
        said, tracker = news.said, publisher.tracker
        candidates = tracker.candidates(said.trip, said.date, seconds_of(said.start))
        told = news_of(said, candidates, news.at)
        if told is not None:
            tracker.hear([told], now)

    def _hear_changes(self, connection: Connection) -> None:
        if self._changes is None:
            self._changes = Follower(connection)
            self._stale_alerts |= self._publishers.keys()
        for topic, key in self._changes.news(connection):
            if topic == hearing.ALERTS_CHANGED:
                self._stale_alerts.add(key)

    def _load_alerts(self, connection: Connection, feed: str, now: float) -> None:
        self._stale_alerts.discard(feed)
        publisher = self._publishers.get(feed)
        if publisher is None:
            return
        alerts = ActiveAlerts(feed, hearing.alerts_of(connection, feed))
        publisher.show_alerts(alerts)
        self._writer.write(now, _alert_bodies(publisher, now))


def _alert_bodies(publisher: Publisher, now: float) -> dict[str, bytes | None]:
    feed, alerts = publisher.feed, publisher.alerts
    return {
        f"alerts:{feed}": alerts.body(now),
        f"pb:{feed}:alerts": realtime_out.service_alerts(alerts.current(now), now),
    }
