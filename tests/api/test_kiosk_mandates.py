"""Who has no smartphone confirms at an enrolled kiosk, by a code to any telephone."""

import json

import pytest
from sqlalchemy import text

from .mandates import SEES, Somebody
from .test_second_factor import set_up

CONFIRMS = "citizen.mandate:confirm"


@pytest.fixture
def li(app, db, city):
    return Somebody(app, db, city.citizen("li"))


@pytest.fixture
def kiosk(client, city, clock):
    device = city.device("kiosk", [CONFIRMS])

    def post(path, body):
        sent = json.dumps(body).encode()
        headers = device.headers(sent, path, now=clock())
        return client.post(path, data=sent, content_type="application/json", headers=headers)

    post.kid = device.kid
    return post


@pytest.fixture
def shows(phone):
    """What somebody types into the kiosk: the code that came to their telephone."""

    def of(number):
        login = phone.ask(number).json["login"]
        return {"login": login, "login_code": phone.code(number)}

    return of


def problem(answer):
    return (answer.status_code, answer.json["type"].removeprefix("/problems/"))


@pytest.fixture
def senior(app, db, city):
    return Somebody(app, db, city.citizen("senior"))


def test_a_senior_gives_a_mandate_at_the_kiosk(kiosk, shows, senior, li):
    offered = kiosk("/v1/kiosk/mandates", {**li.terms(scopes=[SEES]), **shows(senior.phone)})
    assert offered.status_code == 201

    li.accept(offered.json["code"])

    assert li.favourites(senior.id).status_code == 200
    told = senior.mandate(offered.json["id"])
    assert (told["offered_through"], told["accepted_through"]) == ("kiosk", "app")


def test_a_senior_accepts_at_the_kiosk_and_the_device_is_stamped(kiosk, shows, senior, li, db):
    offered = li.offer(kind="care").json

    accepted = kiosk(
        "/v1/kiosk/mandate-acceptances", {"invitation": offered["code"], **shows(senior.phone)}
    )

    assert (accepted.status_code, accepted.json["id"]) == (201, offered["id"])
    assert li.mandate(offered["id"])["accepted_through"] == "kiosk"
    assert senior.favourites(li.id).status_code == 200
    with db.reads() as connection:
        stamped = connection.execute(
            text(
                "SELECT device.kid FROM identity_mandate JOIN identity_device AS device"
                " ON device.id = accepted_device"
                " JOIN audit_entry ON action = 'identity.mandate_accepted' AND subject = :shown"
                " AND actor_kind = 'device' ORDER BY identity_mandate.id DESC LIMIT 1"
            ),
            {"shown": offered["id"]},
        ).scalar_one()
    assert stamped == kiosk.kid


def test_somebody_new_gets_an_account_with_the_first_code(kiosk, shows, li, a_telephone_number):
    offered = li.offer().json
    given = {"invitation": offered["code"], **shows(a_telephone_number)}

    assert kiosk("/v1/kiosk/mandate-acceptances", given).status_code == 201


def test_a_wrong_code_is_counted_and_one_is_good_once(kiosk, shows, senior, li):
    typed = shows(senior.phone)
    wrong = {**typed, "login_code": "000000" if typed["login_code"] != "000000" else "111111"}
    terms = li.terms(scopes=[SEES])

    refused = kiosk("/v1/kiosk/mandates", {**terms, **wrong})
    assert problem(refused) == (403, "code-wrong")
    assert refused.json["tries_left"] == 4
    assert kiosk("/v1/kiosk/mandates", {**terms, **typed}).status_code == 201

    assert problem(kiosk("/v1/kiosk/mandates", {**terms, **typed})) == (409, "sign-in-over")


def test_the_code_alone_does_not_pass_a_second_factor(
    kiosk, shows, phone, a_telephone_number, li, clock
):
    tokens = phone.sign_in(a_telephone_number).json
    set_up(phone, {"Authorization": f"Bearer {tokens['access_token']}"}, clock)

    answer = kiosk("/v1/kiosk/mandates", {**li.terms(scopes=[SEES]), **shows(a_telephone_number)})

    assert problem(answer) == (409, "use-your-own-app")


def test_a_number_not_used_lately_confirms_nothing_for_its_old_holder(
    kiosk, shows, senior, li, clock
):
    clock.move(days=46)

    answer = kiosk("/v1/kiosk/mandates", {**li.terms(scopes=[SEES]), **shows(senior.phone)})

    assert problem(answer) == (403, "number-not-used-lately")


def test_showing_oneself_at_the_kiosk_keeps_the_number_in_use(kiosk, shows, senior, li, clock):
    for _ in range(2):
        clock.move(days=30)
        given = {**li.terms(scopes=[SEES]), **shows(senior.phone)}
        assert kiosk("/v1/kiosk/mandates", given).status_code == 201


def test_only_devices_enrolled_for_it_confirm(client, city, clock, shows, senior, li):
    device = city.device("gate", ["other.thing:do"])
    body = json.dumps({**li.terms(scopes=[SEES]), **shows(senior.phone)}).encode()
    path = "/v1/kiosk/mandates"

    answer = client.post(
        path,
        data=body,
        content_type="application/json",
        headers=device.headers(body, path, now=clock()),
    )

    assert problem(answer) == (403, "device-scope-missing")
    assert problem(client.post(path, data=body, content_type="application/json")) == (
        401,
        "signature-refused",
    )


def test_guardians_are_not_made_at_a_kiosk(kiosk, shows, senior, li):
    answer = kiosk("/v1/kiosk/mandates", {**li.terms(kind="guardianship"), **shows(senior.phone)})

    assert problem(answer) == (422, "mandate-not-valid")
