"""Timetables handed in by a publisher: signed, read in the background, whole or not at all."""

import threading
from contextlib import contextmanager, suppress
from io import BytesIO
from uuid import uuid4

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from blueprints.traffic.imports import remove_spent_versions
from hub import files
from hub.kernel.errors import NotFound
from hub.kernel.ids import read, show
from hub.kernel.work import SYSTEM
from hub.transit import feeds, importing
from hub.transit.commands import transit
from hub.transit.errors import NothingToGoBackTo, ZipBeingRead
from tests.factories.feeds import a_feed, imported, published
from tests.factories.gtfs import TOWN, town_zip, with_row, with_text, zipped

ZIP = "application/zip"


@pytest.fixture
def feed(db):
    return a_feed(db)


@pytest.fixture
def publisher(city, feed):
    return city.device("publisher", ["transit.schedule:publish"], [f"feed:{feed}"])


class Office:
    """Where a publisher hands in and follows up."""

    def __init__(self, client, parts, signs, feed):
        self._client, self._parts, self._signs = client, parts, signs
        self.address = f"/v1/transit/feeds/{feed}/imports"

    def hand_in(self, body, media_type=ZIP, **headers):
        signed = self._signs.headers(body, self.address, now=self._parts.database.clock())
        return self._client.post(
            self.address, data=body, content_type=media_type, headers=signed | headers
        )

    def follow(self, import_id):
        address = f"/v1/transit/imports/{import_id}"
        now = self._parts.database.clock()
        signed = self._signs.headers(b"", address, now=now, method="GET")
        return self._client.get(address, headers=signed)


@pytest.fixture
def office(client, parts, publisher, feed):
    return Office(client, parts, publisher, feed)


def names(client, feed):
    items = client.get("/v1/transit/stops", query_string={"feed": feed}).json["items"]
    return {stop["name"]["zh-CN"] for stop in items}


def test_a_zip_becomes_the_timetable_in_the_background(office, outbox, client, feed, parts):
    handed_in = office.hand_in(town_zip())

    assert handed_in.status_code == 202
    assert (handed_in.json["state"], handed_in.json["percent"]) == ("queued", 0)
    outbox.deliver()
    done = office.follow(handed_in.json["id"]).json
    assert (done["state"], done["percent"], done["problems"]) == ("published", 100, [])
    assert done["rows_read"] == sum(len(t.splitlines()) - 1 for t in TOWN.values())
    assert feed in parts.of(_directory).feeds()


def test_a_broken_zip_changes_nothing_and_says_why(office, outbox, client, db, feed):
    published(db, town_zip(), feed)
    broken = with_row("stop_times.txt", "NOBODY,09:00:00,09:00:00,1001,1,0,0,1")
    broken["stops.txt"] = broken["stops.txt"].replace("中央大街", "别的地方")

    handed_in = office.hand_in(zipped(broken))
    outbox.deliver()

    refused = office.follow(handed_in.json["id"]).json
    assert refused["state"] == "refused"
    assert refused["errors"] == 1
    assert refused["problems"] == [
        {
            "rule": "foreign_key_violation",
            "severity": "error",
            "detail": "trips.txt has no 'NOBODY'.",
            "file": "stop_times.txt",
            "row": 22,
            "field": "trip_id",
        }
    ]
    assert "中央大街" in names(client, feed)


def test_what_is_no_zip_is_not_taken(office):
    for body, kind in ((b"agency_id", ZIP), (town_zip(), "application/json"), (b"", ZIP)):
        answer = office.hand_in(body, kind)
        assert (answer.status_code, answer.json["type"]) == (415, "/problems/not-a-zip")


def test_the_same_request_twice_is_one_import(office, client, parts, publisher):
    body, key = town_zip(), uuid4().hex
    first = office.hand_in(body, **{"Idempotency-Key": key})
    again = office.hand_in(body, **{"Idempotency-Key": key})

    assert again.json == first.json
    assert again.headers["Idempotent-Replayed"] == "true"


def test_only_the_publisher_of_a_feed_may_hand_in(client, city, parts, feed):
    stranger = city.device("publisher", ["transit.schedule:publish"], ["feed:elsewhere"])
    gate = city.device("gate", ["passes.pass:check"])

    assert Office(client, parts, stranger, feed).hand_in(town_zip()).status_code == 403
    assert Office(client, parts, gate, feed).hand_in(town_zip()).status_code == 403
    unsigned = client.post(
        f"/v1/transit/feeds/{feed}/imports",
        data=town_zip(),
        content_type=ZIP,
        headers={"Idempotency-Key": uuid4().hex},
    )
    assert unsigned.status_code == 401


def test_an_import_is_for_who_asked_for_it(client, city, parts, office, feed):
    handed_in = office.hand_in(town_zip()).json
    other = city.device("publisher", ["transit.schedule:publish"], [f"feed:{feed}"])

    assert Office(client, parts, other, feed).follow(handed_in["id"]).status_code == 404
    assert office.follow(handed_in["id"]).status_code == 200
    assert office.follow(show("import", uuid4())).status_code == 404


