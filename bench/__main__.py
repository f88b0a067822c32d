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
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from . import stage
from .load import Reading, Request, cpu_seconds, memory_mib, wrk

ASKERS = 128
"""Connections that ask at a fixed rate: so many that each thinks much longer than it waits."""

FEW = 100
ORDINARY = 760
"""Buses of a working day, at whatever hour the bench is run."""

WARM_UP_S = 1.0
"""Before each reading, uncounted: a phone's token is new to a process once and then known."""

SPARE_BUSES = 1.07
"""A twentieth of the buses ends its service during a measurement; as many live on as are wanted."""

RESULTS = Path(__file__).with_name("results")


@dataclass(frozen=True)
class Row:
    """A line of the table: what is asked, who answers, and the ratio it is held to."""

    name: str
    request: Request
    pid: int
    bar: float | None = None


def main(*, only_tokens: bool = False) -> None:
    """Run everything, in a hub that is made for it and removed afterwards."""
    wanted = _arguments()
    wanted.only_tokens = only_tokens
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
    if wanted.only_tokens:
        url = f"http://127.0.0.1:{on.port}"
        rows = [
            Row("bare Flask", Request(f"http://127.0.0.1:{ports[1]}/hello"), flask),
            *_token_rows(on, url, hub),
        ]
        return _heading(wanted) + _table(rows, on, wanted)
    stack.enter_context(on.process("hub", "worker"))
    stack.enter_context(on.process("hub", "gateway"))
    with _reporting(on, FEW):
        rows = _rows(on, ports, (bare, flask, hub))
        board = next(row for row in rows if row.name == "arrivals of a stop")
        with_few = _best(board, hub, wanted), _live(on)
    lines = _heading(wanted)
    with _reporting(on, ORDINARY):
        lines += _table(rows, on, wanted)
    memory = sorted(memory_mib([hub]))[-wanted.workers :]
    lines += ["", f"Memory per hub worker (PSS): {', '.join(f'{size:.0f} MiB' for size in memory)}"]
    lines += _start_cost()
    lines += _crowd(on, board, hub, with_few, wanted)
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
        *_token_rows(on, url, hub),
        Row("the same at first sight of each token", _tokens(on, url, 60_000), hub),
        Row("authenticated read of one row", Request(f"{url}/v1/me", (bearer,)), hub, 0.14),
        Row(
            "idempotent write, outbox, audit",
            Request(f"{url}/bench/notes", (bearer,), '{"said": "a note"}', fresh_key=True),
            hub,
            0.05,
        ),
    ]


def _token_rows(on: stage.Stage, url: str, hub: int) -> list[Row]:
    # In this order: what the first two need tells each process to listen for announcements, and
    # until it hears them it would ask the database for the made-up sessions of the others.
    return [
        Row("client_credentials, a JWT", _own_name(on, url), hub, 0.25),
        Row("introspection of an access token", _introspection(on, url), hub, 0.2),
        Row("verified token alone, 2,000 phones in turn", _tokens(on, url, 2_000), hub, 0.45),
        Row("the same through a partner's app", _partners_token(on, url), hub, 0.45),
    ]


def _tokens(on: stage.Stage, url: str, phones: int) -> Request:
    """A process remembers the last 4,096 good signatures: 2,000 tokens in turn are remembered soon,
    60,000 never."""
    tokens = stage.access_tokens(on.variables, phones, "citizen.profile:read")
    return Request(f"{url}/bench/token", bearers=tuple(tokens))


FORM = ("Content-Type", "application/x-www-form-urlencoded")


def _own_name(on: stage.Stage, url: str) -> Request:
    service = stage.sample_client(on.home, "service")
    return Request(
        f"{url}/oauth/token",
        (FORM, ("Authorization", stage.basic(service))),
        "grant_type=client_credentials",
    )


def _introspection(on: stage.Stage, url: str) -> Request:
    service = stage.sample_client(on.home, "service")
    token = stage.own_token(f"{url}/oauth/token", service)
    headers = (FORM, ("Authorization", stage.basic(service)))
    return Request(f"{url}/oauth/introspect", headers, f"token={token}")


def _partners_token(on: stage.Stage, url: str) -> Request:
    """2,000 tokens of people at a partner's app, in turn: signature, liveness, client, scope."""
    client = stage.sample_client(on.home, "confidential")["client_id"]
    tokens = stage.partner_tokens(on.variables, 2_000, client, "citizen.profile:read")
    return Request(f"{url}/bench/token", bearers=tuple(tokens))


