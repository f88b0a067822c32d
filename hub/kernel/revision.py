"""Which revision of the database this version of the hub expects, and which one is there."""

from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import Connection

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"


def expected() -> str:
    """The newest revision in the source: file names begin with their place in the one history."""
    return max(path.stem for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def present(connection: Connection) -> str | None:
    """The revision the database is at."""
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found
