"""Whether the release role has run for just these sources on just this database.

Asking alembic takes longer than the rest of a second start. So the answer is noted beside the data,
and believed as long as the migrations are the same files and the database is at the same revision.
"""

import hashlib
import json

import psycopg

import hub

from .postgres import Cluster
from .roles import PROCFILE

MIGRATIONS = PROCFILE.parent / "migrations" / "versions"


def is_current(cluster: Cluster) -> bool:
    """Whether nothing is left to do."""
    try:
        noted = json.loads((cluster.seat / "released").read_text())
    except (FileNotFoundError, ValueError):
        return False
    return bool(noted == [_sources(), _revision(cluster)])


def note(cluster: Cluster) -> None:
    """The release role has just run."""
    (cluster.seat / "released").write_text(json.dumps([_sources(), _revision(cluster)]))


def _sources() -> str:
    digest = hashlib.sha256(hub.__version__.encode())
    for path in sorted(MIGRATIONS.glob("*.py")):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def _revision(cluster: Cluster) -> str | None:
    try:
        with psycopg.connect(cluster.url(), autocommit=True) as connection:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except psycopg.errors.UndefinedTable:
        return None
    return str(row[0]) if row else None
