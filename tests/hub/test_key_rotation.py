"""Keys rotate without a failed request, and a revoked one is refused on the next."""

import itertools
import threading
from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import create_engine, select, text
from sqlalchemy.exc import IntegrityError

from hub import keys
from hub.identity.rules import ACCESS_LIVES
from hub.jobs import keeping_keys
from hub.jobs.keys_commands import commands
from hub.kernel.db import with_driver
from hub.kernel.errors import NotFound
from hub.kernel.work import SYSTEM
from hub.keys import KeyRing, NeverRevoked, NotReadyYet, rotation
from hub.keys.model import Key

A_MOMENT = timedelta(seconds=1)


class Ring:
    """The keys of this worker, at a time later than anything that was ever done to them."""

    def __init__(self, parts):
        self.parts, self.root = parts, parts.root()
        with parts.database.reads() as connection:
            latest = max(connection.execute(select(Key.created_at, Key.changed_at)).all())
        self.now = max(parts.database.clock(), *latest) + timedelta(days=1)

    def run(self, act):
        return self.parts.database.run(act, SYSTEM, now=self.now)

    def rotate(self, kind="sign", **how):
        return self.run(lambda work: keeping_keys.rotate(work, self.root, kind, **how))

    def ready(self, kind="sign"):
        """A next key that has been published long enough; the one that it will replace."""
        self.run(lambda work: keys.publish_next(work, self.root, kind))
        self.now += rotation.PUBLISHED_BEFORE_USE
        return self.only("active", kind)

    def revoke(self, kid):
        return self.run(lambda work: keeping_keys.revoke(work, self.root, kid))

    def of(self, kid):
        found = self.run(keys.every_key)
        return next((key.state, key.revoked_because) for key in found if key.kid == kid)

    def only(self, state, kind="sign"):
        found = self.run(keys.every_key)
        [kid] = [key.kid for key in found if (key.kind, key.state) == (kind, state)]
        return kid


@pytest.fixture
def ring(parts):
    return Ring(parts)


def told(client):
    return {key["kid"] for key in client.get("/.well-known/jwks.json").json["keys"]}


def test_the_next_key_is_published_an_hour_before_it_signs(ring, client):
    ring.ready()
    before, coming = ring.rotate(at_once=False), ring.only("next")
    assert coming in told(client)

    ring.now += rotation.PUBLISHED_BEFORE_USE - A_MOMENT
    with pytest.raises(NotReadyYet):
        ring.rotate(at_once=False)
    assert ring.only("active") == before
    ring.now += A_MOMENT

    assert ring.rotate(at_once=False) == coming
    assert (ring.only("active"), ring.of(before)) == (coming, ("retiring", None))
    assert ring.parts.keyring.signing_key().kid == coming
    assert {before, coming, ring.only("next")} <= told(client)


def test_a_first_rotation_publishes_what_comes_next_although_it_is_refused(ring):
    ring.ready()
    ring.rotate(at_once=False)  # publishes a fresh one, too young to follow at once

    with pytest.raises(NotReadyYet):
        ring.rotate(at_once=False)
    ring.now += keys.HEARD_EVERYWHERE
    coming = ring.only("next")

    assert ring.rotate(at_once=True) == coming


def test_a_retiring_key_verifies_for_a_day_and_is_let_go_by_the_daily_duty(ring, client):
    before = ring.ready()
    ring.rotate(at_once=False)

    ring.now += rotation.RETIRING_LIVES - A_MOMENT
    ring.run(lambda work: keys.rotate_by_age(work, ring.root))
    assert ring.parts.keyring.verifying_key(before) is not None
    ring.now += A_MOMENT
    ring.run(lambda work: keys.rotate_by_age(work, ring.root))

    assert ring.of(before) == ("revoked", "age")
    assert ring.parts.keyring.verifying_key(before) is None
    assert before not in told(client)
    history = {key["kid"]: key for key in client.get("/v1/keys").json["keys"]}
    assert (history[before]["state"], history[before]["revoked_because"]) == ("revoked", "age")
    assert "d" not in history[before]


def test_no_token_outlives_the_key_that_signed_it():
    assert ACCESS_LIVES <= rotation.RETIRING_LIVES


@pytest.mark.parametrize("kind", keys.ROTATED)
def test_the_daily_duty_rotates_by_age(ring, kind):
    before = ring.ready(kind)
    ring.rotate(kind, at_once=False)
    young, coming = ring.only("active", kind), ring.only("next", kind)

    ring.now += rotation.ACTIVE_LIVES - A_MOMENT
    ring.run(lambda work: keys.rotate_by_age(work, ring.root))
    assert ring.only("active", kind) == young
    ring.now += A_MOMENT
    ring.run(lambda work: keys.rotate_by_age(work, ring.root))

    assert ring.only("active", kind) == coming
    assert ring.of(young) == ("retiring", None)
    # What a sealing key sealed has no last day: it opens for ever.
    assert ring.of(before) == (("revoked", "age") if kind == "sign" else ("retiring", None))


