"""`kill -9` of every role and of PostgreSQL, in turn, while a source replays positions, publishers
hand in timetables and people ask for codes: everything comes back by itself, no position is lost or
counted twice, and what follows on each request happens once, to its very end."""

import os
import random
import re
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pytest
from sqlalchemy import text

from hub.identity import SIGNATURE_HEADER
from hub.kernel import ids
from hub.kernel.errors import Unavailable
from hub.kernel.work import SYSTEM
from hub.local import environment, processes
from hub.parts import Parts, build_parts
from hub.settings import Settings
from tests.city import City, Signs, a_phone
from tests.factories.feeds import a_feed
from tests.factories.gtfs import town_zip
from tests.factories.live import Town
from tests.local.hub_process import Running

POSITIONS = "/v1/fleet/positions"
BUSES = 25
ROUNDS = 8 if os.environ.get("HYPOTHESIS_PROFILE") == "soak" else 1
VICTIMS = ("web", "worker", "gateway", "stream", "traffic", "database")

# What a killed worker was about to send is sent by the next one when its claim lapses: a minute.
# With this seed the first worker dies before many codes are under way, so that mostly nobody waits
# that long; the later rounds of a soak are not so kind.
SEED = 2028
PATIENCE_SECONDS = 100.0
AWAY = {409, 503}
"""What a hub may answer while a part of it is away; anything else is a defect."""

PUBLISHED = """SELECT data->>'import_id' FROM kernel_outbox
    WHERE type = 'transit.schedule_published' AND subject <> ALL(:before)"""
AT_IT = """SELECT count(*) FROM procrastinate.procrastinate_jobs
    WHERE queue_name = 'events' AND status = 'doing'"""
UNHANDLED = """SELECT (SELECT count(*) FROM kernel_outbox WHERE relayed_at IS NULL)
    + (SELECT count(*) FROM procrastinate.procrastinate_jobs WHERE queue_name = 'events')
    + (SELECT count(*) FROM identity_code_delivery WHERE state = 'waiting')"""


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    """With the viewer of messages, and a proxy behind which everybody has an address of their own:
    one address may not ask for as many codes."""
    return environ | {"HUB_DEMO": "1", "HUB_TRUSTED_PROXIES": "1"}


@pytest.fixture
def parts(running: Running) -> Iterator[Parts]:
    """The parts of the running hub, as a second program of the same machine has them."""
    found = environment.completed({"HUB_HOME": str(running.home)})
    settings = Settings.from_env({k: v for k, v in found.items() if k != "PATH"})
    built = build_parts(settings, application="hub-test")
    yield built
    built.watch.stop()
    built.database.dispose()


