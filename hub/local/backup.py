"""Back up a hub into one file, and bring it back.

A backup holds the database, the root key and the sealed files: everything that cannot be made
again. Only where the root key is kept elsewhere (HUB_ROOT_KEY) and the backup is not sealed by a
passphrase, the key stays out, because whoever has both has everything.

A restored hub may be younger than its original, which has gone on and told the world since. So
whatever still waited to be sent when the backup was made is set aside, unless told otherwise.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from psycopg import sql

import hub
from hub import audit

from . import archive, binaries, environment, occupancy, programs
from .errors import AlreadyRunning, CannotRun
from .roles import PROCFILE

EMPTY = "SELECT count(*) = 0 FROM pg_class WHERE relnamespace = 'public'::regnamespace"
SCHEMAS = "SELECT nspname FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema$)'"

# What would leave the house: events not handed on, errands to vendors, one-time codes. Reactions
# that the workers already hold stay: they change only the database, which has not seen them.
SET_ASIDE = (
    "UPDATE kernel_outbox SET held_at = now() WHERE relayed_at IS NULL AND held_at IS NULL",
    """UPDATE procrastinate.procrastinate_jobs SET status = 'cancelled'
       WHERE status IN ('todo', 'doing') AND task_name = 'errand'""",
    """UPDATE identity_code_delivery SET state = 'given_up', finished_at = now(),
       address_sealed = NULL, code_sealed = NULL WHERE state = 'waiting'""",
)


def back_up(environ: Mapping[str, str], target: Path, *, passphrase: str | None) -> int:
    """Write a backup, of a running or a stopped hub, to a new file (0600); its size in bytes."""
    if target.exists():
        raise CannotRun(f"{target} exists already: name a new file.")
    home = environment.home(environ)
    partial = target.with_name(target.name + ".partial")
    try:
        with (
            _served(environ) as (url, build),
            _working_folder(home) as folder,
            open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file,
            archive.written(file, _manifest(url, _key(environ, home)), passphrase) as parts,
        ):
            # The database first: a file that it names is there already, and never changes.
            programs.dump(build, url, folder / archive.DATABASE)
            parts.add(archive.DATABASE, folder / archive.DATABASE)
            if passphrase or not environ.get("HUB_ROOT_KEY"):
                (folder / archive.ROOT_KEY).write_text(_key(environ, home) + "\n")
                parts.add(archive.ROOT_KEY, folder / archive.ROOT_KEY)
            for path in sorted((home / archive.FILES).glob("??/*")):
                parts.add(str(path.relative_to(home)), path)
        with partial.open("rb") as whole:
            os.fsync(whole.fileno())
        partial.rename(target)
    except OSError as trouble:
        raise CannotRun(f"The backup could not be written: {trouble}.") from None
    finally:
        partial.unlink(missing_ok=True)
    return target.stat().st_size


def restore(
    environ: Mapping[str, str],
    source: Path,
    *,
    passphrase: str | None,
    force: bool = False,
    send_waiting: bool = False,
) -> archive.Manifest:
    """Bring a backup back into HUB_HOME, which must be empty unless `force` says to replace it.

    Nothing is touched before every part was read and its sum found right. With `send_waiting` the
    restored hub sends what still waited: only right when the original was lost at that moment.
    """
    home = environment.home(environ)
    with occupancy.held(home), _working_folder(home) as folder:
        manifest = archive.unpack(source, folder, passphrase)
        with _served(environ) as (url, build):
            if not force and not _is_empty(url, home):
                raise CannotRun(f"{home} holds a hub already: --force replaces it.")
            _put_key(manifest, environ, folder, home)
            _clear(url)
            programs.load(build, url, folder / archive.DATABASE)
            _put_files(folder, home)
            _keep_checkpoints(environ, home)
            variables = environment.of_roles(environ)
            _release(variables)
            if not send_waiting:
                _set_aside(url)
    return manifest


@contextmanager
def _served(environ: Mapping[str, str]) -> Iterator[tuple[str, binaries.Binaries]]:
    """The owner's address of a database that answers, and programs that fit; started if need be."""
    cluster = environment.cluster(environ)
    if cluster is None:
        url = environ.get("DATABASE_OWNER_URL") or environ["DATABASE_URL"]
        folder = environ.get("HUB_POSTGRES_BIN")
        yield programs.plain(url), binaries.find(Path(folder) if folder else None)
        return
    with suppress(AlreadyRunning):
        cluster.start()
    try:
        yield cluster.url(environment.OWNER), cluster.build
    finally:
        cluster.stop()


