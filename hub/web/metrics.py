"""Metrics in Prometheus' text form, summed over the processes of a role."""

import os
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_children: dict[tuple[str, str, int], Any] = {}
_folder: list[Path] = []
_lock = Lock()


def install(folder: Path) -> None:
    """Keep this process's numbers in memory-mapped files under ``folder``, from the first request
    on; the first folder named in a process is the one."""
    _folder.append(folder)


@cache
def _histogram() -> Any:
    # The library decides how it counts when it is imported, so the folder is named to it before.
    folder = _folder[0]
    folder.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", str(folder))
    from prometheus_client import Histogram

    return Histogram(
        "hub_request_seconds",
        "Time from a request's arrival to its answer.",
        ("method", "rule", "status"),
        buckets=_SECONDS,
    )


def observe(method: str, rule: str, status: int, seconds: float) -> None:
    """Count one answered request."""
    key = (method, rule, status)
    child = _children.get(key)
    if child is None:
        with _lock:
            child = _children[key] = _histogram().labels(method, rule, str(status))
    child.observe(seconds)


def exposition() -> bytes:
    """All numbers of this machine's processes."""
    from prometheus_client import CollectorRegistry, generate_latest
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
