"""What every test finds: a database of its own worker, the application, a clock, people.

Each worker of the run has a PostgreSQL cluster of its own, started and migrated in two seconds
(docs/decisions/0007); tests commit, clean nothing, and use only people and feeds that they made.
"""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import hypothesis
import pytest
from flask import Flask
from flask.testing import FlaskClient

from blueprints import SECTORS
from hub.app import create_app
from hub.jobs.release import release
from hub.kernel.db import Database
from hub.local.postgres import Cluster
from hub.parts import Parts, build_parts
from hub.settings import Settings

from .city import City, Outbox

hypothesis.settings.register_profile("usual", deadline=None)
hypothesis.settings.register_profile("soak", deadline=None, max_examples=3000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "usual"))

ROOT_KEY = "dGVzdHMgb25seSwgbm90IGEgc2VjcmV0IG9mIGFueSA="


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Cluster]:
    """This worker's PostgreSQL; data of tests need not survive a power cut."""
    folder = os.environ.get("HUB_TEST_POSTGRES_BIN")
    home = tmp_path_factory.mktemp("cluster")
    with Cluster(home, bin_dir=Path(folder) if folder else None, throwaway=True) as started:
        yield started


@pytest.fixture(scope="session")
def settings(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a demo hub on this worker's migrated database."""
    return Settings.from_env(
        {
            "HUB_HOME": str(tmp_path_factory.mktemp("home")),
            "HUB_DEMO": "1",
            "HUB_ROOT_KEY": ROOT_KEY,
            "HUB_REQUESTS_PER_SECOND": "0",
            "HUB_LOG_LEVEL": "error",
            "DATABASE_URL": cluster.url("hub_app"),
            "DATABASE_OWNER_URL": cluster.url("hub_owner"),
        }
    )


class Clock:
    """The time of the tests: moves when told, and a little by itself so that order shows."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def move(self, **by: float) -> None:
        """Let time pass, for example ``clock.move(minutes=6)``."""
        self.ahead += timedelta(**by)


@pytest.fixture
def clock(parts: Parts) -> Iterator[Clock]:
    """The hub's clock during one test."""
    clock, before = Clock(), parts.database.clock
    parts.database.clock = clock
    yield clock
    parts.database.clock = before


@pytest.fixture(scope="session")
def parts(settings: Settings) -> Iterator[Parts]:
    """The parts of the hub under test."""
    release(settings)
    built = build_parts(settings, application="hub-test", pool_size=16)
    yield built
    built.watch.stop()
    built.database.dispose()


@pytest.fixture(scope="session")
def app(settings: Settings, parts: Parts) -> Flask:
    """The application under test."""
    return create_app(settings, SECTORS, parts=parts)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client without cookies of anybody else."""
    return app.test_client()


@pytest.fixture(scope="session")
def db(parts: Parts) -> Database:
    """The database of this worker."""
    return parts.database


@pytest.fixture
def outbox(parts: Parts) -> Outbox:
    """What was emitted; ``deliver`` lets the reactions happen now."""
    return Outbox(parts, SECTORS)


@pytest.fixture
def city(app: Flask, parts: Parts) -> City:
    """Makes citizens, devices and whatever else a test needs, through verbs."""
    return City(app, parts)


@pytest.fixture
def as_citizen(city: City) -> Callable[[str], dict[str, str]]:
    """Headers of a signed-in synthetic citizen; the same name is the same person in one test."""
    return city.as_citizen


@pytest.fixture
def as_officer(city: City) -> Callable[[str], dict[str, str]]:
    """Headers of an officer on duty in a role such as ``identity:administrator``."""
    return city.as_officer