def _table(rows: list[Row], on: stage.Stage, wanted: argparse.Namespace) -> list[str]:
    best: dict[str, Reading] = {}
    database: dict[str, float] = {}
    for _ in range(wanted.rounds):
        for row in rows:
            wrk(row.request, seconds=WARM_UP_S, connections=wanted.connections, pids=[])
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
    on: stage.Stage, board: Row, hub: int, with_few: tuple[Reading, int], wanted: argparse.Namespace
) -> list[str]:
    """Arrivals while few and many vehicles report: capacity, and p99 at a quarter of it."""
    few, live_few = with_few
    idle = _best(board, hub, wanted)  # nobody reports
    quarter = idle.per_second / 4
    pause = ASKERS / quarter * 1000 - idle.p50_ms
    calm = _at_rate(board, hub, pause, wanted)
    with _reporting(on, wanted.vehicles):
        live = _live(on)
        busy, many = _at_rate(board, hub, pause, wanted), _best(board, hub, wanted)
        live = min(live, _live(on))
    slower, later = few.per_second / many.per_second, busy.p99_ms / calm.p99_ms
    return [
        "",
        "| arrivals of a stop while | full load req/s | fixed rate req/s | p50 ms | p99 ms |",
        "|---|---|---|---|---|",
        f"| {live_few:,} vehicles are live and report | {few.per_second:,.0f} | | | |",
        f"| nobody reports | {idle.per_second:,.0f} | {calm.per_second:,.0f} | {calm.p50_ms:.2f}"
        f" | {calm.p99_ms:.2f} |",
        f"| {live:,} vehicles are live and report every 5 s | {many.per_second:,.0f}"
        f" | {busy.per_second:,.0f} | {busy.p50_ms:.2f} | {busy.p99_ms:.2f} |",
        "",
        f"Cost of arrivals with {live:,} live vehicles against {live_few:,}: {slower:.2f} (bar 1.2"
        f" {_mark(slower <= 1.2)}). p99 with {live:,} reporting against nobody: {later:.2f} (bar 2"
        f" {_mark(later <= 2)}). The fixed rate is {ASKERS} connections asking at random moments,"
        f" together a quarter of the idle capacity ({quarter:,.0f} a second). The load, the"
        " reporting vehicles, the database and the hub share the machine's cores.",
    ]


def _at_rate(board: Row, hub: int, pause: float, wanted: argparse.Namespace) -> Reading:
    """The quietest of several runs at a fixed rate."""
    runs = [
        wrk(board.request, seconds=wanted.seconds * 2, connections=ASKERS, pids=[hub],
            pause_ms=pause)
        for _ in range(wanted.rounds)
    ]  # fmt: skip
    return min(runs, key=lambda reading: reading.p99_ms)


@contextmanager
def _reporting(on: stage.Stage, count: int) -> Iterator[None]:
    """So many vehicles live, each reporting every five seconds."""
    fleet = str(round(count * SPARE_BUSES))
    replay = ("hub", "replay", "harbin", "--vehicles", fleet, "--every", "5")
    with on.process(*replay, elsewhere=True):
        stage.wait_for(lambda: _live(on) >= count)
        yield


def _mark(met: bool) -> str:
    return "✓" if met else "✗"


def _best(row: Row, hub: int, wanted: argparse.Namespace) -> Reading:
    runs = [
        wrk(row.request, seconds=wanted.seconds, connections=wanted.connections, pids=[hub])
        for _ in range(wanted.rounds)
    ]
    return max(runs, key=lambda reading: reading.per_second)


def _live(on: stage.Stage) -> int:
    """How many vehicles the hub shows now; 0 before the gateway's first boards."""
    address = f"http://127.0.0.1:{on.port}/gtfs-rt/harbin/vehicle-positions.pb"
    from google.transit import gtfs_realtime_pb2

    message = gtfs_realtime_pb2.FeedMessage()  # type: ignore[attr-defined]
    try:
        with urllib.request.urlopen(address, timeout=30) as answer:
            message.ParseFromString(answer.read())
    except urllib.error.HTTPError:
        return 0
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
    program = "import time, wsgi; print(time.process_time())"
    runs = [
        float(subprocess.run([sys.executable, "-c", program], cwd=stage.ROOT, check=True,
                             capture_output=True, text=True,
                             env={**os.environ, "HUB_HOME": "/tmp"}).stdout)
        for _ in range(5)
    ]  # fmt: skip
    return [f"CPU of a fresh process until `create_app()` has returned: {min(runs):.2f} s"]


def _heading(wanted: argparse.Namespace) -> list[str]:
    return [
        f"# {datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "",
        f"Python {platform.python_version()}, {os.cpu_count()} cores, granian with"
        f" {wanted.workers} workers of {wanted.threads} threads, wrk with {wanted.connections}"
        f" connections; best of {wanted.rounds} interleaved runs of {wanted.seconds:g} s, each"
        f" after {WARM_UP_S:g} s of warming up.",
        "",
    ]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--vehicles", type=int, default=10_000)
    parser.add_argument("--write", action="store_true", help="Keep the result in bench/results/.")
    return parser.parse_args()


if __name__ == "__main__":
    main()
