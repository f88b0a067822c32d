"""A hub whose access log may be broken: a database of its own, emptied before each test."""

import os
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import create_engine, text

from hub import audit
from hub.audit.copies import Copy
from hub.audit.verifying import verify
from hub.jobs.release import release
from hub.kernel import ids
from hub.kernel.db import with_driver
from hub.kernel.work import SYSTEM, Actor
from hub.local.postgres import Cluster
from hub.parts import build_parts
from hub.settings import Settings
from tests.conftest import ROOT_KEY

OFFICER = Actor("officer", "officer_test")
ORIGIN = "localhost/access-log"


class Log:
    """The access log of a hub, and what its owner, or a citizen, may do to it."""

    def __init__(self, parts, owner, folder):
        self.parts, self._owner = parts, owner
        self.copies = [Copy(folder)]
        self.person = ids.new_id()
        self.keyring = parts.keyring

    def work(self, act, actor=OFFICER, now=None):
        return self.parts.database.run(act, actor, now=now)

    def read(self, about=None, *, now=None, **more):
        """Somebody reads something about a person, in a transaction of its own."""
        given = {
            "about": about or self.person,
            "register": "population",
            "purpose": "entitlement check",
            "basis": "legal_duty",
            "fields": ["name", "born_on"],
            **more,
        }
        self.work(lambda work: audit.read(work, **given), now=now)

    def seal(self, now=None):
        return self.work(lambda work: audit.seal(work, self.keyring, ORIGIN), SYSTEM, now)

    def copy(self):
        with self.parts.database.reading(SYSTEM) as reading:
            audit.catch_up(self.copies, reading)

    def sealed(self, *portions):
        """So many rows, sealed and copied in portions."""
        for count in portions:
            for number in range(count):
                self.read(purpose=f"purpose {number}")
            assert self.seal() == count
            self.copy()

    def verify(self, *, copies=True):
        given = self.copies if copies else []
        return self.work(lambda work: verify(work, self.parts.root(), given, lambda _: None))

    def owner(self, statement, **values):
        """What the owner of the database writes into it."""
        with self._owner.begin() as connection:
            found = connection.execute(text(statement), values)
            return found.all() if found.returns_rows else []

    def as_person(self, act, person=None):
        somebody = Actor("citizen", ids.show("person", person or self.person))
        with self.parts.database.reading(somebody) as reading:
            return act(reading)

    def mine(self, person=None):
        return self.as_person(lambda r: audit.mine(r, after=None, limit=100), person)

    def ids(self) -> list[UUID]:
        """The rows of the log by position."""
        return [row[0] for row in self.owner("SELECT access_id FROM audit_leaf ORDER BY position")]

    def name(self, position):
        return f"row {ids.show('access', self.ids()[position])} at position {position}"


@pytest.fixture(scope="session")
def log_parts(tmp_path_factory):
    folder = os.environ.get("HUB_TEST_POSTGRES_BIN")
    home = tmp_path_factory.mktemp("log-cluster")
    with Cluster(home, bin_dir=Path(folder) if folder else None, throwaway=True) as cluster:
        settings = Settings.from_env(
            {
                "HUB_HOME": str(tmp_path_factory.mktemp("log-home")),
                "HUB_ROOT_KEY": ROOT_KEY,
                "HUB_LOG_LEVEL": "error",
                "DATABASE_URL": cluster.url("hub_app"),
                "DATABASE_OWNER_URL": cluster.url("hub_owner"),
            }
        )
        release(settings)
        parts = build_parts(settings, application="hub-log-test", pool_size=16)
        yield parts
        parts.watch.stop()
        parts.database.dispose()


@pytest.fixture
def log(log_parts, tmp_path):
    owner = create_engine(with_driver(log_parts.settings.database_owner_url))
    log = Log(log_parts, owner, tmp_path / "checkpoints")
    log.owner("TRUNCATE audit_access, audit_leaf, audit_node, audit_checkpoint RESTART IDENTITY")
    yield log
    owner.dispose()
