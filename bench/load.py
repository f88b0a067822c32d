"""wrk, and what a run of it cost the processes that answered."""

import os
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Request:
    """What is asked: an address, and headers; ``fresh_key`` gives each its own Idempotency-Key,
    ``bearers`` are access tokens that are sent in turn."""

    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: str | None = None
    fresh_key: bool = False
    bearers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reading:
    """What wrk saw in one run."""

    per_second: float
    p50_ms: float
    p99_ms: float
    requests: int
    failed: int
    cpu_us: float

    @property
    def good(self) -> bool:
        """Whether everything asked was answered as wished."""
        return self.failed == 0 and self.requests > 0


def wrk(
    request: Request,
    *,
    seconds: float,
    connections: int,
    pids: list[int],
    pause_ms: float = 0.0,
) -> Reading:
    """One run. With ``pause_ms`` each connection waits after an answer, that long on average and
    at random: many connections that think much longer than an answer takes ask at a rate that
    hardly depends on how fast they are answered."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "requests.lua")
        tokens = Path(folder, "tokens")
        tokens.write_text("".join(f"{token}\n" for token in request.bearers))
        script.write_text(_lua(request, pause_ms, tokens))
        before = cpu_seconds(pids)
        told = subprocess.run(
            ["wrk", "-t1", f"-c{connections}", f"-d{seconds:g}s", "--latency", "-s", str(script),
             request.url],
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        spent = cpu_seconds(pids) - before
    requests = int(_found(r"(\d+) requests in", told))
    failed = int(_found(r"Non-2xx or 3xx responses: (\d+)", told, "0"))
    return Reading(
        per_second=float(_found(r"Requests/sec:\s+([\d.]+)", told)),
        p50_ms=_milliseconds(_found(r"50%\s+([\d.]+\w+)", told)),
        p99_ms=_milliseconds(_found(r"99%\s+([\d.]+\w+)", told)),
        requests=requests,
        failed=failed + (0 if "Socket errors" not in told else 1),
        cpu_us=spent / max(requests, 1) * 1e6,
    )


def cpu_seconds(pids: list[int]) -> float:
    """Processor time of these processes and all below them."""
    total = 0.0
    for pid in with_children(pids):
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except FileNotFoundError:
            continue
        total += (int(fields[11]) + int(fields[12])) / TICKS
    return total


def memory_mib(pids: list[int]) -> list[float]:
    """Proportional set size of each process below these, in MiB."""
    sizes = []
    for pid in with_children(pids):
        found = re.search(
            r"^Pss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE
        )
        sizes.append(int(found[1]) / 1024 if found else 0.0)
    return sizes


def with_children(pids: list[int]) -> list[int]:
    """These processes and all below them."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            parents.setdefault(int(fields[1]), []).append(int(entry.name))
    found, waiting = [], list(pids)
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        waiting += parents.get(pid, [])
    return found


def _lua(request: Request, pause_ms: float, tokens: Path) -> str:
    lines = [f'wrk.headers["{name}"] = {value!r}' for name, value in request.headers]
    if request.body is not None:
        lines.append(f'wrk.method = "POST"; wrk.body = {request.body!r}')
        if "Content-Type" not in dict(request.headers):
            lines.append('wrk.headers["Content-Type"] = "application/json"')
    if request.fresh_key:
        lines += [
            "local n, run = 0, tostring(os.time()) .. tostring({}):sub(8)",
            "request = function() n = n + 1;"
            ' wrk.headers["Idempotency-Key"] = run .. "-" .. n .. "-0123456789";'
            " return wrk.format() end",
        ]
    if request.bearers:
        lines += [
            f"local n, ready = 0, {{}}; for token in io.lines({str(tokens)!r}) do"
            " ready[#ready + 1] = token end",
            "init = function() for i, token in ipairs(ready) do"
            ' wrk.headers["Authorization"] = "Bearer " .. token; ready[i] = wrk.format() end end',
            "request = function() n = n % #ready + 1; return ready[n] end",
        ]
    if pause_ms:
        longest = round(2 * pause_ms)
        lines.append(f"delay = function() return math.random(0, {longest}) end")
    return "\n".join(lines)


def _found(pattern: str, text: str, default: str | None = None) -> str:
    match = re.search(pattern, text)
    if match is None:
        if default is None:
            raise ValueError(f"wrk did not say {pattern}: {text}")
        return default
    return match[1]


def _milliseconds(text: str) -> float:
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s|m)", text).groups()  # type: ignore[union-attr]
    return float(number) * {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60000.0}[unit]
