"""`kill -9` in the middle of a person's copy and of an erasure: it is done anew, and is whole."""

import os
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import LiteralString
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text

from blueprints import SECTORS
from blueprints.citizen import access_log, closure
from hub import files, privacy
from hub.app import create_app
from hub.audit.verifying import verify
from hub.jobs.release import release
from hub.kernel import ids
from hub.kernel.work import SYSTEM, Actor
from hub.local.postgres import Cluster
from hub.parts import Parts, build_parts
from hub.settings import Settings
from tests.city import City, Somebody
from tests.factories.planted import Planted, left_of
from tests.local.hub_process import ROOT

Eventually = Callable[[Callable[[], object]], None]

CLOSE = """
from blueprints import SECTORS
from blueprints.citizen import closure
from hub.parts import build_parts
from hub.settings import Settings
closure.close_accounts(build_parts(Settings.from_env(), application="hub-closing"))
"""


@pytest.fixture
def variables(own_cluster: Cluster, home: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HUB_HOME": str(home),
        "HUB_LOG_LEVEL": "error",
        "DATABASE_URL": own_cluster.url("hub_app"),
        "DATABASE_OWNER_URL": own_cluster.url("hub_owner"),
    }


@pytest.fixture
def parts(variables: dict[str, str]) -> Iterator[Parts]:
    settings = Settings.from_env({k: v for k, v in variables.items() if k != "PATH"})
    release(settings)
    built = build_parts(settings, application="hub-test")
    yield built
    built.watch.stop()
    built.database.dispose()


@pytest.fixture
def city(parts: Parts) -> City:
    return City(create_app(parts.settings, SECTORS, parts=parts), parts)


@contextmanager
def process(variables: dict[str, str], *command: str) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, *command], cwd=ROOT, env=variables) as started:
        try:
            yield started
        finally:
            started.send_signal(signal.SIGKILL)


@contextmanager
def in_the_way(cluster: Cluster, statement: LiteralString) -> Iterator[Callable[[], bool]]:
    """Hold a lock as long as this lasts; whether somebody waits for it."""
    waits = (
        "SELECT count(*) > 0 FROM pg_stat_activity"
        " WHERE pg_backend_pid() <> pid AND %s = ANY (pg_blocking_pids(pid))"
    )
    url = cluster.url("hub_owner")
    with psycopg.connect(url) as holding, psycopg.connect(url, autocommit=True) as looking:
        holding.execute(statement)
        pid = holding.info.backend_pid
        yield lambda: looking.execute(waits, [pid]).fetchone() == (True,)
        holding.rollback()


def acting(somebody: Somebody) -> Actor:
    return Actor("citizen", somebody.id, session=ids.show("session", somebody.tokens.session_id))


def contents(home: Path) -> list[Path]:
    return list((home / "files").glob("??/*"))


def state(parts: Parts, table: str, row: UUID) -> str:
    query = text(f"SELECT state FROM {table} WHERE id = :id")
    return str(parts.database.read(lambda r: r.connection.scalar(query, {"id": row}), SYSTEM))


def test_a_worker_killed_in_the_middle_of_a_copy(
    own_cluster: Cluster,
    home: Path,
    variables: dict[str, str],
    parts: Parts,
    city: City,
    eventually: Eventually,
) -> None:
    li = city.citizen("li")
    asked = parts.database.run(privacy.ask_for_export, acting(li))
    with (
        in_the_way(own_cluster, "LOCK TABLE files_file IN SHARE MODE") as is_waited_for,
        process(variables, "-m", "hub", "worker"),
    ):
        eventually(is_waited_for)  # the bytes are on the disk, their row is not committed
    assert state(parts, "privacy_export", asked.id) == "waiting"
    assert len(contents(home)) == 1

    with process(variables, "-m", "hub", "worker"):
        eventually(lambda: state(parts, "privacy_export", asked.id) == "ready")

    files.tidy(parts.database, parts.vault)
    assert len(contents(home)) == 1
    file = parts.database.run(lambda work: privacy.file_of(work, asked.id), acting(li))
    with files.read(parts.vault, file) as plain:
        assert "data.json" in zipfile.ZipFile(BytesIO(plain.read())).namelist()


def test_an_erasure_killed_in_the_middle(
    own_cluster: Cluster,
    home: Path,
    variables: dict[str, str],
    parts: Parts,
    city: City,
    eventually: Eventually,
) -> None:
    real = parts.database.clock
    parts.database.clock = lambda: real() - timedelta(days=8)
    li = city.citizen("li")
    parts.database.run(
        lambda work: privacy.ask_to_close(work, sign_out_everywhere=False), acting(li)
    )
    parts.database.clock = lambda: real() - timedelta(hours=1)
    closure.close_accounts(parts)
    parts.database.clock = real
    planted = Planted(parts, li.person_id)
    access_log.seal(parts)
    before = left_of(parts, li.person_id)

    with (
        in_the_way(own_cluster, "SELECT FROM identity_person FOR UPDATE") as is_waited_for,
        process(variables, "-c", CLOSE),
    ):
        eventually(is_waited_for)  # everything but the person's own row is done
    assert left_of(parts, li.person_id) == before
    assert log_of(parts) == []

    with process(variables, "-c", CLOSE) as closing:
        assert closing.wait(60) == 0

    left = left_of(parts, li.person_id)
    assert {name for name, (said, _) in left.items() if said.erase == "delete"} == set()
    assert planted.texts() != []
    assert contents(home) == []
    assert log_of(parts) == []


def log_of(parts: Parts) -> list[str]:
    access_log.seal(parts)
    report = parts.database.run(lambda work: verify(work, parts.root(), (), lambda _: None), SYSTEM)
    return report.wrong
