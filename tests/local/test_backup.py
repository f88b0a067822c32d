"""A backup brings everything back, and what it brings back keeps silent."""

import os
import shutil
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from hub.jobs.release import release
from hub.local import archive, backup, places
from hub.local.environment import cluster as embedded
from hub.local.errors import CannotRun
from hub.local.postgres import Cluster
from hub.settings import Settings

PASSPHRASE = "harbour lights at five"
EVENT = """INSERT INTO kernel_outbox
    (id, type, version, occurred_at, subject, sequence, actor_kind, actor_id, data, relayed_at)
    VALUES (gen_random_uuid(), 'passes.pass_blocked', 1, now(), 'pass', %s, 'system', 'hub',
            '{}', %s)"""
JOB = """INSERT INTO procrastinate.procrastinate_jobs (queue_name, task_name, args)
    VALUES ('events', %s, '{}')"""


@dataclass(frozen=True)
class Hub:
    """A hub with its own HUB_HOME, on a database of the test's own server."""

    home: Path
    environ: dict[str, str]

    def ask(self, question: str, *given: object) -> list[tuple[object, ...]]:
        url = self.environ["DATABASE_OWNER_URL"]
        options = "-c search_path=public,procrastinate"
        with psycopg.connect(url, autocommit=True, options=options) as connection:
            cursor = connection.execute(question.encode(), given or None)
            return cursor.fetchall() if cursor.description else []


