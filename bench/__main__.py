"""`make bench`: what our routes cost beside bare WSGI and bare Flask, on the same server.

Prints ratios of requests per second to the bare Flask route of the same run (the best of several
short, interleaved runs, because a shared machine is slow at times and never fast by accident),
latencies, processor time per request of server and database, and memory per worker. With --write
the result is a dated file in bench/results/.
"""

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
import uuid
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from . import stage
from .load import Reading, Request, cpu_seconds, memory_mib, wrk

RESULTS = Path(__file__).with_name("results")


@dataclass(frozen=True)
class Row:
    """A line of the table: what is asked, who answers, and the ratio it is held to."""

    name: str
    request: Request
    pid: int
    bar: float | None = None


def main() -> None:
    """Run everything, in a hub that is made for it and removed afterwards."""
    wanted = _arguments()
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is not installed (Debian: apt-get install wrk).")
    home = Path(tempfile.mkdtemp(prefix="hub-bench-"))
    try:
        with ExitStack() as stack:
            lines = _measure(
                stage.Stage(home, stack, wanted.workers, wanted.threads), stack, wanted
            )
    finally:
        shutil.rmtree(home, ignore_errors=True)
    report = "\n".join(lines) + "\n"
    print(report)
    if wanted.write:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / f"{datetime.now(UTC):%Y-%m-%d}.md").write_text(report)


def _measure(on: stage.Stage, stack: ExitStack, wanted: argparse.Namespace) -> list[str]:
    on.prepare()
    ports = [stage.free_port(), stage.free_port(), on.port]
    targets = ("bench.bare:wsgi", "bench.bare:flask", "bench.application:app")
    bare, flask, hub = (
        stack.enter_context(on.server(target, port))
        for target, port in zip(targets, ports, strict=True)
    )
    stack.enter_context(on.process("hub", "worker"))
    stack.enter_context(on.process("hub", "gateway"))
    buses = stack.enter_context(ExitStack())
    buses.enter_context(on.process("hub", "replay", "harbin"))
    rows = _rows(on, ports, (bare, flask, hub))
    lines = _heading(wanted)
    lines += _table(rows, on, wanted)
    memory = sorted(memory_mib([hub]))[-wanted.workers :]
    lines += ["", f"Memory per hub worker (PSS): {', '.join(f'{size:.0f} MiB' for size in memory)}"]
    lines += _start_cost()
    lines += _crowd(on, rows, hub, buses, wanted)
    return lines


def _rows(on: stage.Stage, ports: list[int], pids: tuple[int, int, int]) -> list[Row]:
    url = f"http://127.0.0.1:{on.port}"
    bare, flask, hub = pids
    bearer = ("Authorization", f"Bearer {_sign_in(url)}")
    vehicle = stage.wait_for(lambda: _a_bus_on_its_way(url))
    board = f"{url}/v1/transit/stops/{vehicle['next_stop']['id']}/arrivals"
    line = f"{url}/v1/transit/routes/{vehicle['route']['id']}"
    return [
        Row("bare WSGI", Request(f"http://127.0.0.1:{ports[0]}/"), bare),
        Row("bare Flask", Request(f"http://127.0.0.1:{ports[1]}/hello"), flask),
        Row("our decorators alone", Request(f"{url}/bench/public"), hub),
        Row("unchanged line (304)", Request(line, (("If-None-Match", _etag(line)),)), hub, 0.7),
        Row("arrivals of a stop", Request(board), hub, 0.5),
        Row("vehicles of a line", Request(f"{line}/vehicles"), hub, 0.5),
        Row("verified token alone", Request(f"{url}/bench/token", (bearer,)), hub, 0.45),
        Row("authenticated read of one row", Request(f"{url}/v1/me", (bearer,)), hub, 0.14),
        Row(
            "idempotent write, outbox, audit",
            Request(f"{url}/bench/notes", (bearer,), '{"said": "a note"}', fresh_key=True),
            hub,
            0.05,
        ),
    ]