def test_a_rotated_sealing_key_still_opens_what_it_sealed(ring):
    keyring = ring.parts.keyring
    old = keyring.seal("phone", b"+8613800138000", b"row 1")
    before = ring.ready("seal")
    ring.rotate("seal", at_once=False)
    new = keyring.seal("phone", b"+8613800138000", b"row 1")

    assert old[1:17] == bytes.fromhex(before) != new[1:17]
    for sealed in (old, new):
        assert keyring.open("phone", sealed, b"row 1") == b"+8613800138000"


def test_a_revoked_active_key_is_followed_at_once_and_its_tokens_are_refused(ring, client, city):
    headers = city.as_citizen("li")
    ring.ready()
    coming, active = ring.only("next"), ring.only("active")
    assert client.get("/v1/me", headers=headers).status_code == 200

    assert ring.revoke(active) == coming

    assert ring.of(active) == ("revoked", "compromise")
    assert client.get("/v1/me", headers=headers).status_code == 401
    assert active not in told(client)
    fresh = city.as_citizen("wang")
    assert client.get("/v1/me", headers=fresh).status_code == 200
    assert ring.revoke(active) is None  # twice is harmless
    assert ring.only("active") == coming


@pytest.mark.parametrize("state", ["next", "retiring"])
def test_a_key_can_be_revoked_before_and_after_its_use(ring, state):
    ring.ready()
    ring.rotate(at_once=False)
    active = ring.only("active")
    kid = next(key.kid for key in ring.run(keys.every_key)
               if (key.kind, key.state) == ("sign", state))  # fmt: skip

    assert ring.revoke(kid) is None

    assert ring.of(kid) == ("revoked", "compromise")
    assert ring.only("active") == active
    assert ring.parts.keyring.verifying_key(kid) is None


def test_a_key_out_of_use_can_turn_out_to_be_in_wrong_hands(ring):
    before = ring.ready()
    ring.rotate(at_once=False)
    ring.now += rotation.RETIRING_LIVES
    ring.run(lambda work: keys.rotate_by_age(work, ring.root))
    assert ring.of(before) == ("revoked", "age")

    ring.revoke(before)

    assert ring.of(before) == ("revoked", "compromise")


def test_another_process_refuses_once_it_has_heard(ring):
    """It hears of it by the change table, as every process does."""
    from hub.kernel.changes import Watch

    watch = Watch(ring.parts.database)
    elsewhere, heard = KeyRing(ring.parts.database, ring.parts.root, watch), threading.Event()
    listening = threading.Event()
    watch.on_gap(listening.set)
    watch.on("keys", lambda _: heard.set())
    _ = watch.fresh  # begins to listen
    assert listening.wait(10)
    active = elsewhere.signing_key().kid

    ring.revoke(active)

    assert heard.wait(30)
    assert elsewhere.verifying_key(active) is None
    watch.stop()


@pytest.mark.parametrize("kind", ["seal", "blind"])
def test_what_seals_is_never_revoked(ring, kind):
    with pytest.raises(NeverRevoked):
        ring.revoke(ring.only("active", kind))
    with pytest.raises(NotFound):
        ring.revoke("of-a-stranger")


STATES = ("next", "active", "retiring", "revoked")
NO_STEPS = [pair for pair in itertools.product(STATES, STATES) if pair not in rotation.STEPS]


@pytest.mark.parametrize(("before", "after"), NO_STEPS)
def test_no_way_leads_back(ring, before, after):
    """The five steps that there are have their tests above; the other eleven pairs are none."""
    active = ring.only("active")

    with pytest.raises(AssertionError):
        ring.run(lambda work: rotation._step(work, active, before, after))

    assert len(NO_STEPS) == 11
    assert ring.only("active") == active


def test_a_step_is_taken_from_the_state_it_begins_in(ring):
    ring.ready()
    coming = ring.only("next")

    assert not ring.run(lambda work: rotation._step(work, coming, "active", "retiring"))
    assert ring.of(coming) == ("next", None)


