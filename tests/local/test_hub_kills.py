"""`kill -9` of every role and of PostgreSQL, in turn, while a source replays positions and things
happen: everything comes back by itself, no position is lost or counted twice, no event is lost."""

import json
import os
import random
import signal
import threading
from datetime import UTC, datetime
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from hub import audit
from hub.identity import SIGNATURE_HEADER, PersonJoined
from hub.kernel.errors import Unavailable
from hub.kernel.ids import new_id
from hub.kernel.work import SYSTEM
from hub.local import environment
from hub.parts import build_parts
from hub.settings import Settings
from tests.city import City
from tests.factories.live import Town

TARGET = "/v1/fleet/positions"
BUSES = 25
ROUNDS = 8 if os.environ.get("HYPOTHESIS_PROFILE") == "soak" else 1
START = datetime(2026, 1, 1, tzinfo=UTC)
VICTIMS = ("web", "worker", "gateway", "stream", "database")


@pytest.fixture
def parts(running):
    """The parts of the running hub, as a second program of the same machine has them."""
    found = environment.completed({"HUB_HOME": str(running.home)})
    settings = Settings.from_env({k: v for k, v in found.items() if k != "PATH"})
    built = build_parts(settings, application="hub-test")
    yield built
    built.watch.stop()
    built.database.dispose()


class Source:
    """Replays a drive, each batch under its own key until the hub has taken it."""

    def __init__(self, address, device, feed, trip, clock):
        self._client = httpx.Client(base_url=address, timeout=10)
        self._device, self._feed, self._trip, self._clock = device, feed, trip, clock
        self.accepted = 0

    def deliver(self, number):
        rows = [
            {
                "vehicle": f"B{bus}",
                "reported_at": self._clock().isoformat(),
                "longitude": 126.61 + number * 2e-5,
                "latitude": 45.77,
                "trip": self._trip,
            }
            for bus in range(BUSES)
        ]
        body = json.dumps({"feed": self._feed, "positions": rows}).encode()
        key, pause = uuid4().hex, threading.Event()
        for _ in range(600):
            try:
                signed = self._device.headers(body, TARGET, now=self._clock())
                headers = {SIGNATURE_HEADER: signed[SIGNATURE_HEADER], "Idempotency-Key": key}
                answer = self._client.post(
                    TARGET, content=body, headers={**headers, "Content-Type": "application/json"}
                )
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.status_code == 202:
                self.accepted += answer.json()["accepted"]
                return
            pause.wait(0.1)
        raise AssertionError(f"batch {number} was never taken")


def happen(parts):
    """One event and one audit line in one transaction; tried again while the database is away."""
    person, pause = new_id(), threading.Event()

    def act(work):
        work.emit(PersonJoined(person_id=person))
        audit.record(work, "test.joined", str(person))

    for _ in range(300):
        try:
            parts.database.run(act, SYSTEM)
        except Unavailable:
            pause.wait(0.1)
        else:
            return person
    raise AssertionError("the database did not come back")


def count(parts, query, **values):
    with parts.database.reads() as connection:
        return connection.scalar(text(query), values)


def kill(running, victim):
    """End a process without warning, as soon as there is one to end."""
    pause = threading.Event()
    for _ in range(300):
        try:
            os.kill(running.pids()[victim], signal.SIGKILL)
        except (ProcessLookupError, FileNotFoundError, IndexError):
            pause.wait(0.1)
        else:
            return
    raise AssertionError(f"{victim} did not come back")


def test_everything_is_killed_in_turn_during_a_replay(running, parts, eventually):
    dice = random.Random(2026)
    turns = [v for _ in range(ROUNDS) for v in dice.sample(VICTIMS, len(VICTIMS))]
    town = Town(parts.database)
    device = City(None, parts).device("vehicle_gateway", ["fleet.position:report"])
    trip, _ = town.trip_under_way(parts.database.clock())
    source = Source(running.address, device, town.feed, trip, parts.database.clock)

    people, number = [], 0
    for victim in turns:
        kill(running, victim)
        for _ in range(dice.randint(3, 9)):
            source.deliver(number)
            people.append(happen(parts))
            number += 1

    told = number * BUSES
    stored = count(parts, "SELECT count(*) FROM fleet_position WHERE feed = :feed", feed=town.feed)
    assert (source.accepted, stored) == (told, told)
    relayed = "SELECT count(*) FROM kernel_outbox WHERE relayed_at > :at AND subject = ANY(:people)"
    subjects = [PersonJoined(person_id=person).subject for person in people]
    eventually(lambda: count(parts, relayed, at=START, people=subjects) == len(people))
    eventually(running.is_ready)
    line = f"{running.address}/v1/transit/routes/{town.feed}:7/vehicles"
    eventually(lambda: len(httpx.get(line).json().get("vehicles", [])) == BUSES)
