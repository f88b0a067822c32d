"""A backup brings everything back, and what it brings back keeps silent."""

import os
import shutil
import signal
import tarfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import httpx
import psycopg
import pytest

from blueprints import SECTORS
from blueprints.citizen import sending
from hub.app import create_app
from hub.jobs.release import release
from hub.local import archive, backup, places
from hub.local.environment import cluster as embedded
from hub.local.errors import CannotRun
from hub.local.postgres import Cluster
from hub.parts import build_parts
from hub.settings import Settings
from tests.city import City, Signs, Somebody, a_phone
from tests.factories.feeds import a_feed
from tests.factories.gtfs import town_zip
from tests.factories.live import Town
from tests.factories.sms import SmsProvider, sms_provider
from tests.local.conftest import Eventually
from tests.local.hub_process import Running, free_port

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


@dataclass(frozen=True)
class Life:
    """What went on in a hub up to its backup."""

    anna: Somebody  # signed in
    town: str  # its timetable is public
    publisher: Signs
    told: str  # a telephone that was sent its code
    waiting: str  # and one that was not yet
    key: str  # under which that code was asked for
    handed_in: str  # a feed whose first timetable nobody has read yet


Move = Callable[..., AbstractContextManager[tuple[Life, httpx.Client]]]


def live(hub: Hub) -> Life:
    """Let people and publishers come to a hub that has no worker."""
    parts = build_parts(Settings.from_env(hub.environ), application="hub-test")
    app = create_app(parts.settings, SECTORS, parts=parts)
    city = City(app, parts)
    life = Life(
        anna=city.citizen("Anna"),
        town=Town(parts.database).feed,
        publisher=city.device("publisher", ["transit.schedule:publish"]),
        told=a_phone(),
        waiting=a_phone(),
        key=uuid4().hex,
        handed_in=a_feed(parts.database),
    )
    with httpx.Client(transport=httpx.WSGITransport(app), base_url="http://127.0.0.1") as http:
        ask_for_code(http, life.told)
        while sending.send_codes(parts):
            pass
        ask_for_code(http, life.waiting, life.key)
        hand_in(http, life, life.handed_in)
    parts.watch.stop()
    parts.database.dispose()
    return life


def post(http: httpx.Client, path: str, key: str = "", **body: str) -> httpx.Response:
    return http.post(path, json=body, headers={"Idempotency-Key": key or uuid4().hex})


def ask_for_code(http: httpx.Client, phone: str, key: str = "") -> httpx.Response:
    answer = post(http, "/v1/sign-in/codes", key, channel="sms", address=phone)
    assert answer.status_code == 202, answer.text
    return answer


def hand_in(http: httpx.Client, life: Life, feed: str) -> None:
    target, body = f"/v1/transit/feeds/{feed}/imports", town_zip()
    signed = life.publisher.headers(body, target, now=datetime.now(UTC))
    answer = http.post(target, content=body, headers=signed | {"Content-Type": "application/zip"})
    assert answer.status_code == 202, answer.text


def whoami(http: httpx.Client, access_token: str) -> str:
    answer = http.get("/v1/me", headers={"Authorization": f"Bearer {access_token}"})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


@pytest.fixture
def texts() -> Iterator[SmsProvider]:
    with sms_provider() as provider:
        yield provider


@pytest.fixture
def move(original: Hub, elsewhere: Hub, tmp_path: Path, texts: SmsProvider) -> Move:
    """Let a hub live, back it up, restore it elsewhere and run it there."""
    told = {
        "HUB_DEMO": "0",
        "HUB_SMS_URL": texts.url,
        "PORT": str(free_port()),
        "HUB_STREAM_PORT": str(free_port()),
        "WEB_CONCURRENCY": "1",
    }

    @contextmanager
    def moved(*, send_waiting: bool) -> Iterator[tuple[Life, httpx.Client]]:
        life = live(Hub(original.home, original.environ | told))
        file = tmp_path / "lived.backup"
        backup.back_up(original.environ, file, passphrase=None)
        backup.restore(elsewhere.environ, file, passphrase=None, send_waiting=send_waiting)
        running = Running(elsewhere.environ | told)
        try:
            with httpx.Client(base_url=running.address) as http:
                yield life, http
        finally:
            running.end(signal.SIGTERM)

    return moved


def imports(hub: Hub, feed: str) -> list[object]:
    """What became of the timetables that were handed in for a feed, the first one first."""
    states = """SELECT i.state FROM transit_import i JOIN transit_feed f ON f.id = i.feed_id
        WHERE f.slug = %s ORDER BY i.id"""
    return [state for (state,) in hub.ask(states, feed)]


def test_a_restored_hub_serves_whom_it_knew_and_tells_nobody_twice(
    move: Move, elsewhere: Hub, texts: SmsProvider, eventually: Eventually
) -> None:
    with move(send_waiting=False) as (life, http):
        assert http.get("/readyz").status_code == 200
        stop = f"/v1/transit/stops/{life.town}:S1/arrivals"
        assert http.get(stop).json()["arrivals"]

        # Anna's session goes on, and she can sign in anew.
        tokens = life.anna.tokens
        assert tokens.refresh_token is not None
        assert whoami(http, tokens.access_token) == life.anna.id
        renewed = post(http, "/v1/sign-in/refreshes", refresh_token=tokens.refresh_token).json()
        assert whoami(http, renewed["access_token"]) == life.anna.id
        login = ask_for_code(http, life.anna.phone).json()["login"]
        eventually(lambda: texts.texts(life.anna.phone))
        code = texts.texts(life.anna.phone)[0][:6]
        entered = post(http, "/v1/sign-in/tokens", login=login, code=code).json()
        assert whoami(http, entered["access_token"]) == life.anna.id

        # A request that is repeated has been answered already; a new one is followed by its deed.
        repeated = ask_for_code(http, life.waiting, life.key)
        assert repeated.headers["Idempotent-Replayed"] == "true"
        hand_in(http, life, life.town)
        eventually(lambda: imports(elsewhere, life.town) == ["published", "published"])

        # By now everything would have had its turn that waited in front of these.
        # (Anna herself is told of her code, and then of the device that nobody knew yet.)
        eventually(lambda: len(texts.texts(life.anna.phone)) == 2)
        others = [body["to"] for _, body in texts.asked if body["to"] != life.anna.phone]
        assert others == [life.told]
        assert imports(elsewhere, life.handed_in) == ["queued"]


def test_a_hub_that_moved_sends_what_waited_and_only_that(
    move: Move, elsewhere: Hub, texts: SmsProvider, eventually: Eventually
) -> None:
    with move(send_waiting=True) as (life, _):
        eventually(lambda: texts.texts(life.waiting))
        eventually(lambda: imports(elsewhere, life.handed_in) == ["published"])

    assert [body["to"] for _, body in texts.asked] == [life.told, life.waiting]


def test_checkpoints_of_the_log_that_was_there_are_put_aside_not_lost(tmp_path: Path) -> None:
    """The restored log goes another way than the one that they were signed over."""
    home, elsewhere = tmp_path / "home", tmp_path / "copies"
    for folder in (home / "checkpoints", elsewhere):
        folder.mkdir(parents=True)
        (folder / "2026-11-24.jsonl").write_text("{}\n")

    backup._keep_checkpoints({"HUB_CHECKPOINT_COPIES": str(elsewhere)}, home)

    assert not (home / "checkpoints").exists()
    assert not elsewhere.exists()
    kept = [*home.glob("checkpoints-until-*/*"), *tmp_path.glob("copies-until-*/*")]
    assert [path.read_text() for path in kept] == ["{}\n", "{}\n"]
