"""What the roles and commands of this HUB_HOME find in their environment.

A second terminal needs nothing but HUB_HOME (or its default) to reach the running hub: the
addresses of the embedded database follow from it.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from .errors import CannotRun
from .postgres import Cluster

HOME = "./var"
OWNER = "hub_owner"
PORT = 8000
HIGHEST_PORT = 65535


def home(environ: Mapping[str, str]) -> Path:
    """The folder of this hub, absolute."""
    return Path(environ.get("HUB_HOME") or HOME).expanduser().resolve()


def ports(environ: Mapping[str, str]) -> tuple[int, int]:
    """The ports of web and stream."""
    web = _port(environ, "PORT", PORT)
    return web, _port(environ, "HUB_STREAM_PORT", 0) or web + 1


def cluster(environ: Mapping[str, str]) -> Cluster | None:
    """The embedded database of this hub; None when DATABASE_URL names another."""
    folder = environ.get("HUB_POSTGRES_BIN")
    embedded = Cluster(home(environ), bin_dir=Path(folder).resolve() if folder else None)
    given = environ.get("DATABASE_URL")
    if given and not (embedded.has_database() and given == embedded.url()):
        return None
    return embedded


def completed(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment with the embedded database's addresses filled in, where there is one."""
    embedded = cluster(environ)
    if embedded is None or not embedded.has_database():
        return dict(environ)
    return {**environ, "DATABASE_URL": embedded.url(), "DATABASE_OWNER_URL": embedded.url(OWNER)}


def adopt() -> None:
    """Let this process find the embedded database of its HUB_HOME as if it had been told."""
    os.environ.update(completed(os.environ))


def of_roles(environ: Mapping[str, str]) -> dict[str, str]:
    """What every role of this machine is started with."""
    web, stream = ports(environ)
    return {
        "HUB_DEMO": "1",
        # Only this machine is served unless told otherwise: the demo's people have no secrets.
        "BIND": "127.0.0.1",
        "WEB_CONCURRENCY": str(min(2, os.cpu_count() or 1)),
        **completed(environ),
        "PORT": str(web),
        "HUB_STREAM_PORT": str(stream),
        "HUB_HOME": str(home(environ)),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), environ.get("PATH", "")]),
        "PYTHONUNBUFFERED": "1",
    }


def _port(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name) or str(default)
    if not text.isdigit() or int(text) >= HIGHEST_PORT:
        raise CannotRun(f"{name}={text} is not a port: choose a number below {HIGHEST_PORT}.")
    return int(text)
