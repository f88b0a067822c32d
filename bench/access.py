"""`make bench BENCH=access`: rows of the access log, one per transaction, with 8 clients.

Three ways in turn, the best of several short runs of each: the same values into a plain table; the
access log with nobody sealing; the access log with the worker running, which seals meanwhile. Held
to half of each of the others. Also how long a row waits for its seal, and how fast ``verify`` is.
"""

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import create_engine, text

from hub import audit
from hub.audit.rows import new_salt
from hub.audit.verifying import verify
from hub.jobs.release import release
from hub.kernel.db import with_driver
from hub.kernel.ids import new_id
from hub.kernel.work import SYSTEM, Actor, Work
from hub.local.postgres import Cluster
from hub.parts import Parts, build_parts
from hub.settings import Settings

from .stage import ROOT, wait_for

CLIENTS = 8
BAR = 0.5
OFFICER = Actor("officer", "officer_bench")
PERSON = new_id()
FIELDS = ["kind", "valid_until"]

_TABLE = """
    CREATE TABLE bench_access (id uuid PRIMARY KEY, at timestamptz, person_id uuid,
        actor_kind text, actor_id text, register text, purpose text, basis text, fields text[],
        salt bytea);
    CREATE INDEX ON bench_access (person_id, id);
    GRANT INSERT ON bench_access TO hub_app
"""
_PLAIN = text(
    "INSERT INTO bench_access VALUES (:id, :at, :person, :kind, :actor, 'entitlements',"
    " 'senior fare', 'consent', :fields, :salt)"
)
_SEALED = text("SELECT 1 FROM audit_leaf JOIN audit_access ON id = access_id WHERE purpose = :mark")
_WAITING = text(
    "SELECT count(*) FROM audit_access WHERE NOT EXISTS"
    " (SELECT FROM audit_leaf WHERE access_id = audit_access.id)"
)


def plain(work: Work) -> None:
    """The same values, as a table without any promise takes them."""
    work.session.execute(
        _PLAIN,
        {
            "id": new_id(),
            "at": work.now,
            "person": PERSON,
            "kind": work.actor.kind,
            "actor": work.actor.id,
            "fields": FIELDS,
            "salt": new_salt(),
        },
    )


def logged(work: Work, purpose: str = "senior fare") -> None:
    """One row of the access log."""
    audit.read(
        work,
        about=PERSON,
        register="entitlements",
        purpose=purpose,
        basis="consent",
        fields=FIELDS,
    )


def per_second(parts: Parts, act: Callable[[Work], None], seconds: float) -> float:
    """Transactions a second that 8 clients get through."""
    done, over = [0] * CLIENTS, threading.Event()

    def client(number: int) -> None:
        while not over.is_set():
            parts.database.run(act, OFFICER)
            done[number] += 1

    crowd = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    begun = time.perf_counter()
    for thread in crowd:
        thread.start()
    time.sleep(seconds)
    over.set()
    for thread in crowd:
        thread.join()
    return sum(done) / (time.perf_counter() - begun)


class Probe(threading.Thread):
    """Writes a row now and then and waits for its seal; ``waited`` are the seconds of each."""

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self._parts, self.over, self.waited = parts, threading.Event(), list[float]()

    def run(self) -> None:
        """Until told that it is over."""
        while not self.over.is_set():
            mark = f"probe {new_id()}"
            self._parts.database.run(lambda work, mark=mark: logged(work, mark), OFFICER)
            begun = time.perf_counter()
            with self._parts.database.reads() as connection:
                while connection.scalar(_SEALED, {"mark": mark}) is None:
                    time.sleep(0.02)
            self.waited.append(time.perf_counter() - begun)


@contextmanager
def sealing(parts: Parts, variables: dict[str, str]) -> Iterator[None]:
    """The worker, as in any hub, once it has caught up."""
    command = [sys.executable, "-m", "hub", "worker"]
    with subprocess.Popen(command, cwd=ROOT, env=variables) as worker:
        wait_for(lambda: waiting(parts) == 0)
        try:
            yield
        finally:
            worker.terminate()


