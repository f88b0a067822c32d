"""The embedded database: private, and back after whatever happened to it."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from hub.local import binaries, places, processes
from hub.local.errors import AlreadyRunning, CannotRun
from hub.local.postgres import Cluster

ONLY_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="shows what root meets")
ROOT = Path(__file__).resolve().parents[2]


def ask(cluster: Cluster, question: str, role: str = "hub_app") -> object:
    with psycopg.connect(cluster.url(role), autocommit=True) as connection:
        row = connection.execute(question.encode()).fetchone()
        return row and row[0]


def sleeping(account: places.Account) -> subprocess.Popen[bytes]:
    """A harmless process of the server's own account."""
    return processes.spawn(
        ["/bin/sleep", "600"],
        output=sys.stderr.buffer,
        environment={},
        when_orphaned=signal.SIGKILL,
        account=None if account.is_ours else (account.uid, account.gid),
    )


@pytest.fixture
def shelters(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, ...]]:
    """A place that every account can reach, instead of /var/lib."""
    folder = Path("/var/tmp") / f"hub-test-{os.getpid()}"
    folder.mkdir(mode=0o755)
    yield (folder,)
    shutil.rmtree(folder)


def test_each_role_is_let_in_and_owns_what_it_should(own_cluster: Cluster) -> None:
    who = [ask(own_cluster, "SELECT current_user", role) for role in ("hub_app", "hub_read")]
    owner = ask(own_cluster, "SELECT datdba::regrole::text FROM pg_database WHERE datname = 'hub'")

    assert (who, owner) == (["hub_app", "hub_read"], "hub_owner")


def test_only_the_owner_makes_tables(own_cluster: Cluster) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        ask(own_cluster, "CREATE TABLE mine ()")


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("listen_addresses", ""),
        ("data_checksums", "on"),
        ("server_encoding", "UTF8"),
        ("log_parameter_max_length", "0"),
    ],
)
def test_the_server_is_private_and_careful(own_cluster: Cluster, setting: str, value: str) -> None:
    assert ask(own_cluster, f"SELECT current_setting('{setting}')", "postgres") == value


def test_nobody_else_reaches_data_or_socket(own_cluster: Cluster) -> None:
    folders = (own_cluster.data, places.socket_folder_of(own_cluster.seat))

    assert [oct(folder.stat().st_mode & 0o777) for folder in folders] == ["0o700", "0o700"]


def test_a_database_is_cloned_from_a_template(own_cluster: Cluster) -> None:
    with psycopg.connect(own_cluster.url("hub_owner"), autocommit=True) as connection:
        connection.execute("CREATE TABLE bus AS SELECT 55 AS line")

    own_cluster.create_database("copy", template="hub")

    with psycopg.connect(own_cluster.url("hub_owner", "copy")) as connection:
        assert connection.execute("SELECT line FROM bus").fetchone() == (55,)


def test_what_was_committed_survives_kill_9(own_cluster: Cluster) -> None:
    with psycopg.connect(own_cluster.url("hub_owner"), autocommit=True) as connection:
        connection.execute("CREATE TABLE ride (number int)")
        connection.execute("INSERT INTO ride SELECT generate_series(1, 1000)")
    half_done = psycopg.connect(own_cluster.url("hub_owner"))
    half_done.execute("INSERT INTO ride SELECT generate_series(1001, 50000)")
    assert own_cluster.pid is not None

    os.kill(own_cluster.pid, signal.SIGKILL)
    assert processes.wait_until(lambda: own_cluster.pid is None, 10)
    own_cluster.revive()

    assert ask(own_cluster, "SELECT count(*) FROM ride", "hub_owner") == 1000
    half_done.close()


def test_a_foreign_process_id_is_not_mistaken_for_the_server(own_cluster: Cluster) -> None:
    stranger = sleeping(places.server_account())
    kill(own_cluster)
    claim(own_cluster, stranger.pid)

    own_cluster.revive()

    assert ask(own_cluster, "SELECT true") is True
    assert stranger.poll() is None, "a process that is not the database was ended"
    stranger.kill()
    stranger.wait()


def test_a_zombie_is_not_mistaken_for_the_server(own_cluster: Cluster) -> None:
    zombie = sleeping(places.server_account())
    kill(own_cluster)
    zombie.kill()
    assert processes.wait_until(lambda: not processes.is_alive(zombie.pid), 10)
    claim(own_cluster, zombie.pid)

    own_cluster.revive()

    assert ask(own_cluster, "SELECT true") is True
    zombie.wait()


def test_a_server_that_nobody_watches_is_ended_first(home: Path, bin_dir: Path | None) -> None:
    first = Cluster(home, bin_dir=bin_dir, throwaway=True).start()
    left_over = first.pid
    assert left_over is not None
    forget(first)

    with Cluster(home, bin_dir=bin_dir, throwaway=True) as second:
        assert ask(second, "SELECT true") is True
        assert not processes.is_alive(left_over)


def test_two_servers_never_share_a_home(own_cluster: Cluster, bin_dir: Path | None) -> None:
    with pytest.raises(AlreadyRunning, match="choose another HUB_HOME"):
        Cluster(own_cluster.home, bin_dir=bin_dir, throwaway=True).start()

    assert ask(own_cluster, "SELECT true") is True


@pytest.mark.parametrize("name", ["deep" * 25, "left,right"])
def test_an_awkward_path_moves_only_the_socket(
    tmp_path_factory: pytest.TempPathFactory, bin_dir: Path | None, name: str
) -> None:
    base = Path("/var/tmp") / f"hub-test-{os.getpid()}-{len(name)}"
    base.mkdir(mode=0o755)
    try:
        with Cluster(base / name, bin_dir=bin_dir, throwaway=True) as cluster:
            socket = places.socket_folder_of(cluster.seat)

            assert ask(cluster, "SELECT true") is True
            assert base in cluster.data.parents
            assert base not in socket.parents
        assert not socket.exists()
    finally:
        shutil.rmtree(base)