def hub_on(cluster: Cluster, database: str, home: Path, bin_dir: Path | None) -> Hub:
    environ = {
        "PATH": os.environ["PATH"],
        "HUB_HOME": str(home),
        "DATABASE_URL": cluster.url("hub_app", database),
        "DATABASE_OWNER_URL": cluster.url("hub_owner", database),
    }
    if bin_dir is not None:
        environ["HUB_POSTGRES_BIN"] = str(bin_dir)
    return Hub(home, environ)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A server whose database `hub` holds a hub in the middle of its work."""
    folder = os.environ.get("HUB_TEST_POSTGRES_BIN")
    home = tmp_path_factory.mktemp("server")
    with Cluster(home, bin_dir=Path(folder) if folder else None, throwaway=True) as cluster:
        hub = hub_on(cluster, "hub", home, None)
        release(Settings.from_env(hub.environ))
        hub.ask(EVENT, 1, "2026-11-24")
        hub.ask(EVENT, 2, None)
        hub.ask(JOB, "errand")
        hub.ask(JOB, "react")
        kept = home / "files" / "ab" / "cdef01"
        kept.parent.mkdir(parents=True)
        kept.write_bytes(b"sealed" * 300_000)
        yield cluster


@pytest.fixture
def original(server: Cluster, bin_dir: Path | None, tmp_path: Path) -> Iterator[Hub]:
    """A hub with something in it."""
    home = tmp_path / "original"
    home.mkdir()
    shutil.copytree(server.home / "files", home / "files")
    shutil.copy(server.home / "root.key", home)
    server.create_database("original", template="hub")
    yield hub_on(server, "original", home, bin_dir)
    server.drop_database("original")


@pytest.fixture
def elsewhere(server: Cluster, bin_dir: Path | None, tmp_path: Path) -> Iterator[Hub]:
    """An empty place for it."""
    server.create_database("elsewhere")
    yield hub_on(server, "elsewhere", tmp_path / "elsewhere", bin_dir)
    server.drop_database("elsewhere")


@pytest.fixture
def file(original: Hub, tmp_path: Path) -> Path:
    """A backup of the original."""
    backup.back_up(original.environ, tmp_path / "hub.backup", passphrase=None)
    return tmp_path / "hub.backup"


@pytest.fixture
def shelter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = Path("/var/tmp") / f"hub-test-{os.getpid()}"
    folder.mkdir(mode=0o755)
    yield folder
    shutil.rmtree(folder)


def test_database_key_and_files_come_back(original: Hub, elsewhere: Hub, file: Path) -> None:
    manifest = backup.restore(elsewhere.environ, file, passphrase=None)

    assert manifest.parts.keys() == {"database.dump", "root.key", "files/ab/cdef01"}
    for name in ("root.key", "files/ab/cdef01"):
        assert (elsewhere.home / name).read_bytes() == (original.home / name).read_bytes()
    keys = "SELECT kid, sealed FROM keys_key ORDER BY kid"
    assert elsewhere.ask(keys) == original.ask(keys)
    assert oct(file.stat().st_mode & 0o777) == "0o600"


def test_a_restored_hub_sends_nothing_a_second_time(elsewhere: Hub, file: Path) -> None:
    backup.restore(elsewhere.environ, file, passphrase=None)

    waiting = "SELECT count(*) FROM kernel_outbox WHERE relayed_at IS NULL AND held_at IS NULL"
    held = "SELECT sequence FROM kernel_outbox WHERE held_at IS NOT NULL"
    jobs = """SELECT task_name, status::text FROM procrastinate.procrastinate_jobs
              WHERE queue_name = 'events' ORDER BY task_name"""
    assert elsewhere.ask(waiting) == [(0,)]
    assert elsewhere.ask(held) == [(2,)]
    assert elsewhere.ask(jobs) == [("errand", "cancelled"), ("react", "todo")]


def test_it_sends_what_waited_when_told_that_the_original_could_not(
    elsewhere: Hub, file: Path
) -> None:
    backup.restore(elsewhere.environ, file, passphrase=None, send_waiting=True)

    assert elsewhere.ask("SELECT count(*) FROM kernel_outbox WHERE held_at IS NOT NULL") == [(0,)]


def test_a_hub_is_replaced_only_by_force(original: Hub, file: Path) -> None:
    original.ask("CREATE TABLE later ()")

    with pytest.raises(CannotRun, match="--force replaces it"):
        backup.restore(original.environ, file, passphrase=None)
    backup.restore(original.environ, file, passphrase=None, force=True)

    assert original.ask("SELECT to_regclass('later') IS NULL") == [(True,)]


def test_a_restored_hub_can_be_backed_up_and_restored_again(
    original: Hub, elsewhere: Hub, file: Path, tmp_path: Path
) -> None:
    backup.restore(elsewhere.environ, file, passphrase=None)
    again = tmp_path / "again.backup"
    backup.back_up(elsewhere.environ, again, passphrase=None)

    backup.restore(original.environ, again, passphrase=None, force=True)

    assert original.ask("SELECT count(*) FROM kernel_outbox") == [(2,)]


def test_a_sealed_backup_opens_only_with_its_passphrase(
    original: Hub, elsewhere: Hub, tmp_path: Path
) -> None:
    sealed = tmp_path / "sealed.backup"
    backup.back_up(original.environ, sealed, passphrase=PASSPHRASE)
    assert archive.is_sealed(sealed)
    assert b"keys_key" not in sealed.read_bytes()

    with pytest.raises(CannotRun, match="give its passphrase"):
        backup.restore(elsewhere.environ, sealed, passphrase=None)
    with pytest.raises(CannotRun, match="passphrase is wrong"):
        backup.restore(elsewhere.environ, sealed, passphrase="something else")
    backup.restore(elsewhere.environ, sealed, passphrase=PASSPHRASE)

    assert elsewhere.ask("SELECT count(*) FROM kernel_outbox") == [(2,)]


@pytest.mark.parametrize("sealed", [False, True])
@pytest.mark.parametrize("damage", ["cut", "changed"])
def test_a_damaged_backup_is_refused_before_anything_is_touched(
    original: Hub, tmp_path: Path, sealed: bool, damage: str
) -> None:
    path = tmp_path / "damaged.backup"
    passphrase = PASSPHRASE if sealed else None
    backup.back_up(original.environ, path, passphrase=passphrase)
    content = bytearray(path.read_bytes())
    if damage == "cut":
        del content[len(content) * 3 // 4 :]
    else:
        content[len(content) // 2] ^= 1
    path.write_bytes(content)

    with pytest.raises(CannotRun, match="damaged"):
        backup.restore(original.environ, path, passphrase=passphrase, force=True)

    assert original.ask("SELECT count(*) FROM kernel_outbox") == [(2,)]
    assert not list((original.home / "run").glob("backup-*"))


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd", "files/../root.key", "other"])
def test_a_part_with_a_foreign_name_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "odd.backup"
    with tarfile.open(path, "w") as tar:
        tar.add(__file__, arcname=name)
        tar.getmember(name.lstrip("/")).name = name
    (tmp_path / "folder").mkdir()

    with pytest.raises(CannotRun, match="not a backup of a hub"):
        archive.unpack(path, tmp_path / "folder", None)

    assert not list((tmp_path / "folder").iterdir())


def test_a_key_from_outside_stays_outside_and_is_asked_for(
    original: Hub, elsewhere: Hub, tmp_path: Path
) -> None:
    outside = (original.home / "root.key").read_text().strip()
    path = tmp_path / "without-key.backup"
    backup.back_up(original.environ | {"HUB_ROOT_KEY": outside}, path, passphrase=None)

    with pytest.raises(CannotRun, match="set HUB_ROOT_KEY"):
        backup.restore(elsewhere.environ, path, passphrase=None)
    manifest = backup.restore(elsewhere.environ | {"HUB_ROOT_KEY": outside}, path, passphrase=None)

    assert "root.key" not in manifest.parts


def test_an_existing_file_is_never_overwritten(original: Hub, file: Path) -> None:
    with pytest.raises(CannotRun, match="exists already"):
        backup.back_up(original.environ, file, passphrase=None)


def test_an_embedded_database_is_made_for_the_restored_hub(
    file: Path, tmp_path: Path, shelter: Path, bin_dir: Path | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "SHELTERS", (shelter,))
    environ = {"PATH": os.environ["PATH"], "HUB_HOME": str(tmp_path / "new")}
    if bin_dir is not None:
        environ["HUB_POSTGRES_BIN"] = str(bin_dir)

    backup.restore(environ, file, passphrase=None)

    cluster = embedded(environ)
    assert cluster is not None
    with cluster, psycopg.connect(cluster.url()) as connection:
        assert connection.execute("SELECT count(*) FROM kernel_outbox").fetchone() == (2,)
