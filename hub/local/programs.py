"""PostgreSQL's own programs, run on a database by its address."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from . import places
from .binaries import Binaries
from .errors import CannotRun


def plain(url: str) -> str:
    """The address as PostgreSQL's own programs read it."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def dump(build: Binaries, url: str, target: Path) -> None:
    """Write everything in the database to a file in pg_dump's custom format."""
    options = ["--format=custom", "--no-owner", "--no-comments", f"--file={target}"]
    _run(build, "pg_dump", url, options, "The database could not be read")


def load(build: Binaries, url: str, source: Path) -> None:
    """Put what a dump holds into an empty database: all of it or nothing."""
    options = ["--no-owner", "--no-comments", "--single-transaction", "--exit-on-error"]
    _run(build, "pg_restore", url, [*options, str(source)], "The database could not be restored")


def _run(build: Binaries, name: str, url: str, options: list[str], failure: str) -> None:
    # A password goes by the environment: the words of a command can be read by everybody.
    parts = conninfo_to_dict(plain(url))
    password = parts.pop("password", None)
    environment: Mapping[str, str] = {
        **places.PLAIN,
        **({"PGPASSWORD": str(password)} if password else {}),
    }
    told = subprocess.run(
        [build.program(name), f"--dbname={make_conninfo('', **parts)}", *options],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        env=environment,
    )
    if told.returncode != 0:
        lines = [line for line in told.stderr.splitlines() if line.strip()]
        reason = (lines or ["no reason given"])[0].partition("error: ")
        raise CannotRun(f"{failure}: {(reason[2] or reason[0]).strip()}")
