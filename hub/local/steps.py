"""What is done before the roles start: the release, and in a demo the city.

Asking each step whether something is left to do takes longer than the rest of a second start. So
the answer is noted beside the data, and believed as long as the sources are the same files and the
database is at the same revision.
"""

import hashlib
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg
from rich.console import Console

from .errors import CannotRun
from .postgres import Cluster
from .roles import PROCFILE, Role
from .supervisor import Child

ROOT = PROCFILE.parent
SOURCES = ("migrations/versions/*.py", "hub/keys/*.py", "hub/local/demo/**/*")


@dataclass(frozen=True, kw_only=True)
class Step:
    """A command that runs to its end. `speaks` says that it shows its progress itself."""

    name: str
    command: str
    shown: str
    speaks: bool = False


RELEASE = Step(
    name="release", command="python -m hub release", shown="Bringing the database up to date"
)
CITY = Step(
    name="demo-city", command="python -m hub demo load", shown="Loading the demo city", speaks=True
)


def take(variables: Mapping[str, str], cluster: Cluster | None, console: Console) -> None:
    """Take the steps, unless they were all taken before; the first that fails is said."""
    steps = [RELEASE, CITY] if variables["HUB_DEMO"] == "1" else [RELEASE]
    if cluster is not None and _noted(cluster) == _state(cluster, steps):
        return
    logs = Path(variables["HUB_HOME"]) / "log"
    for step in steps:
        if step.speaks:
            run(step, variables, logs)
        else:
            with console.status(step.shown):
                run(step, variables, logs)
    if cluster is not None:
        (cluster.seat / "steps").write_text(json.dumps(_state(cluster, steps)))


def run(step: Step, variables: Mapping[str, str], logs: Path) -> None:
    """Run one step to its end. What it reports as an error goes to its log."""
    child = Child(Role(step.name, step.command), environment=variables, logs=logs)
    child.start(shown=sys.stdout.buffer if step.speaks else None)
    try:
        code = child.wait()
    finally:
        child.end(0.0)
    if code != 0:
        raise CannotRun(f"{step.shown} failed: {child.log.last_words()} (see {child.log.path}).")


def _noted(cluster: Cluster) -> object:
    try:
        return json.loads((cluster.seat / "steps").read_text())
    except (FileNotFoundError, ValueError):
        return None


def _state(cluster: Cluster, steps: list[Step]) -> object:
    digest = hashlib.sha256()
    for path in _sources():
        digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return [[step.name for step in steps], digest.hexdigest(), _revision(cluster)]


def _sources() -> Iterator[Path]:
    for pattern in SOURCES:
        yield from sorted(
            path
            for path in ROOT.glob(pattern)
            if path.is_file() and "__pycache__" not in path.parts
        )


def _revision(cluster: Cluster) -> str | None:
    try:
        with psycopg.connect(cluster.url(), autocommit=True) as connection:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except psycopg.errors.UndefinedTable:
        return None
    return str(row[0]) if row else None