@contextmanager
def _working_folder(home: Path) -> Iterator[Path]:
    """A private folder on the disk of HUB_HOME, gone afterwards."""
    (home / "run").mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home / "run", prefix="backup-") as folder:
        yield Path(folder)


def _manifest(url: str, key: str) -> archive.Manifest:
    with _connected(url) as connection:
        row = connection.execute(
            "SELECT version_num, current_setting('server_version') FROM alembic_version"
        ).fetchone()
    if row is None:
        raise CannotRun("There is nothing to back up yet: start the hub once.")
    return archive.Manifest(
        hub=hub.__version__,
        revision=str(row[0]),
        postgresql=str(row[1]),
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        root_key_print=_print(key),
    )


@contextmanager
def _connected(url: str) -> Iterator[psycopg.Connection]:
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            yield connection
    except psycopg.errors.UndefinedTable:
        raise CannotRun("There is nothing to back up yet: start the hub once.") from None
    except psycopg.OperationalError as trouble:
        reason = str(trouble).strip().splitlines()[-1]
        raise CannotRun(f"The database does not answer: {reason}") from None


def _key(environ: Mapping[str, str], home: Path) -> str:
    """The root key in base64, wherever it comes from; empty when there is none yet."""
    try:
        return (environ.get("HUB_ROOT_KEY") or (home / archive.ROOT_KEY).read_text()).strip()
    except FileNotFoundError:
        return ""


def _print(key: str) -> str:
    return hashlib.sha256(f"hub root key {key}".encode()).hexdigest()[:16]


def _put_key(
    manifest: archive.Manifest, environ: Mapping[str, str], folder: Path, home: Path
) -> None:
    """The backup's own key, or the one that is here, as long as it is the right one."""
    packed = folder / archive.ROOT_KEY
    if packed.exists() and not environ.get("HUB_ROOT_KEY"):
        packed.replace(home / archive.ROOT_KEY)
    if _print(_key(environ, home)) != manifest.root_key_print:
        raise CannotRun(
            "The root key of this backup is not here: set HUB_ROOT_KEY to the one that its hub had."
        )


def _is_empty(url: str, home: Path) -> bool:
    with _connected(url) as connection:
        row = connection.execute(EMPTY).fetchone()
    files = next((home / archive.FILES).glob("??/*"), None)
    return bool(row and row[0]) and files is None and not (home / archive.ROOT_KEY).exists()


def _clear(url: str) -> None:
    """An empty database as its owner can make one: without a right to drop the database itself."""
    with _connected(url) as connection, connection.transaction():
        for (name,) in connection.execute(SCHEMAS).fetchall():
            connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(name)))
        connection.execute("CREATE SCHEMA public")
        connection.execute("ALTER SCHEMA public OWNER TO pg_database_owner")
        connection.execute("GRANT USAGE ON SCHEMA public TO PUBLIC")


def _put_files(folder: Path, home: Path) -> None:
    shutil.rmtree(home / archive.FILES, ignore_errors=True)
    shutil.rmtree(home / "run" / "boards", ignore_errors=True)
    if (folder / archive.FILES).is_dir():
        (folder / archive.FILES).rename(home / archive.FILES)


def _keep_checkpoints(environ: Mapping[str, str], home: Path) -> None:
    """Put the signed checkpoints of the log that was here aside: they may know rows that the backup
    does not, and the restored log goes another way from there. They are evidence; none is removed.
    """
    moment = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    copies = environ.get("HUB_CHECKPOINT_COPIES")
    for folder in [home / audit.FOLDER, *([Path(copies)] if copies else [])]:
        if folder.is_dir():
            folder.rename(folder.with_name(f"{folder.name}-until-{moment}"))


def _release(variables: Mapping[str, str]) -> None:
    """Migrations of this version, over what an older one may have left."""
    told = subprocess.run(
        [sys.executable, "-m", "hub", "release"],
        cwd=PROCFILE.parent,
        env=dict(variables),
        capture_output=True,
        text=True,
        check=False,
    )
    if told.returncode != 0:
        lines = [line for line in told.stderr.splitlines() if line.strip()]
        raise CannotRun(f"The migrations failed: {(lines or ['no reason given'])[-1]}")


def _set_aside(url: str) -> None:
    with _connected(url) as connection, connection.transaction():
        # The queue's own triggers look for its tables by name.
        connection.execute("SET LOCAL search_path TO procrastinate, public")
        for statement in SET_ASIDE:
            connection.execute(statement.encode())