class Outside:
    """Everybody who talks to the hub from outside. Each act has one key until the hub takes it."""

    def __init__(self, running: Running, parts: Parts) -> None:
        self._http = httpx.Client(base_url=running.address, timeout=10)
        self._clock = parts.database.clock
        city = City(None, parts)  # type: ignore[arg-type]  # no application runs in here
        self._source = city.device("vehicle_gateway", ["fleet.position:report"])
        self._publisher = city.device("publisher", ["transit.schedule:publish"])
        self.town = Town(parts.database)
        self._trip, _ = self.town.trip_under_way(self._clock())
        self._feeds = [a_feed(parts.database) for _ in range(ROUNDS * len(VICTIMS))]
        self._people = 0
        self.told = self.accepted = 0
        self.logins: dict[str, str] = {}
        self.imports: list[str] = []

    def report(self) -> None:
        """Each bus of the town says where it is."""
        rows = [
            {
                "vehicle": f"B{bus}",
                "reported_at": self._clock().isoformat(),
                "longitude": 126.61 + self.told / BUSES * 2e-5,
                "latitude": 45.77,
                "trip": self._trip,
            }
            for bus in range(BUSES)
        ]
        body = msgspec.json.encode({"feed": self.town.feed, "positions": rows})
        answer = self._signed(self._source, POSITIONS, body, "application/json")
        self.told += BUSES
        self.accepted += answer["accepted"]

    def hand_in(self) -> None:
        """A publisher hands in the timetable of another town."""
        target = f"/v1/transit/feeds/{self._feeds.pop()}/imports"
        answer = self._signed(self._publisher, target, town_zip(), "application/zip")
        self.imports.append(str(ids.read("import", answer["id"])))

    def ask_for_code(self) -> None:
        """Somebody new asks for a code."""
        phone = a_phone()
        self._people += 1
        wanted = {"channel": "sms", "address": phone}
        headers = {
            "Idempotency-Key": uuid4().hex,
            "X-Forwarded-For": f"10.1.{self._people // 250}.{self._people % 250}",
        }
        answer = taken(lambda: self._http.post("/v1/sign-in/codes", json=wanted, headers=headers))
        self.logins[phone] = answer["login"]

    def sign_in(self) -> None:
        """Everybody who asked has one message with one code, and it signs them in."""
        while self.logins:
            phone, login = self.logins.popitem()
            shown = self._http.get("/demo/messages.json", params={"address": phone}).json()
            [message] = shown["items"]
            entry = {"login": login, "code": message["text"][:6]}
            headers = {"Idempotency-Key": uuid4().hex}
            answer = self._http.post("/v1/sign-in/tokens", json=entry, headers=headers)
            assert answer.status_code == 200, answer.text

    def vehicles(self) -> set[str]:
        """The buses of the town that the board of their line shows."""
        answer = self._http.get(f"/v1/transit/routes/{self.town.feed}:7/vehicles")
        return {vehicle["id"] for vehicle in answer.json().get("vehicles", [])}

    def tracked(self) -> float:
        """How many vehicles the tracker counts, of all feeds."""
        told = re.search(
            r"^hub_tracker_vehicles (\S+)$", self._http.get("/metrics").text, re.MULTILINE
        )
        return float(told[1]) if told else 0.0

    def _signed(self, device: Signs, target: str, body: bytes, kind: str) -> Any:
        key = {"Idempotency-Key": uuid4().hex, "Content-Type": kind}

        def send() -> httpx.Response:
            signed = device.headers(body, target, now=self._clock())
            headers = {SIGNATURE_HEADER: signed[SIGNATURE_HEADER], **key}
            return self._http.post(target, content=body, headers=headers)

        return taken(send)


def taken(send: Callable[[], httpx.Response]) -> Any:
    """The answer of a hub that may be away meanwhile: the same request again until it is taken."""
    pause = threading.Event()
    for _ in range(600):
        with suppress(httpx.TransportError):
            answer = send()
            if answer.status_code == 202:
                return answer.json()
            assert answer.status_code in AWAY, answer.text
        pause.wait(0.1)
    raise AssertionError("it was never taken")


def kill(running: Running, victim: str) -> None:
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


def asked(parts: Parts, query: str, **values: object) -> list[Any]:
    return parts.database.read(lambda r: list(r.connection.scalars(text(query), values)), SYSTEM)


def reads_a_zip(parts: Parts) -> bool:
    """Whether a worker is at it just now."""
    with suppress(Unavailable):
        return asked(parts, AT_IT) != [0]
    return False


def test_everything_is_killed_in_turn_and_everything_happens_once(
    running: Running, parts: Parts, eventually: Callable[[Callable[[], object]], None]
) -> None:
    dice = random.Random(SEED)
    outside = Outside(running, parts)
    before = asked(parts, "SELECT DISTINCT subject FROM kernel_outbox")
    for _ in range(ROUNDS):
        for victim in dice.sample(VICTIMS, len(VICTIMS)):
            outside.hand_in()
            processes.wait_until(lambda: reads_a_zip(parts), 5)
            kill(running, victim)
            for _ in range(dice.randint(3, 9)):
                outside.report()
                outside.ask_for_code()
        eventually(running.is_ready)
        assert processes.wait_until(lambda: asked(parts, UNHANDLED) == [0], PATIENCE_SECONDS)
        outside.sign_in()
    outside.report()  # they may have been silent for a while

    stored = "SELECT count(*) FROM fleet_position WHERE feed = :feed"
    assert outside.accepted == outside.told
    assert asked(parts, stored, feed=outside.town.feed) == [outside.told]
    assert Counter(asked(parts, PUBLISHED, before=before)) == Counter(outside.imports)
    buses = {f"{outside.town.feed}:B{bus}" for bus in range(BUSES)}
    eventually(lambda: outside.vehicles() == buses)
    assert outside.tracked() >= BUSES
