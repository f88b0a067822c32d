"""What a person lets others use: shown, taken back, and receipts that anybody can check."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from joserfc import jws
from joserfc.jwk import KeySet
from sqlalchemy import create_engine, text

from hub import consent, keys
from hub.kernel import ids
from hub.kernel.db import with_driver
from hub.kernel.errors import InternalFault
from hub.kernel.work import SYSTEM, Actor
from tests.factories.consents import given
from tests.hub.test_key_rotation import Ring


@pytest.fixture
def li(city):
    return city.citizen("li")


def seen(client, person, one):
    return client.get(f"/v1/me/consents/{ids.show('consent', one.id)}", headers=person.headers).json


def withdraw(client, person, one):
    path = f"/v1/me/consents/{ids.show('consent', one.id)}"
    return client.delete(path, headers=person.headers)


def receipt(client, person, one, **query):
    path = f"/v1/me/consents/{ids.show('consent', one.id)}/receipt"
    return client.get(path, headers=person.headers, query_string=query)


def covered(db, person, one, scope="citizen.profile:read"):
    return db.run(
        lambda work: consent.covers(
            work, person_id=person.person_id, recipient=one.recipient, scope=scope
        ),
        SYSTEM,
    )


def as_a_stranger_checks_it(client, compact):
    """The claims, by a library that knows nothing of this hub and the published keys."""
    published = KeySet.import_key_set(client.get("/.well-known/jwks.json").json)
    return jws.deserialize_compact(compact, published, algorithms=["ES256"])


def test_a_person_sees_who_may_use_what_why_and_until_when(client, parts, li):
    one = given(parts, li, recipient_name="Songhua Tours")

    shown = seen(client, li, one)
    listed = client.get("/v1/me/consents", headers=li.headers).json["items"]

    assert listed == [shown]
    assert shown["recipient_name"] == "Songhua Tours"
    assert shown["scopes"] == ["citizen.profile:read"]
    assert shown["purpose_text"] == "To print your name on the ticket."
    assert shown["until"] == one.until.isoformat().replace("+00:00", "Z")
    assert (shown["state"], shown["source"], shown["language"]) == ("live", "page", "en")


def test_a_consent_covers_what_it_says_and_nothing_else(db, parts, city, li):
    one = given(parts, li)
    other = given(parts, city.citizen("wang"), recipient="client_other")

    assert covered(db, li, one)
    assert not covered(db, li, one, scope="citizen.profile:change")
    assert not covered(db, li, other)


def test_a_consent_ends_by_itself(client, db, parts, clock, li):
    one = given(parts, li, until=clock() + timedelta(days=1))
    assert covered(db, li, one)

    clock.move(days=1)

    assert not covered(db, li, one)
    later = db.read(lambda reading: consent.of_mine(reading, one.id), Actor("citizen", li.id))
    assert later.state == "over"


def test_taken_back_is_taken_back_at_once(client, db, parts, outbox, li):
    one = given(parts, li)

    assert withdraw(client, li, one).status_code == 204

    assert not covered(db, li, one)
    assert seen(client, li, one)["state"] == "withdrawn"
    assert withdraw(client, li, one).status_code == 204
    told = outbox.of(li.id)
    assert told.count("consent.consent_given") == 1
    assert told.count("consent.consent_withdrawn") == 1


def test_eight_withdrawals_at_once_are_one(app, parts, outbox, li):
    one = given(parts, li)
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda _: withdraw(app.test_client(), li, one).status_code, range(8))
        )

    assert answers == [204] * 8
    assert outbox.of(li.id).count("consent.consent_withdrawn") == 1


def test_taking_it_back_ends_what_the_recipient_was_granted(client, db, parts, phone, li):
    """The grant here is the city app's, under the client id of the consent."""
    one = given(parts, li, recipient="city-app")
    assert phone.refresh(li.tokens.refresh_token).status_code == 200
    other = given(parts, li, recipient="client_tours")
    withdraw(client, li, other)
    with db.reads() as connection:
        living = text(
            "SELECT count(*) FROM identity_grant WHERE person_id = :p AND revoked_at IS NULL"
        )
        assert connection.scalar(living, {"p": li.person_id}) == 1

    withdraw(client, li, one)

    with db.reads() as connection:
        assert connection.scalar(living, {"p": li.person_id}) == 0


def test_nobody_sees_or_takes_back_somebody_elses(client, city, parts, li):
    one, wang = given(parts, li), city.citizen("wang")
    path = f"/v1/me/consents/{ids.show('consent', one.id)}"

    assert client.get(path, headers=wang.headers).status_code == 404
    assert client.get(f"{path}/receipt", headers=wang.headers).status_code == 404
    assert client.delete(path, headers=wang.headers).status_code == 404
    assert client.get("/v1/me/consents", headers=wang.headers).json["items"] == []
    assert seen(client, li, one)["state"] == "live"


def test_pages_hold_everything_once(client, parts, li):
    made = [ids.show("consent", given(parts, li, recipient=f"client_{n}").id) for n in range(5)]

    first = client.get("/v1/me/consents?limit=3", headers=li.headers).json
    second = client.get(
        "/v1/me/consents", query_string={"limit": 3, "after": first["next"]}, headers=li.headers
    ).json

    assert [one["id"] for one in first["items"] + second["items"]] == made[::-1]
    assert second["next"] is None


