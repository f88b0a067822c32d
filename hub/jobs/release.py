"""The release role: brings database and keys to the state this version of the hub expects.

Safe to run again and by several machines at once: an advisory lock makes the others wait.
"""

from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import create_engine, text
from sqlalchemy.engine import Connection

from hub import keys
from hub.kernel.db import Database, with_driver
from hub.kernel.revision import MIGRATIONS, expected
from hub.kernel.work import SYSTEM
from hub.settings import Settings

if TYPE_CHECKING:
    from alembic.config import Config

_LOCK = 0x48_55_42  # "HUB"


def release(settings: Settings) -> None:
    """Migrate to the newest revision, make the first keys, and publish those that come next."""
    migrate(settings.database_owner_url or settings.database_url)
    database = Database(settings.database_url, pool_size=1, application="hub-release")
    root = keys.root_key(settings.root_key, settings.home)
    database.run(lambda work: keys.ensure(work, root), SYSTEM)
    for kind in keys.ROTATED:
        database.run(partial(keys.publish_next, root=root, kind=kind), SYSTEM)
    database.dispose()


def migrate(url: str, revision: str = "head") -> None:
    """Run the migrations as hub_owner."""
    from alembic import command

    engine = create_engine(with_driver(url))
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _LOCK})
        connection.commit()
        command.upgrade(config(connection), revision)
    engine.dispose()


def config(connection: Connection) -> "Config":
    """Alembic's configuration, on an open connection."""
    from alembic.config import Config

    settings = Config()
    settings.set_main_option("script_location", str(MIGRATIONS))
    settings.set_main_option("file_template", "%%(rev)s")
    settings.attributes["connection"] = connection
    return settings


def draft(settings: Settings, name: str) -> str:
    """Draft a migration for what the models have and the database has not; the new file's path.
    A draft is a start: names, grants and locks are for a person to see to."""
    from alembic import command

    number = int(expected()[:4]) + 1
    engine = create_engine(with_driver(settings.database_owner_url or settings.database_url))
    with engine.connect() as connection:
        script = command.revision(
            config(connection),
            message=name,
            autogenerate=True,
            rev_id=f"{number:04d}_{name}",
        )
    engine.dispose()
    return str(script.path) if script is not None and not isinstance(script, list) else ""
