"""Playing into a hub that comes and goes: nothing lost, nothing doubled."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from hub import identity
from hub.local.demo.delivery import Delivery, Refused, Signer
from hub.local.demo.recording import Position
from hub.local.demo.replay import Player, Tempo, on_grid

START = datetime(2026, 11, 24, 8, tzinfo=UTC)
SIGNER = Signer(ec.generate_private_key(ec.SECP256R1()), "kid")


class Ticks:
    """A vehicle of each name that reports every second."""

    feed = "harbin"

    def __init__(self, vehicles: int = 3) -> None:
        self.vehicles = vehicles

    def between(self, after, until):
        second = int(after.timestamp()) + 1
        while second <= until.timestamp():
            for number in range(self.vehicles):
                yield Position(datetime.fromtimestamp(second, UTC), {"vehicle": f"B{number}"})
            second += 1


class Hub:
    """Stands in for the hub: fails as told, keeps what it took by key and by natural key."""

    def __init__(self, fails: list[str] | None = None) -> None:
        self.fails = fails or []
        self.answers: dict[str, bytes] = {}
        self.positions: Counter = Counter()
        self.sizes: list[int] = []
        self.signatures: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        fault = self.fails.pop(0) if self.fails else "none"
        if fault == "unreachable":
            raise httpx.ConnectError("refused", request=request)
        if fault == "busy":
            return httpx.Response(503, headers={"Retry-After": "7"}, json={"title": "Busy"})
        answer = self.take(request)
        if fault == "answer lost":
            raise httpx.ReadTimeout("lost", request=request)
        return answer

    def take(self, request: httpx.Request) -> httpx.Response:
        key, body = request.headers["Idempotency-Key"], request.read()
        self.signatures.append(request.headers[identity.SIGNATURE_HEADER])
        assert self.answers.setdefault(key, body) == body
        rows = json.loads(body)["positions"]
        self.sizes.append(len(rows))
        fresh = {(r["vehicle"], r["reported_at"]) for r in rows} - set(self.positions)
        self.positions.update(fresh)
        receipt = {"accepted": len(fresh), "duplicates": len(rows) - len(fresh), "quarantined": 0}
        return httpx.Response(202, json=receipt)


def delivery(hub, waits: list[float] | None = None) -> Delivery:
    client = httpx.Client(base_url="http://hub", transport=httpx.MockTransport(hub))
    noted = waits if waits is not None else []
    return Delivery(client, SIGNER, noted.append, jitter=Random(1))


def player(hub, source=None, speed: float = 1.0, theirs: datetime = START) -> Player:
    return Player(source or Ticks(), delivery(hub), Tempo(START, theirs, speed), START)


def expected(seconds: int, vehicles: int = 3) -> set[tuple[str, str]]:
    moments = [START + timedelta(seconds=n) for n in range(1, seconds + 1)]
    return {(f"B{v}", f"{m:%Y-%m-%dT%H:%M:%S}.000Z") for m in moments for v in range(vehicles)}


faults = st.lists(st.sampled_from(["none", "unreachable", "busy", "answer lost"]), max_size=30)


@settings(deadline=None)
@given(fails=faults, steps=st.lists(st.integers(1, 90), min_size=1, max_size=6))
def test_nothing_is_lost_and_nothing_doubled_whatever_fails(fails, steps):
    hub = Hub(fails)
    played = player(hub)

    for step in steps:
        played.advance(played.reached + timedelta(seconds=2 * step))

    assert hub.positions == Counter(expected(2 * sum(steps)))


def test_a_replay_that_was_started_again_repeats_no_position():
    hub = Hub()
    player(hub).advance(START + timedelta(seconds=30))
    player(hub).advance(START + timedelta(seconds=60))

    assert hub.positions == Counter(expected(60))


def test_a_lost_answer_is_asked_for_again_under_the_same_key():
    hub = Hub(["answer lost", "answer lost", "none"])

    player(hub).advance(START + timedelta(seconds=2))

    assert len(hub.answers) == 1
    assert hub.positions == Counter(expected(2))


def test_waits_double_and_heed_the_hub():
    waits: list[float] = []
    hub = Hub(["unreachable"] * 8 + ["busy"])
    sender = delivery(hub, waits)

    Player(Ticks(), sender, Tempo(START, START), START).advance(START + timedelta(seconds=2))

    assert waits[0] < waits[1] < waits[2] < waits[3]
    assert all(wait < 20 for wait in waits)
    assert waits[-1] >= 7
    assert sender.tally.retries == 9


def test_a_refusal_ends_the_replay_with_the_hubs_own_words():
    def refuse(_request):
        return httpx.Response(403, json={"title": "Not yours", "detail": "Another feed."})

    with pytest.raises(Refused, match=r"403 Not yours Another feed\."):
        player(refuse).advance(START + timedelta(seconds=2))


def test_a_batch_holds_at_most_a_thousand():
    hub = Hub()

    player(hub, Ticks(vehicles=700)).advance(START + timedelta(seconds=40))

    assert max(hub.sizes) <= 1000
    assert hub.positions == Counter(expected(40, vehicles=700))


def test_each_try_is_signed_for_its_own_moment():
    hub = Hub(["unreachable", "none"])
    sender = delivery(hub)
    moments = iter([START, START + timedelta(minutes=8)])
    sender.clock = lambda: next(moments)

    Player(Ticks(), sender, Tempo(START, START), START).advance(START + timedelta(seconds=2))

    signed = identity.parse_signature(hub.signatures[0]).protected
    assert signed.iat == int((START + timedelta(minutes=8)).timestamp())
    assert (signed.htm, signed.htu) == ("POST", "/v1/fleet/positions")


def test_another_time_of_day_is_reported_as_now():
    hub = Hub()
    yesterday = START - timedelta(hours=20)

    player(hub, theirs=yesterday).advance(START + timedelta(seconds=10))

    assert hub.positions == Counter(expected(10))


def test_a_faster_replay_packs_its_time_into_ours():
    hub = Hub()

    player(hub, Ticks(1), speed=4.0).advance(START + timedelta(seconds=10))

    assert len(hub.positions) == 40
    assert max(moment for _, moment in hub.positions) == "2026-11-24T08:00:10.000Z"


def test_it_ends_when_told():
    hub = Hub()
    played = player(hub)
    played.end = START + timedelta(seconds=5)

    played.advance(START + timedelta(seconds=60))

    assert played.ended
    assert hub.positions == Counter(expected(5))


def test_the_grid_is_the_same_for_everybody():
    moment = START + timedelta(seconds=7.3)

    assert on_grid(moment) == on_grid(on_grid(moment)) == START + timedelta(seconds=6)