@pytest.mark.parametrize("damage", ["PG_VERSION", "global/pg_control"])
def test_a_broken_data_directory_is_one_sentence(
    home: Path,
    bin_dir: Path | None,
    shelters: tuple[Path, ...],
    damage: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(places, "SHELTERS", shelters)
    cluster = Cluster(home, bin_dir=bin_dir).start()
    cluster.stop()
    (cluster.data / damage).write_bytes(b"")

    with pytest.raises(CannotRun, match=r"database directory .* restore a backup") as refused:
        cluster.start()

    assert "\n" not in str(refused.value)


def test_data_of_another_major_version_says_what_is_needed(
    home: Path, bin_dir: Path | None, shelters: tuple[Path, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "SHELTERS", shelters)
    cluster = Cluster(home, bin_dir=bin_dir).start()
    cluster.stop()
    (cluster.data / "PG_VERSION").write_text("14\n")

    with pytest.raises(CannotRun, match="PostgreSQL 14"):
        cluster.start()


def test_a_folder_without_postgresql_is_named(home: Path, tmp_path: Path) -> None:
    with pytest.raises(CannotRun, match=f"no PostgreSQL 15 or later in {tmp_path}"):
        Cluster(home, bin_dir=tmp_path, throwaway=True).start()


def test_the_server_ends_with_the_process_that_started_it(
    home: Path, shelters: tuple[Path, ...], eventually: Callable[[Callable[[], object]], None]
) -> None:
    program = (
        "import sys, pathlib; from hub.local.postgres import Cluster\n"
        "cluster = Cluster(pathlib.Path(sys.argv[1]), throwaway=True).start()\n"
        "print(cluster.pid, cluster.seat, flush=True); sys.stdin.read()"
    )
    starter = subprocess.Popen(
        [sys.executable, "-c", program, str(home)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert starter.stdout is not None
    pid, _, seat = starter.stdout.readline().strip().partition(" ")

    starter.kill()
    starter.wait()

    eventually(lambda: not processes.is_alive(int(pid)))
    shutil.rmtree(seat)


@ONLY_ROOT
def test_root_gives_the_server_to_a_service_account(own_cluster: Cluster) -> None:
    assert own_cluster.pid is not None
    owner = (processes.PROC / str(own_cluster.pid)).stat().st_uid

    assert pwd.getpwuid(owner).pw_name in places.SERVICE_ACCOUNTS


@ONLY_ROOT
def test_a_private_folder_of_root_keeps_its_rights_and_the_database_takes_shelter(
    tmp_path: Path, shelters: tuple[Path, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "SHELTERS", shelters)
    private = tmp_path / "private"
    private.mkdir(mode=0o700)

    cluster = Cluster(private / "hub").start()
    here = shelters[0] in cluster.data.parents
    answer = ask(cluster, "SELECT true")
    note = (private / "hub" / "postgres" / "WHERE").read_text()
    cluster.stop()

    assert (here, answer) == (True, True)
    assert note.startswith(str(cluster.seat))
    assert private.stat().st_mode & 0o777 == 0o700
    cluster.remove()
    assert list(shelters[0].iterdir()) == []


@ONLY_ROOT
def test_a_moved_home_finds_its_sheltered_database_and_a_copied_one_is_refused(
    tmp_path: Path, shelters: tuple[Path, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "SHELTERS", shelters)
    (tmp_path / "private").mkdir(mode=0o700)
    first, second, third = (tmp_path / "private" / name for name in ("one", "two", "three"))
    cluster = Cluster(first).start()
    cluster.stop()

    first.rename(second)
    with Cluster(second) as moved:
        assert moved.seat == cluster.seat or ask(moved, "SELECT true") is True
    shutil.copytree(second, third)

    with pytest.raises(CannotRun, match="is a copy of"):
        Cluster(third).start()


@ONLY_ROOT
def test_packaged_programs_out_of_reach_are_copied(tmp_path: Path) -> None:
    packaged = binaries.find()
    if not packaged.from_wheel:
        pytest.skip("no packaged PostgreSQL on this machine")
    account = places.server_account()
    hidden = tmp_path / "hidden"
    hidden.mkdir(mode=0o700)
    package = packaged.folder.parent.parent
    shutil.copytree(package, hidden / package.name)
    shutil.copytree(package.with_name(package.name + ".libs"), hidden / f"{package.name}.libs")
    build = binaries.examine(hidden / package.name / "pginstall" / "bin", from_wheel=True)
    assert build is not None
    seat = Path("/var/tmp") / f"hub-test-{os.getpid()}"
    seat.mkdir(mode=0o755)
    try:
        copied = places.reachable(build, seat, account)

        assert seat in copied.folder.parents
        assert account.run(copied.program("initdb"), "--version").returncode == 0
    finally:
        shutil.rmtree(seat)


def kill(cluster: Cluster) -> None:
    """The server is gone from one moment to the next."""
    assert cluster.pid is not None
    os.kill(cluster.pid, signal.SIGKILL)
    assert processes.wait_until(lambda: cluster.pid is None, 10)


def claim(cluster: Cluster, pid: int) -> None:
    """postmaster.pid names a process that is not the server."""
    path = cluster.data / "postmaster.pid"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([str(pid), *lines[1:]]) + "\n")


def forget(cluster: Cluster) -> None:
    """As if the starting process had vanished without its leash: the lock is free again."""
    assert cluster._lock is not None
    cluster._lock.close()