def waiting(parts: Parts) -> int:
    """Rows without a seal."""
    with parts.database.reads() as connection:
        return int(connection.scalar(_WAITING) or 0)


def main() -> None:
    """In a hub that is made for it and removed afterwards."""
    asked = argparse.ArgumentParser(prog="python -m bench.access", description=__doc__)
    asked.add_argument("--seconds", type=float, default=4.0)
    asked.add_argument("--rounds", type=int, default=3)
    wanted = asked.parse_args()
    home = Path(tempfile.mkdtemp(prefix="hub-bench-"))
    try:
        with ExitStack() as stack:
            cluster = Cluster(home)
            stack.callback(cluster.remove)
            stack.enter_context(cluster)
            print("\n".join(_measure(cluster, home, wanted)))
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _measure(cluster: Cluster, home: Path, wanted: argparse.Namespace) -> list[str]:
    variables = {
        "HUB_HOME": str(home),
        "HUB_LOG_LEVEL": "warning",
        "DATABASE_URL": cluster.url("hub_app"),
        "DATABASE_OWNER_URL": cluster.url("hub_owner"),
    }
    settings = Settings.from_env(variables)
    release(settings)
    owner = create_engine(with_driver(cluster.url("hub_owner")))
    with owner.begin() as connection:
        connection.execute(text(_TABLE))
    owner.dispose()
    parts = build_parts(settings, application="hub-bench", pool_size=CLIENTS + 2)
    best, waited = {"plain": 0.0, "alone": 0.0, "sealed": 0.0}, list[float]()
    for _ in range(wanted.rounds):
        best["plain"] = max(best["plain"], per_second(parts, plain, wanted.seconds))
        best["alone"] = max(best["alone"], per_second(parts, logged, wanted.seconds))
        with sealing(parts, variables | {"PATH": os.environ["PATH"]}):
            probe = Probe(parts)
            probe.start()
            best["sealed"] = max(best["sealed"], per_second(parts, logged, wanted.seconds))
            probe.over.set()
            probe.join()
            waited += probe.waited
    begun = time.perf_counter()
    copies = [audit.Copy(folder) for folder in audit.folders(settings)]
    report = parts.database.run(
        lambda work: verify(work, parts.root(), copies, lambda _: None), SYSTEM
    )
    took = time.perf_counter() - begun
    parts.database.dispose()
    if report.wrong:
        raise SystemExit(f"The log is not whole: {report.wrong}")
    return [*_table(best), "", _waits(waited), _speed(report.rows, took, report.waiting)]


def _table(best: dict[str, float]) -> list[str]:
    sealed = best["sealed"]
    lines = [
        f"# {datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "",
        f"Python {platform.python_version()}, {os.cpu_count()} cores; {CLIENTS} clients, one row"
        " per transaction; clients, worker and database share the cores.",
        "",
        "| rows a second | | sealed to this | bar |",
        "|---|---|---|---|",
    ]
    for name, words in (
        ("plain", "the same values into a plain table"),
        ("alone", "access rows, nobody seals"),
    ):
        ratio = sealed / best[name]
        mark = "✓" if ratio >= BAR else "✗"
        lines.append(f"| {words} | {best[name]:,.0f} | {ratio:.2f} | {BAR} {mark} |")
    return [*lines, f"| access rows, sealed meanwhile | {sealed:,.0f} | | |"]


def _waits(waited: list[float]) -> str:
    found = sorted(waited)
    mark = "✓" if found[-1] <= 2 else "✗"
    return (
        f"A row waited for its seal {found[len(found) // 2]:.2f} s in the middle,"
        f" {found[-1]:.2f} s at most of {len(found)} (bar 2 s {mark})."
    )


def _speed(rows: int, took: float, left: int) -> str:
    return (
        f"Verified {rows:,} rows in {took:.1f} s ({rows / took:,.0f} a second);"
        f" {left:,} were not sealed yet."
    )


if __name__ == "__main__":
    main()
