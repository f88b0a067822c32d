"""`kill -9` of the worker while it seals: every row is sealed once, and the log is whole."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from hub import audit
from hub.audit.verifying import verify
from hub.jobs.release import release
from hub.kernel import ids
from hub.kernel.work import SYSTEM, Actor
from hub.local.postgres import Cluster
from hub.parts import Parts, build_parts
from hub.settings import Settings
from tests.local.hub_process import ROOT

OFFICER = Actor("officer", "officer_test")
KILLS = 12 if os.environ.get("HYPOTHESIS_PROFILE") == "soak" else 3


@pytest.fixture
def variables(own_cluster: Cluster, home: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HUB_HOME": str(home),
        "HUB_CHECKPOINT_COPIES": str(home.parent / "another disk"),
        "HUB_LOG_LEVEL": "error",
        "DATABASE_URL": own_cluster.url("hub_app"),
        "DATABASE_OWNER_URL": own_cluster.url("hub_owner"),
    }


@pytest.fixture
def parts(variables: dict[str, str]) -> Iterator[Parts]:
    settings = Settings.from_env({k: v for k, v in variables.items() if k != "PATH"})
    release(settings)
    built = build_parts(settings, application="hub-test")
    yield built
    built.watch.stop()
    built.database.dispose()


@contextmanager
def worker(variables: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "hub", "worker"]
    with subprocess.Popen(command, cwd=ROOT, env=variables) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGKILL)


def size(parts: Parts) -> int:
    newest = "SELECT coalesce(max(size), 0) FROM audit_checkpoint"
    found: int = parts.database.read(lambda r: r.connection.scalar(text(newest)), SYSTEM)
    return found


def test_a_sealer_killed_in_the_middle_loses_nothing(
    variables: dict[str, str], parts: Parts, eventually: Callable[[Callable[[], object]], None]
) -> None:
    over, read = threading.Event(), [0, 0]
    person = ids.new_id()

    def keep_reading(reader: int) -> None:
        while not over.is_set():
            parts.database.run(
                lambda work: audit.read(
                    work, about=person, register="r", purpose="p", basis="consent", fields=["f"]
                ),
                OFFICER,
            )
            read[reader] += 1

    readers = [threading.Thread(target=keep_reading, args=(reader,)) for reader in (0, 1)]
    for thread in readers:
        thread.start()
    for _ in range(KILLS):
        before = size(parts)
        with worker(variables):
            eventually(lambda known=before: size(parts) > known)
    over.set()
    for thread in readers:
        thread.join(30)
    with worker(variables):
        eventually(lambda: size(parts) == sum(read))
        copies = [audit.Copy(folder) for folder in audit.folders(parts.settings)]
        eventually(lambda: all(signed_over(copy) == sum(read) for copy in copies))

    report = parts.database.run(
        lambda work: verify(work, parts.root(), copies, lambda _: None), SYSTEM
    )

    assert (report.wrong, report.rows, report.waiting) == ([], sum(read), 0)
    assert len(report.copied) == 2


def signed_over(copy: audit.Copy) -> int:
    return sum(len(line.leaves) for line in copy.lines())
