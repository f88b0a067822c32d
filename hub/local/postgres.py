"""The embedded PostgreSQL of one HUB_HOME: made once, started, watched, stopped.

One private socket, no network; peer authentication: only the account that started the server
(checked by the kernel) may connect, as `hub_owner` (migrations), `hub_app` (everything that serves)
or `hub_read` (reports). Data checksums are on. The database is called `hub`.
"""

import fcntl
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import IO, Self
from urllib.parse import quote

import psycopg
from psycopg import sql

from . import binaries, configuration, places, processes
from .errors import AlreadyRunning, CannotRun

DATABASE = "hub"
RETRY_SECONDS = 10.0
READY_SECONDS = 300.0
STOP_SECONDS = 30.0
TRANSIENT = re.compile(r'lock file "[^"]*" already exists|is still in use|already in use')
# What the server says when it gives up, and what that means to the person who started it.
TROUBLES = (
    (r"No space left on device|Disk quota exceeded", "The disk is full: {home} needs free space."),
    (
        r"could not resize shared memory|could not map anonymous shared memory|Cannot allocate",
        "There is not enough memory to start the database.",
    ),
    (r"Permission denied", "The database may not open its own files in {data}: {said}"),
)
Build = binaries.Binaries


class Cluster:
    """One PostgreSQL server with its data directory under `home`.

    `bin_dir` chooses the programs (otherwise they are found); `throwaway` makes a fast server for
    tests, which loses data on power loss and is removed by `stop()`. Start it from a thread that
    lives as long as the server should: the server ends when that thread does, however it ends.
    """

    def __init__(self, home: Path, *, bin_dir: Path | None = None, throwaway: bool = False) -> None:
        self.home = home.resolve()
        self.log = self.home / "log" / "postgres.log"
        self._bin_dir = bin_dir
        self._throwaway = throwaway
        self._server: subprocess.Popen[bytes] | None = None
        self._lock: IO[str] | None = None
        self._arguments: list[str] = []

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *trouble: object) -> None:
        self.stop()

    def start(self) -> Self:
        """Start the server, making data directory, roles and database first where missing.

        Recovers from `kill -9`, a foreign or zombie process id in postmaster.pid, and leftovers of
        a server that nobody watches. Refuses with `AlreadyRunning` or `CannotRun`.
        """
        self._take_lock()
        try:
            self._prepare()
            self.revive()
            self._make_roles()
        except BaseException:
            self.stop()
            raise
        return self

    def revive(self) -> None:
        """Start a prepared server that is not running (any more)."""
        deadline = time.monotonic() + RETRY_SECONDS
        while True:
            self._clear_leftovers()
            said = self._launch()
            if said is None:
                return
            if not TRANSIENT.search(said) or time.monotonic() > deadline:
                raise CannotRun(self._explain(said))
            time.sleep(0.2)

    def stop(self) -> None:
        """End the server cleanly, cutting off its clients; less cleanly if it does not answer."""
        if self._server is not None:
            processes.end(
                self._server.pid,
                (signal.SIGINT, STOP_SECONDS),
                (signal.SIGQUIT, 5.0),
                (signal.SIGKILL, 5.0),
            )
            self._server.wait()
            self._server = None
        if self._lock is not None:
            if self._throwaway:
                self.remove()
            self._lock.close()
            self._lock = None

    def remove(self) -> None:
        """Remove the stopped server's database, wherever it lies. Nothing asks again."""
        places.remove(self.seat)
        shutil.rmtree(self.home / "postgres", ignore_errors=True)

    @property
    def pid(self) -> int | None:
        """Process id of the server we started; None once it is gone."""
        if self._server is None or self._server.poll() is not None:
            return None
        return self._server.pid

    @property
    def seat(self) -> Path:
        """The folder with data, configuration and socket."""
        return places.seat_of(self.home)

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.seat / "data"

    def has_database(self) -> bool:
        """Whether a database was made here before, as far as this account may see."""
        try:
            return (self.seat / "conf" / "socket").is_file()
        except PermissionError:
            return False

    @property
    def build(self) -> Build:
        """The programs that fit the data directory; pg_dump and its family are there too."""
        return binaries.find(self._bin_dir, major=self._major())

    def url(self, role: str = "hub_app", database: str = DATABASE) -> str:
        """The address, for SQLAlchemy and libpq alike, in every process of this account."""
        folder = quote(str(places.socket_folder_of(self.seat)), safe="")
        return f"postgresql://{role}@/{database}?host={folder}"

    def create_database(self, name: str, template: str | None = None) -> None:
        """Make a database owned by hub_owner; from `template` (nobody may be connected to it)."""
        with self._superuser() as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER hub_owner TEMPLATE {} STRATEGY {}").format(
                    sql.Identifier(name),
                    sql.Identifier(template or "template1"),
                    # Copying files is faster without fsync, writing to the log faster with it.
                    sql.Literal("file_copy" if self._throwaway else "wal_log"),
                )
            )

    def drop_database(self, name: str) -> None:
        """Drop a database if it exists, cutting off whoever is connected."""
        with self._superuser() as connection:
            drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
            connection.execute(drop.format(sql.Identifier(name)))

    def _superuser(self, database: str = "postgres") -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(self.url(configuration.SUPERUSER, database), autocommit=True)

    def _take_lock(self) -> None:
        try:
            self.home.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
            self.log.parent.mkdir(mode=0o700, exist_ok=True)
            lock = (self.home / "postgres.lock").open("a")
        except OSError as trouble:
            raise CannotRun(f"{self.home} cannot be used: {trouble.strerror}.") from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            raise AlreadyRunning(
                f"A hub already runs in {self.home}: stop it, or choose another HUB_HOME."
            ) from None
        self._lock = lock

    def _prepare(self) -> None:
        """Find or make everything the server needs, short of starting it."""
        account = places.server_account()
        shelters = places.THROWAWAY_SHELTERS if self._throwaway else places.SHELTERS
        try:
            build = self.build
            seat = places.settle(self.home, account, shelters)
            build = places.reachable(build, seat, account)
            if not (seat / "data").exists():
                self._initialise(seat, build, account)
            self._arguments = [
                build.program("postgres"),
                *configuration.write(
                    seat / "conf",
                    data=seat / "data",
                    socket=places.socket_folder(seat, account),
                    client=places.ourselves().name,
                    throwaway=self._throwaway,
                ),
            ]
        except OSError as trouble:
            raise CannotRun(f"The database cannot be prepared in {self.home}: {trouble}.") from None

    def _initialise(self, seat: Path, build: Build, account: places.Account) -> None:
        """Make the data directory aside and rename it when whole: half of one never counts."""
        half = seat / "data.half"
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir(mode=0o700)
        os.chown(half, account.uid, account.gid)
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        made = account.run(
            build.program("initdb"),
            f"--pgdata={half}",
            f"--username={configuration.SUPERUSER}",
            "--encoding=UTF8",
            *(locale if build.major >= 17 else ["--locale=C.UTF-8"]),
            "--auth-local=peer",
            "--auth-host=reject",
            "--data-checksums",
            "--no-instructions",
            *(["--no-sync"] if self._throwaway else []),
        )
        if made.returncode != 0:
            shutil.rmtree(half, ignore_errors=True)
            raise CannotRun(self._explain(made.stderr))
        half.rename(seat / "data")

    def _launch(self) -> str | None:
        """Start the server and wait until it takes connections; what it said if it gave up."""
        with self.log.open("ab") as log:
            self.log.chmod(0o600)
            begin = log.tell()
            self._server = processes.spawn(
                self._arguments,
                output=log,
                environment=places.PLAIN,
                when_orphaned=signal.SIGINT,
                account=self._account_to_change_to(),
            )
        server = self._server
        processes.wait_until(lambda: server.poll() is not None or self._is_ready(), READY_SECONDS)
        if server.poll() is None and self._is_ready():
            return None
        processes.end(server.pid, (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))
        server.wait()
        self._server = None
        with self.log.open("rb") as log:
            log.seek(begin)
            return log.read().decode(errors="replace")

    def _account_to_change_to(self) -> tuple[int, int] | None:
        account = places.server_account()
        return None if account.is_ours else (account.uid, account.gid)

    def _postmaster(self) -> list[str]:
        """The lines of postmaster.pid: process id, data directory, ..., state on line 8."""
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()
        except (FileNotFoundError, UnicodeDecodeError):
            return []

    def _is_ready(self) -> bool:
        lines = self._postmaster()
        return len(lines) >= 8 and lines[0] == str(self.pid) and lines[7].startswith("ready")

    def _clear_leftovers(self) -> None:
        """End servers nobody watches (we hold the lock); forget process ids that are not theirs."""
        lines = self._postmaster()
        if lines and lines[0].lstrip("-").isdigit():
            pid = abs(int(lines[0]))
            if processes.is_alive(pid) and self._is_server(pid):
                processes.end(pid, (signal.SIGINT, STOP_SECONDS), (signal.SIGKILL, 5.0))
            # The server itself would take any living process of its account, and any zombie, for
            # a running postmaster. Shared memory in use still stops it, so this is safe.
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        for path in places.socket_folder_of(self.seat).glob(".s.PGSQL.*"):
            path.unlink(missing_ok=True)
        for pid in list(processes.every_process()):
            if processes.working_directory(pid) == self.data and self._is_server(pid):
                processes.end(pid, (signal.SIGQUIT, 2.0), (signal.SIGKILL, 2.0))

    def _is_server(self, pid: int) -> bool:
        where = processes.working_directory(pid)
        words = processes.command_line(pid)
        ours = where == self.data if where else str(self.data) in words
        return ours and bool(words) and "postgres" in words[0]

    def _make_roles(self) -> None:
        with self._superuser() as connection:
            found = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles")}
            for role in configuration.ROLES:
                if role not in found:
                    connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))
            names = {row[0] for row in connection.execute("SELECT datname FROM pg_database")}
        if DATABASE not in names:
            self.create_database(DATABASE)

    def _major(self) -> int | None:
        if not self.data.exists():
            return None
        try:
            return int((self.data / "PG_VERSION").read_text())
        except (OSError, ValueError):
            raise CannotRun(
                f"The database directory {self.data} is broken: move it away to start empty, or "
                "restore a backup into a new HUB_HOME."
            ) from None

    def _explain(self, said: str) -> str:
        """One sentence for what the server said when it gave up."""
        lines = [line for line in said.splitlines() if re.search("FATAL|PANIC|error:", line)]
        last = re.sub(r"^.*?(FATAL|PANIC|error):\s*", "", (lines or said.splitlines() or [""])[-1])
        for pattern, sentence in TROUBLES:
            if re.search(pattern, said):
                return sentence.format(home=self.home, data=self.data, said=last)
        return (
            f"The database directory {self.data} cannot be started ({last}): see {self.log}, and "
            "restore a backup into a new HUB_HOME if it is broken."
        )
