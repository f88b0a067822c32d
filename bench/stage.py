"""The stage: a hub of its own in a temporary folder, the demo city, and servers to compare."""

import base64
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text

from hub.identity import CITY_APP, Issuer, subject_of
from hub.kernel.db import with_driver
from hub.kernel.ids import new_id
from hub.keys import KeyRing
from hub.local.demo.partners import CLIENTS
from hub.local.postgres import Cluster
from hub.parts import build_parts
from hub.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 120.0


class Stage:
    """Starts processes, knows their ids, and ends them all."""

    def __init__(self, home: Path, stack: ExitStack, workers: int, threads: int) -> None:
        self.cluster = Cluster(home)
        stack.callback(self.cluster.remove)  # once it has stopped: it may lie elsewhere than home
        stack.enter_context(self.cluster)
        self.home, self._stack = home, stack
        self._workers, self._threads = workers, threads
        self.port = free_port()
        self.variables = {
            "PATH": os.environ["PATH"],
            "HUB_HOME": str(home),
            "HUB_DEMO": "1",
            "HUB_REQUESTS_PER_SECOND": "0",
            "HUB_LOG_LEVEL": "warning",
            "PORT": str(self.port),
            "HUB_THREADS": str(threads),
            "DATABASE_URL": self.cluster.url("hub_app"),
            "DATABASE_OWNER_URL": self.cluster.url("hub_owner"),
        }

    def prepare(self) -> None:
        """Migrations, keys, demo city, and the table of the bench."""
        for command in (["release"], ["demo", "load"]):
            subprocess.run(
                [sys.executable, "-m", "hub", *command], cwd=ROOT, env=self.variables, check=True
            )
        engine = create_engine(with_driver(self.cluster.url("hub_owner")))
        with engine.begin() as connection:
            connection.execute(
                text("CREATE TABLE bench_note (id uuid PRIMARY KEY, person text, said text)")
            )
            connection.execute(text("GRANT INSERT ON bench_note TO hub_app"))
        engine.dispose()

    @contextmanager
    def process(self, *command: str, elsewhere: bool = False, **more: str) -> Iterator[int]:
        """A process of the hub, by its command; its id. One that stands for machines ``elsewhere``
        leaves the cores to the hub where there are not enough for both."""
        log = (self.home / "bench.log").open("ab")
        running = subprocess.Popen(
            [*(["nice", "-n", "10"] if elsewhere else []), sys.executable, "-m", *command],
            cwd=ROOT, env=self.variables | more, stdout=log, stderr=log,
        )  # fmt: skip
        try:
            yield running.pid
        finally:
            running.send_signal(signal.SIGTERM)
            try:
                running.wait(20)
            except subprocess.TimeoutExpired:
                running.kill()
                running.wait()

    @contextmanager
    def server(self, target: str, port: int) -> Iterator[int]:
        """Granian with the same settings for everybody; waits until it answers."""
        command = (
            f"granian --interface wsgi --host 127.0.0.1 --port {port} --workers {self._workers}"
            f" --blocking-threads {self._threads} --no-ws --http 1 {target}"
        )
        with self.process(*command.split()) as pid:
            wait_for(lambda: answers(port))
            yield pid

    @property
    def database_pid(self) -> int:
        """The database's main process."""
        assert self.cluster.pid is not None
        return self.cluster.pid


def access_tokens(variables: Mapping[str, str], count: int, scope: str) -> list[str]:
    """Access tokens of that many made-up phones, as the hub issues them: good for ten minutes."""

    def phone(_: KeyRing) -> dict[str, Any]:
        return {"person_id": new_id(), "session_id": new_id(), "client_id": CITY_APP}

    return _tokens(variables, count, scope, phone)


def partner_tokens(
    variables: Mapping[str, str], count: int, client_id: str, scope: str
) -> list[str]:
    """Access tokens of that many made-up people at a partner's app: good for ten minutes."""

    def granted(keyring: KeyRing) -> dict[str, Any]:
        subject = subject_of(keyring, client_id, new_id())
        return {"subject": subject, "grant_id": new_id(), "client_id": client_id}

    return _tokens(variables, count, scope, granted)


def _tokens(
    variables: Mapping[str, str],
    count: int,
    scope: str,
    whose: Callable[[KeyRing], dict[str, Any]],
) -> list[str]:
    settings = Settings.from_env(variables)
    parts = build_parts(settings, application="hub-bench")
    issuer = Issuer(parts.keyring, settings.public_url, frozenset({scope}))
    now = parts.database.clock()
    tokens = [
        issuer.issue(
            scopes=issuer.scopes,
            acr="urn:city:loa:1",
            amr=("otp",),
            auth_time=now,
            now=now,
            **whose(parts.keyring),
        )
        for _ in range(count)
    ]
    parts.watch.stop()
    parts.database.dispose()
    return tokens


def sample_client(home: Path, kind: str) -> dict[str, Any]:
    """A sample partner of the demo city."""
    found: dict[str, Any] = json.loads((home / CLIENTS).read_text())[kind]
    return found


def basic(client: Mapping[str, str]) -> str:
    """The Authorization header by which a client proves itself."""
    pair = f"{client['client_id']}:{client['client_secret']}"
    return "Basic " + base64.b64encode(pair.encode()).decode()


def own_token(url: str, client: Mapping[str, str]) -> str:
    """A token of a partner's service in its own name."""
    request = urllib.request.Request(
        url, b"grant_type=client_credentials", {"Authorization": basic(client)}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        token: str = json.loads(answer.read())["access_token"]
    return token


def ask(url: str, *, body: Any = None, headers: Mapping[str, str] | None = None) -> Any:
    """One request, its JSON."""
    data = None if body is None else json.dumps(body).encode()
    given = {"Content-Type": "application/json", **(headers or {})}
    request = urllib.request.Request(url, data, given)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read() or b"null")


def answers(port: int) -> bool:
    """Whether something listens there."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


def wait_for(done: Any) -> Any:
    """Look again every fifth of a second, for two minutes at most."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if found := done():
            return found
        time.sleep(0.2)
    raise TimeoutError("The bench waited for two minutes.")


def free_port() -> int:
    """A port that nobody uses."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port