@pytest.mark.parametrize("state", ["active", "next"])
def test_the_database_allows_one_of_each_kind(ring, cluster, state):
    ring.ready()
    engine = create_engine(with_driver(cluster.url("hub_owner")))
    with engine.connect() as connection, pytest.raises(IntegrityError, match="uq_keys_key_"):
        connection.execute(
            text(
                "INSERT INTO keys_key SELECT 'second', kind, state, sealed, public_jwk,"
                " created_at, changed_at FROM keys_key WHERE kind = 'sign' AND state = :state"
            ),
            {"state": state},
        )
    engine.dispose()


def at_once(count, act):
    """``act`` in so many threads, as nearly together as may be; what each answered or raised."""
    gate, found = threading.Barrier(count), []

    def one():
        gate.wait(10)
        try:
            found.append(act())
        except Exception as error:  # noqa: BLE001 (the test looks at it)
            found.append(error)

    crowd = [threading.Thread(target=one) for _ in range(count)]
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join(30)
    return found


def test_eight_rotations_at_once_are_one(ring):
    before = ring.ready()
    coming = ring.only("next")

    found = at_once(8, lambda: ring.rotate(at_once=False))

    assert {kid for kid in found if isinstance(kid, str)} == {coming}
    assert all(isinstance(each, str | NotReadyYet) for each in found)
    assert (ring.only("active"), ring.of(before)) == (coming, ("retiring", None))
    ring.only("next")


def test_a_next_key_revoked_in_the_middle_of_a_rotation_leaves_the_hub_with_one(ring, monkeypatch):
    before = ring.ready()
    coming = ring.only("next")
    ripe = rotation._ripe

    def revoked_meanwhile(*given, **how):
        ring.revoke(coming)
        return ripe(*given, **how)

    monkeypatch.setattr(rotation, "_ripe", revoked_meanwhile)
    active = ring.rotate(at_once=False)

    assert active not in {before, coming}
    assert (ring.only("active"), ring.of(coming)) == (active, ("revoked", "compromise"))
    ring.only("next")


def test_no_request_fails_during_rotations(ring, app, city):
    """Eight phones ask without a pause, each with tokens old and new, while the key changes."""
    headers = [city.as_citizen("old")]
    over, answers = threading.Event(), []

    def ask(number):
        client = app.test_client()
        for turn in itertools.count(number):
            given = headers[turn % len(headers)]
            answers.append(client.get("/v1/me", headers=given).status_code)
            if over.is_set():
                return

    crowd = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in crowd:
        thread.start()
    kids = set()
    for number in range(4):
        ring.ready()
        kids.add(ring.rotate(at_once=False))
        headers.append(city.as_citizen(f"new {number}"))
    over.set()
    for thread in crowd:
        thread.join(30)

    assert len(kids) == 4
    assert set(answers) == {200}
    assert len(answers) > 50


def test_the_jwks_says_how_long_it_holds_and_answers_304(client):
    first = client.get("/.well-known/jwks.json")
    again = client.get("/.well-known/jwks.json", headers={"If-None-Match": first.headers["ETag"]})

    assert "max-age=3600" in first.headers["Cache-Control"]
    assert first.headers["ETag"].startswith('"')
    assert (again.status_code, again.data) == (304, b"")
    for key in first.json["keys"]:
        assert keys.thumbprint(key) == key["kid"]


@pytest.fixture
def hub(settings, monkeypatch):
    """Runs a command on this worker's database."""
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("HUB_HOME", str(settings.home))
    monkeypatch.setenv("HUB_ROOT_KEY", settings.root_key)
    monkeypatch.setattr("time.sleep", lambda _: None)
    return lambda *words: CliRunner().invoke(commands, words)


def test_an_operator_lists_and_revokes(hub, ring):
    ring.ready()
    active, coming = ring.only("active"), ring.only("next")

    revoked = hub("revoke", active)
    listed = {
        line.split("\t")[0]: line.split("\t")[1:3] for line in hub("list").output.splitlines()
    }

    assert f"{coming} signs now" in revoked.output
    assert listed[active] == ["sign", "revoked (compromise)"]
    assert listed[coming] == ["sign", "active"]
    assert hub("revoke", "-of-a-stranger").exit_code == 1  # base64url may begin with a dash
    assert hub("revoke", ring.only("active", "seal")).exit_code == 1


def test_an_operator_rotates_at_once_or_is_told_to_wait(hub, ring, monkeypatch):
    ring.ready()
    young = hub("rotate")
    assert young.exit_code == 0

    # The clock of the command is the real one, and this ring lives in the future.
    monkeypatch.setattr(rotation, "HEARD_EVERYWHERE", timedelta(days=-36500))
    before, coming = ring.only("active"), ring.only("next")
    done = hub("rotate", "--now")

    assert f"{coming} is active now." in done.output
    assert ring.of(before) == ("retiring", None)