def test_an_unknown_feed_takes_no_zip(client, city, parts):
    anybody = city.device("publisher", ["transit.schedule:publish"])

    answer = Office(client, parts, anybody, "atlantis").hand_in(town_zip())

    assert (answer.status_code, answer.json["type"]) == (404, "/problems/no-timetable")


def test_a_large_body_is_refused_by_its_length(client, office):
    answer = client.post(
        office.address, content_type=ZIP, environ_overrides={"CONTENT_LENGTH": str(65 << 20)}
    )

    assert answer.status_code == 413


def test_an_event_delivered_twice_publishes_once(office, outbox, db, parts):
    handed_in = office.hand_in(town_zip()).json
    outbox.deliver()
    import_id = read("import", handed_in["id"])
    before = office.follow(handed_in["id"]).json

    importing.run_stored(parts.database, parts.vault, import_id)

    assert office.follow(handed_in["id"]).json == before


@pytest.fixture
def talkative(monkeypatch):
    """An import that tells of every row instead of twice a second."""
    monkeypatch.setattr("hub.transit.loading._TELL_SECONDS", 0.0)


def test_a_watcher_sees_progress_while_the_import_is_open(db, feed, talkative):
    many = dict(TOWN)
    many["trips.txt"] += "".join(f"L1,WK,B{trip},x,0,,\n" for trip in range(30))
    many["stop_times.txt"] += "".join(
        f"B{trip},08:{n:02}:00,08:{n:02}:00,100{1 + n % 2},{n},0,0,\n"
        for trip in range(30)
        for n in range(60)
    )
    wanted = db.run(lambda work: importing.queue(work, feed), SYSTEM)
    seen = []

    def look(rows_read, percent):
        with db.reads() as connection:
            row = connection.execute(
                text("SELECT state, rows_read, percent FROM transit_import WHERE id = :id"),
                {"id": wanted.id},
            ).one()
        seen.append(tuple(row))
        assert (row.rows_read, row.percent) == (rows_read, percent)

    done = importing.run(db, wanted, BytesIO(zipped(many)), watch=look)

    assert done.state == "published"
    assert {state for state, _, _ in seen} == {"running"}
    percents = [percent for _, _, percent in seen]
    assert percents == sorted(percents)
    assert 0 < percents[len(percents) // 2] < 100


def test_an_import_that_dies_leaves_nothing_and_can_be_run_again(db, feed, talkative):
    class Died(BaseException):
        """What `kill -9` looks like from inside the transaction: it never ends."""

    def die(_rows, percent):
        if percent >= 70:
            raise Died

    wanted = db.run(lambda work: importing.queue(work, feed), SYSTEM)
    with pytest.raises(Died):
        importing.run(db, wanted, BytesIO(town_zip()), watch=die)

    with db.reads() as connection:
        versions = connection.scalar(
            text("SELECT count(*) FROM transit_version WHERE feed_id = :feed"),
            {"feed": wanted.feed_id},
        )
    assert versions == 0
    assert importing.run(db, wanted, BytesIO(town_zip())).state == "published"


def test_two_workers_with_the_same_import_publish_it_once(db, feed):
    wanted = db.run(lambda work: importing.queue(work, feed), SYSTEM)
    gate = threading.Barrier(2)

    def work_off():
        gate.wait(timeout=10)
        with suppress(ZipBeingRead):
            importing.run(db, wanted, BytesIO(town_zip()))

    workers = [threading.Thread(target=work_off) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=30)

    with db.reads() as connection:
        assert (
            connection.scalar(
                text("SELECT count(*) FROM transit_version WHERE feed_id = :feed"),
                {"feed": wanted.feed_id},
            )
            == 1
        )


@contextmanager
def another_reader(db, import_id):
    """A process that reads the zip of an import, or died and is not missed yet."""
    with db.work(SYSTEM) as work:
        key = text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))")
        work.session.execute(key, {"key": f"transit_import {import_id}"})
        yield


def test_an_import_that_a_dead_process_still_holds_is_tried_again(office, parts, db):
    handed_in = office.hand_in(town_zip()).json
    import_id = read("import", handed_in["id"])

    with another_reader(db, import_id), pytest.raises(ZipBeingRead):
        importing.run_stored(parts.database, parts.vault, import_id)
    assert office.follow(handed_in["id"]).json["state"] == "running"

    importing.run_stored(parts.database, parts.vault, import_id)
    assert office.follow(handed_in["id"]).json["state"] == "published"


