"""What the tests of this machine's part find: an empty HUB_HOME and a way to wait for things."""

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hub.local import processes
from hub.local.postgres import Cluster
from tests.local.hub_process import Running, free_port

PATIENCE_SECONDS = 30.0

Eventually = Callable[[Callable[[], object]], None]


@pytest.fixture
def eventually() -> Eventually:
    """Wait until a condition holds; fail after half a minute."""

    def wait(condition: Callable[[], object]) -> None:
        assert processes.wait_until(lambda: bool(condition()), PATIENCE_SECONDS)

    return wait


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Where a hub is going to live: a path with a space, as people have them."""
    return tmp_path / "my hub"


@pytest.fixture
def bin_dir() -> Path | None:
    """The PostgreSQL of this test run; None means the packaged one."""
    folder = os.environ.get("HUB_TEST_POSTGRES_BIN")
    return Path(folder) if folder else None


@pytest.fixture
def own_cluster(home: Path, bin_dir: Path | None) -> Iterator[Cluster]:
    """A running server that the test may do anything to."""
    with Cluster(home, bin_dir=bin_dir, throwaway=True) as cluster:
        yield cluster


@pytest.fixture
def environ(bin_dir: Path | None) -> Iterator[dict[str, str]]:
    """A hub of its own, in a folder that the database's account can reach."""
    home = Path("/var/tmp") / f"hub-test-{os.getpid()}"
    home.mkdir(mode=0o755)
    variables = {
        "PATH": os.environ["PATH"],
        "HUB_HOME": str(home / "a hub"),
        "HUB_DEMO": "0",
        "PORT": str(free_port()),
        "HUB_STREAM_PORT": str(free_port()),
        "WEB_CONCURRENCY": "1",
    }
    if bin_dir is not None:
        variables["HUB_POSTGRES_BIN"] = str(bin_dir)
    yield variables
    shutil.rmtree(home)


@pytest.fixture
def running(environ: dict[str, str]) -> Iterator[Running]:
    hub = Running(environ)
    yield hub
    if hub.process.poll() is None:
        hub.end(signal.SIGTERM)