def test_a_receipt_verifies_with_the_published_keys_alone(client, parts, li):
    one = given(parts, li)

    answer = receipt(client, li, one)
    told = as_a_stranger_checks_it(client, answer.data)
    claims = consent.check(answer.text, client.get("/.well-known/jwks.json").json)

    assert answer.mimetype == "application/jwt"
    assert told.headers()["typ"] == "consent-receipt+jwt"
    assert answer.text == one.receipt
    assert claims["sub"] == li.id
    assert claims["record_id"] == ids.show("consent", one.id)
    assert claims["event"]["state"] == "consent_given"
    (purpose,) = claims["pii_processing"]["purposes"]
    assert purpose["pii_information"] == ["citizen.profile:read"]
    assert purpose["recipients"] == ["client_tours"]


def test_taking_back_gives_a_receipt_of_its_own(client, parts, li):
    one = given(parts, li)
    assert receipt(client, li, one, act="withdrawn").status_code == 404

    withdraw(client, li, one)

    claims = consent.check(
        receipt(client, li, one, act="withdrawn").text,
        client.get("/.well-known/jwks.json").json,
    )
    assert claims["event"]["state"] == "consent_withdrawn"
    assert claims["event"]["by"] == li.id
    assert receipt(client, li, one).status_code == 200


def test_a_receipt_outlives_the_rotation_of_its_key(client, parts, ring, li):
    one = given(parts, li)
    rotate(ring)
    newer = given(parts, li, recipient="client_other")

    old, new = (as_a_stranger_checks_it(client, each.receipt.encode()) for each in (one, newer))

    assert old.headers()["kid"] != new.headers()["kid"]
    assert receipt(client, li, one).text == one.receipt


def test_when_its_key_is_published_no_more_the_receipt_is_signed_anew(client, db, parts, ring, li):
    one = given(parts, li)
    kid = as_a_stranger_checks_it(client, one.receipt.encode()).headers()["kid"]
    let_it_retire(ring)
    published = [key["kid"] for key in client.get("/.well-known/jwks.json").json["keys"]]
    assert kid not in published

    again = kept_receipt(db, parts, li, one)
    told = as_a_stranger_checks_it(client, again.encode())

    assert told.headers()["kid"] in published
    assert again.split(".")[1] == one.receipt.split(".")[1]


def test_nothing_is_signed_anew_that_the_city_had_not_signed(db, parts, ring, li, cluster):
    """Not even for the owner of the database, who can change what lies there."""
    one = given(parts, li)
    header, payload, signature = one.receipt.split(".")
    forged = f"{header}.{payload[:-8]}AAAAAAAA.{signature}"
    change = text("UPDATE consent_event SET receipt = :forged WHERE consent_id = :id")
    owner = create_engine(with_driver(cluster.url("hub_owner")))
    with owner.begin() as connection:
        connection.execute(change, {"forged": forged, "id": one.id})
    owner.dispose()
    let_it_retire(ring)

    with pytest.raises(InternalFault):
        kept_receipt(db, parts, li, one)


def kept_receipt(db, parts, person, one):
    """Through the verb: the access token of the session has run out with its key."""
    return db.read(
        lambda reading: consent.receipt(reading, parts.keyring, one.id, "given"),
        Actor("citizen", person.id),
    )


@pytest.fixture
def ring(parts):
    return Ring(parts)


def rotate(ring):
    """A new signing key; the old one is retiring."""
    ring.ready()
    ring.rotate(at_once=False)


def let_it_retire(ring):
    """The key that signs now is followed by another, and a day later published no more."""
    rotate(ring)
    ring.now += timedelta(days=1)
    ring.run(lambda work: keys.rotate_by_age(work, ring.root))


def test_a_receipt_opens_no_door(client, parts, li):
    one = given(parts, li)

    answer = client.get("/v1/me", headers={"Authorization": f"Bearer {one.receipt}"})

    assert (answer.status_code, answer.json["type"]) == (401, "/problems/access-token-refused")


def test_an_access_token_is_no_receipt(client, li):
    with pytest.raises(consent.ReceiptRefused, match="type"):
        consent.check(li.tokens.access_token, client.get("/.well-known/jwks.json").json)


@pytest.mark.parametrize(
    "wrong",
    [
        {"scopes": ()},
        {"scopes": ("two words",)},
        {"purpose_text": "  "},
        {"recipient": "city:"},
        {"recipient": "a b"},
    ],
)
def test_what_is_incomplete_is_no_consent(parts, li, wrong):
    with pytest.raises(consent.ConsentNotValid) as refused:
        given(parts, li, **wrong)

    assert [fault["pointer"] for fault in refused.value.errors] == list(wrong)


def test_a_consent_has_an_end(parts, clock, li):
    for until in (clock() - timedelta(seconds=1), clock() + timedelta(days=366 * 6)):
        with pytest.raises(consent.ConsentNotValid):
            given(parts, li, until=until)


def test_the_page_says_it_in_words_and_takes_back(app, parts, city):
    li = city.citizen("li")
    one = given(parts, li, recipient_name="Songhua Tours")
    browser = app.test_client()
    browser.set_cookie("hub_access", li.tokens.access_token)
    page = browser.get("/me/consents", headers={"Accept-Language": "en"}).text
    assert "Songhua Tours" in page
    assert "See name, language, and masked telephone and e-mail" in page
    csrf = page.partition('name="csrf_token" value="')[2].partition('"')[0]
    path = f"/me/consents/{ids.show('consent', one.id)}/withdraw"
    assert browser.post(path).status_code == 403

    done = browser.post(path, data={"csrf_token": csrf})

    assert done.headers["Location"] == "/me/consents?done=withdrawn"
    after = browser.get("/me/consents", headers={"Accept-Language": "ru"}).text
    assert "Вы отозвали согласие." in after
    assert 'action="/me/consents/' not in after
