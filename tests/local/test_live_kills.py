"""`kill -9` of web and gateway while buses report: nothing lost, nothing counted twice."""

import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from tests.factories.live import Town

ROOT = Path(__file__).resolve().parents[2]
TARGET = "/v1/fleet/positions"
TRIES = 300


class Role:
    """A process of a role that can be killed and started again."""

    def __init__(self, command, environ):
        self._command, self._environ = command, environ
        self.start()

    def start(self):
        self._process = subprocess.Popen(
            [sys.executable, "-m", *self._command],
            cwd=ROOT,
            env=self._environ,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def kill(self):
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


@pytest.fixture
def roles(settings, parts, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environ = {
        "PATH": os.environ["PATH"],
        "HUB_HOME": str(tmp_path),
        "HUB_ROOT_KEY": settings.root_key,
        "HUB_REQUESTS_PER_SECOND": "0",
        "HUB_LOG_LEVEL": "error",
        "DATABASE_URL": settings.database_url,
        "PORT": str(port),
    }
    granian = ["granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    web = Role([*granian, "--workers", "1", "--blocking-threads", "2", "wsgi:app"], environ)
    gateway = Role(["hub", "gateway"], environ)
    yield web, gateway, f"http://127.0.0.1:{port}"
    for role in (web, gateway):
        role.kill()


def patiently(act):
    """What `act` gives once it gives something; the hub may be starting meanwhile."""
    waiting = threading.Event()
    for _ in range(TRIES):
        try:
            if (found := act()) is not None:
                return found
        except httpx.TransportError:
            pass
        waiting.wait(0.1)
    raise AssertionError("the hub did not come back")


def test_killed_in_the_middle_of_a_replay(roles, city, parts, db):
    web, gateway, address = roles
    town = Town(db)
    device = city.device("vehicle_gateway", ["fleet.position:report"], [f"feed:{town.feed}"])
    trip, _ = town.trip_under_way(db.clock())
    accepted = 0
    with httpx.Client(base_url=address, timeout=10) as client:

        def deliver(body):
            """The same body under the same key until it is taken, as a real source does."""
            key = {"Idempotency-Key": secrets.token_hex(16), "Content-Type": "application/json"}

            def once():
                signed = device.headers(body, TARGET, now=db.clock())
                answer = client.post(TARGET, content=body, headers={**signed, **key})
                return answer.json() if answer.status_code == 202 else None

            return patiently(once)

        for number in range(12):
            rows = [
                {
                    "vehicle": f"B{bus}",
                    "reported_at": db.clock().isoformat(),
                    "longitude": 126.615 + number * 1e-4,
                    "latitude": 45.77,
                    "trip": trip,
                }
                for bus in range(20)
            ]
            if number == 3:
                web.kill()
                web.start()
            if number == 6:
                gateway.kill()
                gateway.start()
            accepted += deliver(json.dumps({"feed": town.feed, "positions": rows}).encode())[
                "accepted"
            ]

        def board():
            answer = client.get(f"/v1/transit/routes/{town.feed}:7/vehicles")
            vehicles = answer.json().get("vehicles", [])
            return vehicles if len(vehicles) == 20 else None

        shown = patiently(board)

        def counted():
            # Buses of other tests of this worker may be on the map as well.
            found = re.search(
                r"^hub_tracker_vehicles (\S+)$", client.get("/metrics").text, re.MULTILINE
            )
            return (found is not None and float(found[1]) >= 20) or None

        assert patiently(counted)

    with db.reads() as connection:
        stored = connection.scalar(
            text("SELECT count(*) FROM fleet_position WHERE feed = :feed"), {"feed": town.feed}
        )
    assert (accepted, stored) == (240, 240)
    assert {vehicle["id"] for vehicle in shown} == {f"{town.feed}:B{bus}" for bus in range(20)}
