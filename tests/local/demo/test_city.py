"""The demo city in a real hub: loaded once, and its vehicles taken in."""

import secrets
import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pyotp
import pytest

from hub import identity
from hub.kernel.work import SYSTEM
from hub.local.demo import alerts, city, harbin, people, recordings
from hub.local.demo.delivery import Delivery, Refused, Signer
from hub.local.demo.harbin_traffic import Traffic
from hub.local.demo.replay import Player, Tempo, on_grid
from hub.transit import feeds

from .test_harbin import thinned

HARBIN = replace(
    city.HARBIN,
    slug="demo-harbin",
    zip_bytes=lambda: thinned(harbin.zip_bytes(), every=12),
)
BRUSSELS = replace(city.BRUSSELS, slug="demo-brussels")


@pytest.fixture(scope="module")
def told() -> list[tuple[str, float]]:
    return []


@pytest.fixture(scope="module")
def loaded(parts, told):
    return city.bring(parts, lambda what, done: told.append((what, done)), (BRUSSELS, HARBIN))


@pytest.fixture
def delivery(app, parts, loaded) -> Iterator[Delivery]:
    transport = httpx.WSGITransport(app=app)
    signer = Signer.read(parts.settings.home / "demo" / "positions.pem")
    with httpx.Client(base_url="http://hub", transport=transport) as client:
        yield Delivery(client, signer, pytest.fail)


def test_the_city_is_loaded_with_what_must_be_said_of_it(parts, loaded):
    with parts.database.reads() as connection:
        found = feeds.current_feeds(connection)

    assert loaded
    assert (found["demo-harbin"].kind, found["demo-brussels"].kind) == ("synthetic", "recorded")
    for slug in ("demo-harbin", "demo-brussels"):
        assert set(found[slug].notice) == set(found[slug].name) == {"zh-CN", "en", "ru"}


def test_progress_only_goes_forward_and_ends_at_the_end(loaded, told):
    shares = [done for _, done in told]

    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert {what for what, _ in told} >= {"Harbin (synthetic)", "Brussels tram 55 (recorded)"}


def test_a_second_time_does_nothing(parts, loaded):
    assert not city.bring(parts, pytest.fail, (BRUSSELS, HARBIN))


def test_an_interrupted_load_is_completed(parts, loaded):
    (parts.settings.home / "demo" / "city.json").unlink()

    assert city.bring(parts, lambda _what, _done: None, (BRUSSELS,))
    assert not city.bring(parts, pytest.fail, (BRUSSELS,))


def test_the_private_key_is_for_its_owner_only(parts, loaded):
    key = parts.settings.home / "demo" / "positions.pem"

    assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_the_sample_people_live_here_once(parts, loaded):
    assert parts.database.run(lambda work: people.settle(work, parts.keyring), SYSTEM) == 0


def test_credentials_name_everybody_and_the_way_to_a_code():
    found = people.credentials("http://localhost:8000")

    assert found["synthetic"]
    assert {person["language"] for person in found["people"]} == {"zh-CN", "en", "ru"}
    assert "li.wei@example.org" in people.told(found)
    assert found["codes"]["read"]["json"] == "http://localhost:8000/demo/messages.json"


def test_one_sample_person_signs_in_with_password_and_app(app, parts, loaded):
    keys = people.keys_at(parts.settings.home / people.KEYS)
    found = people.credentials("http://localhost:8000", keys)
    person = next(person for person in found["people"] if "password" in person)
    assert stat.S_IMODE((parts.settings.home / people.KEYS).stat().st_mode) == 0o600
    assert person["password"] in people.told(found)
    client = app.test_client()

    def post(path, body):
        return client.post(path, json=body, headers={"Idempotency-Key": secrets.token_hex(16)})

    entry = {"channel": "email", "address": person["email"], "password": person["password"]}
    login = post("/v1/sign-in/passwords", entry).json["login"]
    code = pyotp.TOTP(person["totp_secret"]).now()
    tokens = post("/v1/sign-in/second-factors", {"login": login, "code": code}).json

    assert tokens["acr"] == "urn:city:loa:2"


def test_nobody_but_an_invented_person_is_equipped(parts, db):
    address = identity.parse("email", "real@example.org")
    db.run(lambda work: identity.join(work, parts.keyring, [address], language="en"), SYSTEM)

    chosen = identity.hashed("a password of the demo")
    for known in (address, identity.parse("email", "nobody@example.org")):
        assert not db.run(
            lambda work, known=known: identity.equip(
                work, parts.keyring, known, chosen=chosen, totp_secret="A" * 32
            ),
            SYSTEM,
        )


@pytest.mark.parametrize("slug", ["demo-harbin", "demo-brussels"])
def test_the_hub_takes_every_position_once(slug, delivery):
    source = Traffic(vehicles=60) if slug == "demo-harbin" else recordings.brussels()
    source.feed = slug
    now = on_grid(datetime.now(UTC))
    since = now - timedelta(minutes=1)

    for _ in range(2):
        Player(source, delivery, Tempo(since, since), since).advance(now)

    tally = delivery.tally
    assert tally.accepted > 0
    assert tally.quarantined == 0
    # The second playing is the same requests: the hub repeats its answers and stores nothing.
    assert tally.duplicates == 0
    assert tally.batches % 2 == 0


def test_the_hub_takes_the_alerts(delivery):
    delivery.realtime("demo-harbin", alerts.message(datetime.now(UTC)))


def test_the_key_speaks_for_no_other_feed(delivery):
    with pytest.raises(Refused, match="403"):
        delivery.positions("somewhere-else", [])
