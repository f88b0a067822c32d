"""An import in a process of its own, killed in the middle without a word."""

import io
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import text

from hub.transit import importing
from hub.transit.errors import ZipBeingRead
from hub.transit.feeds import current_feeds
from tests.factories.feeds import a_feed, published
from tests.factories.gtfs import TOWN, town_zip, zipped

ROOT = Path(__file__).resolve().parents[3]


def a_long_zip(trips=3000, calls=60):
    """Two or three seconds of work."""
    tables = dict(TOWN)
    tables["trips.txt"] += "".join(f"L1,WK,B{trip},x,0,,\n" for trip in range(trips))
    tables["stop_times.txt"] += "".join(
        f"B{trip},08:{n:02}:00,08:{n:02}:00,100{1 + n % 2},{n},0,0,\n"
        for trip in range(trips)
        for n in range(calls)
    )
    return zipped(tables)


@pytest.fixture
def patience():
    """Waits without keeping a processor busy."""
    gate = threading.Event()

    def until(true, seconds=60.0):
        deadline = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < deadline, "It never came."
            gate.wait(0.02)

    return until


def test_kill_9_leaves_the_feed_as_it_was_and_a_job_to_run_again(db, settings, tmp_path, patience):
    feed = published(db, town_zip(), a_feed(db))
    path = tmp_path / "long.zip"
    path.write_bytes(a_long_zip())
    with db.reads() as connection:
        before = current_feeds(connection)[feed].version_id

    process = subprocess.Popen(
        [sys.executable, "-m", "hub", "transit", "import", str(path), "--feed", feed],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": settings.database_url, "HUB_HOME": str(tmp_path)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

    def latest():
        with db.reads() as connection:
            return connection.execute(
                text(
                    "SELECT i.* FROM transit_import i JOIN transit_feed f ON f.id = i.feed_id"
                    " WHERE f.slug = :slug ORDER BY i.id DESC LIMIT 1"
                ),
                {"slug": feed},
            ).one()

    patience(lambda: latest().state == "running" and latest().rows_read > 0)
    os.kill(process.pid, signal.SIGKILL)
    process.wait(timeout=10)

    def versions():
        with db.reads() as connection:
            return connection.scalars(
                text(
                    "SELECT v.id FROM transit_version v JOIN transit_feed f ON f.id = v.feed_id"
                    " WHERE f.slug = :slug"
                ),
                {"slug": feed},
            ).all()

    killed = latest()
    assert killed.state == "running"
    assert versions() == [before]
    with db.reads() as connection:
        assert current_feeds(connection)[feed].version_id == before

    def tried_again():
        try:
            return importing.run(db, killed, io.BytesIO(path.read_bytes())).state == "published"
        except ZipBeingRead:
            return False  # the server has not noticed yet that its client is gone

    patience(tried_again)
    assert latest().state == "published"
    assert len(versions()) == 2