def _table(rows: list[Row], on: stage.Stage, wanted: argparse.Namespace) -> list[str]:
    best: dict[str, Reading] = {}
    database: dict[str, float] = {}
    for _ in range(wanted.rounds):
        for row in rows:
            before = stage_cpu(on)
            reading = wrk(
                row.request, seconds=wanted.seconds, connections=wanted.connections, pids=[row.pid]
            )
            if not reading.good:
                raise SystemExit(f"{row.name}: {reading.failed} of {reading.requests} failed.")
            spent = (stage_cpu(on) - before) / reading.requests * 1e6
            if row.name not in best or reading.per_second > best[row.name].per_second:
                best[row.name], database[row.name] = reading, spent
    flask = best["bare Flask"]
    lines = [
        "| route | ratio | bar | req/s | p50 ms | p99 ms | server CPU µs | database CPU µs |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        reading = best[row.name]
        ratio = reading.per_second / flask.per_second
        met = "" if row.bar is None else f"{row.bar:g} {_mark(ratio >= row.bar)}"
        lines.append(
            f"| {row.name} | {ratio:.3f} | {met} | {reading.per_second:,.0f} | {reading.p50_ms:.2f}"
            f" | {reading.p99_ms:.1f} | {reading.cpu_us:.0f} | {database[row.name]:.0f} |"
        )
    return lines


def _crowd(
    on: stage.Stage, rows: list[Row], hub: int, buses: ExitStack, wanted: argparse.Namespace
) -> list[str]:
    """Arrivals while few and many vehicles report: capacity, and p99 at a quarter of it."""
    row = next(row for row in rows if row.name == "arrivals of a stop")
    lines = [
        "",
        "| vehicles reporting | arrivals req/s | p99 ms at a fixed rate | rate |",
        "|---|---|---|---|",
    ]
    seen: dict[int, tuple[Reading, Reading]] = {}
    buses.close()  # idle: nobody reports
    idle = _best(row, hub, wanted)
    pause = max(1, round(wanted.connections / (idle.per_second / 4) * 1000))
    for count in (0, *wanted.vehicles):
        with ExitStack() as reporting:
            if count:
                reporting.enter_context(
                    on.process("hub", "replay", "harbin", "--vehicles", str(count), "--every", "5")
                )
                stage.wait_for(lambda count=count: _live(on) >= 0.8 * count)
            steady = [
                wrk(
                    row.request, seconds=wanted.seconds * 2, connections=wanted.connections,
                    pids=[hub], pause_ms=pause,
                )
                for _ in range(wanted.rounds)
            ]  # fmt: skip
            seen[count] = (
                _best(row, hub, wanted) if count else idle,
                min(steady, key=lambda reading: reading.p99_ms),
            )
    lines += [
        f"| {count} | {full.per_second:,.0f} | {calm.p99_ms:.2f} | {calm.per_second:,.0f} |"
        for count, (full, calm) in seen.items()
    ]
    most, fewest = max(wanted.vehicles), min(wanted.vehicles)
    slower = seen[fewest][0].per_second / seen[most][0].per_second
    later = seen[most][1].p99_ms / seen[0][1].p99_ms
    lines += [
        "",
        f"Cost of arrivals with {most} vehicles against {fewest}: {slower:.2f} (bar 1.2"
        f" {_mark(slower <= 1.2)}). p99 with {most} reporting against none: {later:.2f} (bar 2"
        f" {_mark(later <= 2)}). The load, the reporting vehicles, the database and the hub share"
        " the machine's cores.",
    ]
    return lines


def _mark(met: bool) -> str:
    return "✓" if met else "✗"


def _best(row: Row, hub: int, wanted: argparse.Namespace) -> Reading:
    runs = [
        wrk(row.request, seconds=wanted.seconds, connections=wanted.connections, pids=[hub])
        for _ in range(wanted.rounds)
    ]
    return max(runs, key=lambda reading: reading.per_second)


def _live(on: stage.Stage) -> int:
    address = f"http://127.0.0.1:{on.port}/gtfs-rt/harbin/vehicle-positions.pb"
    from google.transit import gtfs_realtime_pb2

    message = gtfs_realtime_pb2.FeedMessage()  # type: ignore[attr-defined]
    with urllib.request.urlopen(address, timeout=30) as answer:
        message.ParseFromString(answer.read())
    return len(message.entity)


def _sign_in(url: str) -> str:
    address = f"bench-{uuid.uuid4().hex[:8]}@example.org"
    asked = stage.ask(
        f"{url}/v1/sign-in/codes",
        body={"channel": "email", "address": address},
        headers={"Idempotency-Key": uuid.uuid4().hex},
    )
    shown = f"{url}/demo/messages.json?address={address}"
    message = stage.wait_for(lambda: next(iter(stage.ask(shown)["items"]), None))
    code = "".join(letter for letter in message["text"] if letter.isdigit())[:6]
    body = {"login": asked["login"], "code": code}
    tokens = stage.ask(
        f"{url}/v1/sign-in/tokens", body=body, headers={"Idempotency-Key": uuid.uuid4().hex}
    )
    token: str = tokens["access_token"]
    return token


def _a_bus_on_its_way(url: str) -> Any:
    try:
        found = stage.ask(f"{url}/v1/transit/vehicles?bbox=126,45,127,46&feed=harbin")["vehicles"]
    except urllib.error.HTTPError:  # the gateway has not written its first boards yet
        return None
    return next((v for v in found if v.get("next_stop") and v.get("route")), None)


def _etag(url: str) -> str:
    with urllib.request.urlopen(url, timeout=30) as answer:
        etag: str = answer.headers["ETag"]
        return etag


def stage_cpu(on: stage.Stage) -> float:
    """Processor time of the database so far."""
    return cpu_seconds([on.database_pid])


def _start_cost() -> list[str]:
    program = (
        "import time; from blueprints import SECTORS; from hub.app import create_app;"
        " from hub.settings import Settings;"
        " create_app(Settings.from_env({'HUB_HOME': '/tmp'}), SECTORS); print(time.process_time())"
    )
    runs = [
        float(subprocess.run([sys.executable, "-c", program], cwd=stage.ROOT, check=True,
                             capture_output=True, text=True).stdout)
        for _ in range(5)
    ]  # fmt: skip
    return [f"CPU of a fresh process until `create_app()` has returned: {min(runs):.2f} s"]


def _heading(wanted: argparse.Namespace) -> list[str]:
    return [
        f"# {datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "",
        f"Python {platform.python_version()}, {os.cpu_count()} cores, granian with"
        f" {wanted.workers} workers of {wanted.threads} threads, wrk with {wanted.connections}"
        f" connections; best of {wanted.rounds} interleaved runs of {wanted.seconds:g} s.",
        "",
    ]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--vehicles", type=int, nargs="*", default=[100, 10_000])
    parser.add_argument("--write", action="store_true", help="Keep the result in bench/results/.")
    return parser.parse_args()


if __name__ == "__main__":
    main()
