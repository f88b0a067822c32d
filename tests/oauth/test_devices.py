"""Devices without a browser (RFC 8628)."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from hub.oauth.device_codes import LETTERS

from .conftest import App, status

GRANT = "urn:ietf:params:oauth:grant-type:device_code"


def begin(app, **form):
    form = {"scope": "openid citizen.profile:read", **form}
    headers = app.basic if app.secret else None
    if not app.secret:
        form.setdefault("client_id", app.id)
    return app.http.post("/oauth/device_authorization", data=form, headers=headers)


def poll(app, device_code):
    return app.token(grant_type=GRANT, device_code=device_code)


def enter(browser, code, decision="allow"):
    """Type the code, look, and press a button."""
    form = {"user_code": code, "csrf_token": browser.csrf}
    looked = browser.http.post("/device", data=form)
    if looked.status_code != 200 or decision is None:
        return looked
    return browser.http.post("/device", data={**form, "decision": decision})


def test_a_screen_is_let_in_by_the_persons_own_telephone(client, phone_app, browser, clock):
    begun = begin(phone_app).json
    assert re.fullmatch(f"[{LETTERS}]{{4}}-[{LETTERS}]{{4}}", begun["user_code"])
    assert (begun["expires_in"], begun["interval"]) == (600, 5)
    assert poll(phone_app, begun["device_code"]).json["error"] == "authorization_pending"

    page = enter(browser, begun["user_code"], decision=None)
    assert "Route planner" in page.text
    assert begun["user_code"] in page.text
    assert "See name, language" in page.text
    clock.move(seconds=5)
    assert poll(phone_app, begun["device_code"]).json["error"] == "authorization_pending"
    assert "The device is connected" in enter(browser, begun["user_code"]).text

    tokens = poll(phone_app, begun["device_code"])
    assert tokens.status_code == 200
    assert status(client, tokens.json["access_token"]) == 200
    assert "id_token" in tokens.json
    apps = client.get("/v1/me/apps", headers=browser.somebody.headers).json["items"]
    assert [app["id"] for app in apps] == [phone_app.id]


def test_a_device_code_is_good_once(app, phone_app, browser):
    begun = begin(phone_app).json
    enter(browser, begun["user_code"])

    def ask(_):
        racer = App(phone_app.client, None, app.test_client())
        return poll(racer, begun["device_code"])

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(8)))

    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 7
    assert {a.json["error"] for a in answers if a.status_code == 400} == {"invalid_grant"}


def test_whoever_asks_too_soon_is_slowed_down(phone_app, clock):
    code = begin(phone_app).json["device_code"]
    assert poll(phone_app, code).json["error"] == "authorization_pending"

    clock.move(seconds=4)
    assert poll(phone_app, code).json["error"] == "slow_down"
    clock.move(seconds=6)
    assert poll(phone_app, code).json["error"] == "slow_down"
    clock.move(seconds=16)
    assert poll(phone_app, code).json["error"] == "authorization_pending"


def test_saying_no(phone_app, browser):
    begun = begin(phone_app).json

    assert "was not let in" in enter(browser, begun["user_code"], "deny").text

    assert poll(phone_app, begun["device_code"]).json["error"] == "access_denied"


def test_after_ten_minutes_it_is_over(phone_app, browser, clock):
    begun = begin(phone_app).json
    clock.move(minutes=9, seconds=59)
    assert enter(browser, begun["user_code"], None).status_code == 200
    clock.move(seconds=2)

    assert poll(phone_app, begun["device_code"]).json["error"] == "expired_token"


def test_another_client_has_no_use_for_it(phone_app, planner, browser):
    begun = begin(phone_app).json
    enter(browser, begun["user_code"])

    assert poll(planner, begun["device_code"]).json["error"] == "invalid_grant"
    assert poll(phone_app, begun["device_code"]).status_code == 200


def test_a_code_is_answered_once(phone_app, browser, browser_of):
    code = begin(phone_app).json["user_code"]
    enter(browser, code)

    assert enter(browser_of("wang"), code, None).status_code == 409


def test_the_code_may_be_typed_in_any_way(phone_app, browser):
    code = begin(phone_app).json["user_code"]

    for typed in (code.lower(), code.replace("-", ""), code.replace("-", " "), f" {code} "):
        assert enter(browser, typed, None).status_code == 200


def test_guessing_is_slowed_down_for_the_person_and_remembered(browser, phone_app):
    wrong = [enter(browser, "BBBB-BBBB", None) for _ in range(12)]

    assert [answer.status_code for answer in wrong] == [409] * 10 + [429] * 2
    right = enter(browser, begin(phone_app).json["user_code"], None)
    assert right.status_code == 429


def test_a_link_alone_lets_nothing_in(phone_app, browser):
    """RFC 8628, 5.4: the code of a link is shown to be compared; nothing is decided by it."""
    begun = begin(phone_app).json
    link = begun["verification_uri_complete"].partition("/device")[2]

    page = browser.http.get(f"/device{link}")

    assert f'value="{begun["user_code"]}"' in page.text
    assert poll(phone_app, begun["device_code"]).json["error"] == "authorization_pending"


def test_deciding_needs_the_token_of_our_own_page(phone_app, browser):
    begun = begin(phone_app).json
    form = {"user_code": begun["user_code"], "decision": "allow"}

    assert browser.http.post("/device", data=form).status_code == 403
    assert poll(phone_app, begun["device_code"]).json["error"] == "authorization_pending"


def test_who_may_begin(client, service, phone_app, planner):
    assert begin(service).json["error"] == "unauthorized_client"
    assert begin(planner, scope="citizen.session:manage").json["error"] == "invalid_scope"
    assert begin(planner, scope="").json["error"] == "invalid_scope"
    assert client.post("/oauth/device_authorization", data={}).status_code == 401


@pytest.mark.parametrize("code", ["", "x", "x" * 43, "\u00e9", "x" * 8000])
def test_device_codes_that_are_none(phone_app, code):
    assert poll(phone_app, code).json["error"] in {"invalid_grant", "invalid_request"}