def test_the_command_says_that_another_process_reads_the_zip(settings, feed, tmp_path, monkeypatch):
    def held(*_about):
        raise ZipBeingRead

    monkeypatch.setattr(importing, "_undecided", held)
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("HUB_HOME", str(tmp_path))
    path = tmp_path / "town.zip"
    path.write_bytes(town_zip())

    told = CliRunner().invoke(transit, ["import", str(path), "--feed", feed])

    assert told.exit_code == 1
    assert "Another process is reading this zip." in told.output


def test_the_zip_goes_a_week_after_its_import_was_decided(office, outbox, parts, clock):
    published_one = office.hand_in(town_zip()).json
    refused_one = office.hand_in(zipped(with_row("stop_times.txt", "NOBODY,,,,,,,"))).json
    outbox.deliver()
    waiting = office.hand_in(zipped(with_text("stops.txt", "会展中心", "新会展"))).json
    followed = (published_one["id"], refused_one["id"], waiting["id"])
    before = [office.follow(import_id).json for import_id in followed]

    clock.move(days=6)
    remove_spent_versions(parts)
    assert [zip_of(parts, import_id) is not None for import_id in followed] == [True] * 3
    clock.move(days=2)
    files_of = [zip_of(parts, import_id) for import_id in followed]
    remove_spent_versions(parts)
    remove_spent_versions(parts)

    assert [zip_of(parts, import_id) for import_id in followed] == [None, None, files_of[2]]
    for file_id in files_of[:2]:
        with pytest.raises(NotFound):
            parts.database.run(lambda work, file_id=file_id: files.find(work, file_id), SYSTEM)
    assert [office.follow(import_id).json for import_id in followed] == before
    outbox.deliver()
    assert office.follow(waiting["id"]).json["state"] == "published"


def zip_of(parts, import_id):
    """The id of the file that an import keeps."""
    with parts.database.reads() as connection:
        return connection.scalar(
            text("SELECT file_id FROM transit_import WHERE id = :id"),
            {"id": read("import", import_id)},
        )


def test_what_is_decided_stays_decided(db, feed):
    wanted = db.run(lambda work: importing.queue(work, feed), SYSTEM)
    first = importing.run(db, wanted, BytesIO(town_zip()))

    again = importing.run(db, wanted, BytesIO(b"no zip at all"))

    assert (again.state, again.version_id) == ("published", first.version_id)


def test_a_zip_handed_in_earlier_does_not_overtake(db, feed):
    early = db.run(lambda work: importing.queue(work, feed), SYSTEM)
    late = db.run(lambda work: importing.queue(work, feed), SYSTEM)
    assert importing.run(db, late, BytesIO(town_zip())).state == "published"

    done = importing.run(db, early, BytesIO(town_zip()))

    assert done.state == "refused"
    assert done.problems[0]["rule"] == "newer_version_published"


def test_readers_see_one_version_or_the_other_never_both(db, client, feed):
    published(db, town_zip(), feed)
    other = zipped(with_text("stops.txt", "会展中心", "新会展"))
    stop, mixed = threading.Event(), []

    def keep_reading():
        while not stop.is_set():
            with db.reads() as connection:
                current = feeds.current_feeds(connection)[feed]
                count = connection.scalar(
                    text("SELECT count(*) FROM transit_stop WHERE version_id = :v"),
                    {"v": current.version_id},
                )
            if count != 5:
                mixed.append(count)

    reader = threading.Thread(target=keep_reading)
    reader.start()
    for content in (other, town_zip(), other):
        assert imported(db, feed, content).state == "published"
    stop.set()
    reader.join(timeout=10)

    assert mixed == []


def test_the_version_before_is_kept_and_can_come_back(db, clock, feed):
    published(db, town_zip(), feed)
    with db.reads() as connection:
        first = feeds.current_feeds(connection)[feed].version_id
    published(db, zipped(with_text("stops.txt", "会展中心", "新会展")), feed)

    db.run(lambda work: feeds.go_back(work, feed), SYSTEM)

    with db.reads() as connection:
        assert feeds.current_feeds(connection)[feed].version_id == first
    with pytest.raises(NothingToGoBackTo):
        db.run(lambda work: feeds.go_back(work, feed), SYSTEM)


def test_versions_that_nobody_reads_are_removed_and_the_one_before_stays(db, clock, feed):
    for name in ("一", "二", "三", "四"):
        published(db, zipped(with_text("stops.txt", "会展中心", name)), feed)
    clock.move(hours=2)

    db.run(feeds.remove_spent, SYSTEM)

    with db.reads() as connection:
        left = connection.scalars(
            text(
                "SELECT s.name->>'zh-CN' FROM transit_version v"
                " JOIN transit_feed f ON f.id = v.feed_id AND f.slug = :slug"
                " JOIN transit_stop s ON s.version_id = v.id AND s.id = '1004' ORDER BY 1"
            ),
            {"slug": feed},
        ).all()
    assert set(left) == {"三", "四"}


def _directory(parts):
    from blueprints.traffic.by_version import directory

    return directory(parts)
