"""A real hub on this machine, as `python -m hub run` starts it, for tests."""

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from hub.local import environment

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def start(environ: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "hub", "run"],
        cwd=ROOT,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


class Running:
    """A hub that was welcomed."""

    def __init__(self, environ: dict[str, str]) -> None:
        self.home = Path(environ["HUB_HOME"])
        self.address = f"http://127.0.0.1:{environ['PORT']}"
        self.process = start(environ)
        self.said: list[str] = []
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line)
            if "Ctrl-C ends everything" in line:
                return
        pytest.fail("".join(self.said))

    def pids(self) -> dict[str, int]:
        """The processes of the hub by their names."""
        groups: dict[str, int] = json.loads((self.home / "run" / "groups.json").read_text())
        cluster = environment.cluster({"HUB_HOME": str(self.home)})
        assert cluster is not None
        pid = int((cluster.data / "postmaster.pid").read_text().split()[0])
        return groups | {"database": pid}

    def is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.address}/readyz", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False

    def end(self, number: signal.Signals) -> None:
        self.process.send_signal(number)
        self.process.communicate(timeout=60)
