"""`python -m hub run`: the whole hub on this machine, until Ctrl-C.

Database, migrations, demo city, then every role of the Procfile under one supervisor. Whatever is
in the way is said in one sentence.
"""

import errno
import http.client
import json
import shutil
import signal
import socket
import time
from collections.abc import Mapping

from rich.console import Console

from hub.settings import Settings

from . import environment, occupancy, processes, steps, welcome
from .errors import CannotRun
from .logs import Log
from .postgres import Cluster
from .roles import Role, roles
from .supervisor import Child, Supervisor, sweep

LOOK_SECONDS = 0.2
READY_SECONDS = 90.0
FREE_MIB = 300
MIB = 1 << 20
ANSWERING = {"web", "stream"}
TRAFFIC = Role("traffic", "python -m hub demo traffic")  # what the city's buses would send


def run(environ: Mapping[str, str], console: Console) -> int:
    """Run the hub until it is told to end; the exit code."""
    # Ctrl-C, `kill` and a closed terminal all mean the same: end in order.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        Settings.from_env(environment.of_roles(environ))  # what is wrong there stops right here
        Machine(environ, console).run()
    except CannotRun as trouble:
        console.print(f"[bold red]×[/] {trouble}", highlight=False, soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        pass
    return 0


class DatabaseOnWatch:
    """The embedded database as one of the things that are started again when they end."""

    name = "database"

    def __init__(self, cluster: Cluster) -> None:
        self.log = Log(cluster.log)
        self._cluster = cluster

    def start(self) -> None:
        """Start the server again; it recovers what was committed."""
        self._cluster.revive()

    def ended(self) -> str | None:
        """That the server is gone; None while it runs."""
        return None if self._cluster.pid else "ended"

    def ask_to_end(self) -> None:
        """Nothing yet: the others still need it."""

    def end(self, seconds: float) -> None:  # noqa: ARG002 (a database is never hurried)
        """Shut down; the server takes the time that it needs to write everything."""
        self._cluster.stop()


class Machine:
    """One run of the hub in one HUB_HOME."""

    def __init__(self, environ: Mapping[str, str], console: Console) -> None:
        self._environ = environ
        self._console = console
        self._began = time.monotonic()
        self.home = environment.home(environ)
        self.web, self.stream = environment.ports(environ)

    def run(self) -> None:
        """Start everything, welcome, watch. Ends by KeyboardInterrupt or CannotRun."""
        with occupancy.held(self.home):
            self._check_disk()
            self._check_ports()
            sweep(self.home / "run" / "groups.json", self.home)
            supervisor = Supervisor(say=self._say, record=self.home / "run" / "groups.json")
            try:
                self._start(supervisor)
                while True:
                    supervisor.tick()
                    time.sleep(LOOK_SECONDS)
            except KeyboardInterrupt:
                self._console.print("\nEnding…")
                raise
            finally:
                self._end(supervisor)

    def _start(self, supervisor: Supervisor) -> None:
        cluster = environment.cluster(self._environ)
        if cluster is not None:
            with self._console.status("Starting the database"):
                cluster.start()
            supervisor.adopt(DatabaseOnWatch(cluster))
        variables = environment.of_roles(self._environ)
        steps.take(variables, cluster, self._console)
        shutil.rmtree(self.home / "run" / "metrics", ignore_errors=True)
        first = [role for role in roles() if role.name in ANSWERING]
        later = [role for role in roles() if role.name not in ANSWERING]
        if variables["HUB_DEMO"] == "1":
            later.append(TRAFFIC)
        with self._console.status("Starting the roles"):
            # The roles that answer come first, and have the cores for themselves until they do.
            # Ready they are only when the worker has caught up, so it cannot wait for that.
            for role in first:
                self._start_role(supervisor, role, variables)
            self._wait_for(supervisor, "/healthz")
            for role in later:
                self._start_role(supervisor, role, variables)
            self._wait_for(supervisor, "/readyz")
        supervisor.settle()
        seconds = time.monotonic() - self._began
        self._console.print(welcome.panel(variables, self.home, seconds=seconds))

    def _start_role(self, supervisor: Supervisor, role: Role, variables: Mapping[str, str]) -> None:
        supervisor.start(Child(role, environment=variables, logs=self.home / "log"))

    def _check_disk(self) -> None:
        free = shutil.disk_usage(self.home).free // MIB
        if free < FREE_MIB:
            raise CannotRun(
                f"The disk is full: {self.home} needs {FREE_MIB} MiB and {free} are free."
            )

    def _check_ports(self) -> None:
        host = environment.of_roles(self._environ)["BIND"]
        for port, name, other in (
            (self.web, "PORT", self.web + 1000),
            (self.stream, "HUB_STREAM_PORT", self.stream + 1000),
        ):
            try:
                with socket.create_server((host, port)):
                    pass
            except OSError as trouble:
                why = {
                    errno.EADDRINUSE: "is taken by another program",
                    errno.EACCES: "is reserved for root",
                }.get(trouble.errno or 0, f"cannot be used on {host} ({trouble.strerror})")
                raise CannotRun(
                    f"Port {port} {why}: choose another, as in `make run {name}={other}`."
                ) from None

    def _wait_for(self, supervisor: Supervisor, path: str) -> None:
        """Wait until web says yes at this path and the stream is open."""
        deadline = time.monotonic() + READY_SECONDS
        while (answer := self._missing(path)) is not None:
            if time.monotonic() > deadline:
                raise CannotRun(
                    f"The hub was not ready after {READY_SECONDS:.0f} seconds: {answer} "
                    f"(see {self.home / 'log'})."
                )
            supervisor.tick()
            time.sleep(processes.POLL_SECONDS)

    def _missing(self, path: str) -> str | None:
        """What is still missing; None when nothing is."""
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.web, timeout=5)
            connection.request("GET", path)
            answer = connection.getresponse()
            body = answer.read()
            with socket.create_connection(("127.0.0.1", self.stream), timeout=5):
                pass
        except (OSError, http.client.HTTPException) as trouble:
            return f"no answer yet ({trouble})"
        if answer.status == http.client.OK:
            return None
        try:
            return str(json.loads(body)["detail"])
        except (ValueError, KeyError, TypeError):
            return f"{path} answered {answer.status}"

    def _end(self, supervisor: Supervisor) -> None:
        """End everything in order; a second Ctrl-C means at once."""
        try:
            supervisor.end()
        except KeyboardInterrupt:
            supervisor.end(patience=0.0)

    def _say(self, line: str) -> None:
        moment = time.strftime("%H:%M:%S")
        self._console.print(f"[dim]{moment}[/] {line}", highlight=False, soft_wrap=True)
