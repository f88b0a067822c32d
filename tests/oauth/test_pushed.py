"""Pushed authorization requests (RFC 9126)."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from .conftest import fields_of, landed

PATH = "/oauth/par"


@pytest.fixture
def push(planner):
    def send(app=planner, headers=None, **more):
        asked, verifier = app.question(**more)
        if headers is None and app.secret is not None:
            headers = app.basic
        return app.http.post(PATH, data=asked, headers=headers), verifier

    return send


def named(app, pushed):
    return {"client_id": app.id, "request_uri": pushed.json["request_uri"]}


def test_the_browser_carries_a_name_only(planner, browser, push):
    pushed, verifier = push(state="kept", scope="openid citizen.profile:read")
    page = browser.ask(named(planner, pushed))
    back = landed(browser.answer(page))

    assert (pushed.status_code, pushed.json["expires_in"]) == (201, 540)
    assert pushed.headers["Cache-Control"] == "no-store"
    assert pushed.json["request_uri"].startswith("urn:ietf:params:oauth:request_uri:")
    assert fields_of(page).keys() == {"csrf_token", "client_id", "request_uri"}
    assert back["state"] == "kept"
    tokens = planner.redeem(back["code"], verifier).json
    assert set(tokens["scope"].split()) == {"openid", "citizen.profile:read"}


def test_it_is_good_for_one_answer(planner, browser, push):
    pushed, _ = push()
    page = browser.ask(named(planner, pushed))
    again = browser.ask(named(planner, pushed))  # looking is not answering
    landed(browser.answer(page))

    assert again.status_code == 200
    assert browser.answer(again).status_code == 400
    assert browser.ask(named(planner, pushed)).status_code == 400


@pytest.mark.parametrize("pushed_with", [{"prompt": "login"}, {"max_age": "60"}])
@pytest.mark.parametrize("since", ["0", "1", "9" * 12])
def test_no_browser_says_since_when(planner, browser, push, clock, pushed_with, since):
    """How fresh the sign-in must be is the app's to say, also against our own parameter."""
    clock.move(minutes=3)
    pushed, _ = push(**pushed_with)

    asked = browser.ask(named(planner, pushed) | {"since": since})

    assert asked.headers["Location"].startswith("/sign-in?")


def test_no_is_an_answer_too(planner, browser, push):
    pushed, _ = push()
    page = browser.ask(named(planner, pushed))

    assert landed(browser.answer(page, "deny"))["error"] == "access_denied"
    assert browser.answer(page).status_code == 400


def test_eight_at_once_have_one_winner(app, parts, planner, browser, push):
    pushed, _ = push()
    form = fields_of(browser.ask(named(planner, pushed))) | {"decision": "allow"}
    cookies = browser.http

    def press(_):
        http = app.test_client()
        for name in ("hub_access", "hub_refresh", "hub_csrf"):
            http.set_cookie(name, cookies.get_cookie(name).value)
        return http.post("/oauth/authorize", data=form).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(press, range(8)))

    assert statuses == [303] + [400] * 7


def test_after_nine_minutes_it_is_over(planner, browser, push, clock):
    pushed, _ = push()
    clock.move(minutes=9, seconds=1)

    assert browser.ask(named(planner, pushed)).status_code == 400


def test_what_comes_along_counts_for_nothing(planner, browser, push):
    pushed, _ = push(scope="openid", state="kept")
    more = {"scope": "openid profile", "redirect_uri": "https://evil.example/", "state": "other"}

    page = browser.ask(named(planner, pushed) | more)

    assert "See the name you use here" not in page.text
    assert landed(browser.answer(page))["state"] == "kept"


def test_it_is_the_clients_own(register, planner, browser, push):
    pushed, _ = push()
    other = register()

    assert browser.ask(named(other, pushed)).status_code == 400
    assert browser.ask({"request_uri": pushed.json["request_uri"]}).status_code == 400


def test_a_stranger_signs_in_first_and_comes_back(app, planner, push):
    pushed, _ = push(prompt="login")

    answer = app.test_client().get("/oauth/authorize", query_string=named(planner, pushed))

    assert answer.headers["Location"].startswith("/sign-in?")
    assert "request_uri" in answer.headers["Location"]
    assert "code_challenge" not in answer.headers["Location"]


def test_an_app_that_cannot_keep_a_secret_may_push(phone_app, browser, push):
    pushed, verifier = push(app=phone_app)

    back = landed(browser.answer(browser.ask(named(phone_app, pushed))))

    assert phone_app.redeem(back["code"], verifier).status_code == 200


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"redirect_uri": "https://evil.example/"}, "invalid_request"),
        ({"scope": "citizen.session:manage"}, "invalid_scope"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"request": "eyJ"}, "request_not_supported"),
        ({"request_uri": "https://evil.example/"}, "invalid_request"),
        ({"state": "x" * 513}, "invalid_request"),
        ({"nonce": "x" * 9000}, "invalid_request"),
        ({"ui_locales": "\x00"}, "invalid_request"),
    ],
)
def test_what_would_be_refused_later_is_refused_at_once(planner, push, db, wrong, error):
    refused, _ = push(**wrong)

    assert (refused.status_code, refused.json["error"]) == (400, error)
    assert "Location" not in refused.headers
    assert kept(db, planner) == []


def test_who_cannot_prove_itself_pushes_nothing(planner, push, db):
    nobody, _ = push(headers={"Authorization": "Basic eDp5"})
    without, _ = push(headers={})

    assert (nobody.status_code, nobody.json["error"]) == (401, "invalid_client")
    assert without.status_code == 401
    assert kept(db, planner) == []


def test_what_proves_the_client_and_whom_it_means_is_not_kept(register, db):
    told = register(auth_method="client_secret_post")
    asked, _ = told.question(login_hint="li@example.org")
    told.http.post(PATH, data=asked | {"client_secret": told.secret})

    [parameters] = kept(db, told)
    assert told.secret not in parameters
    assert "li@example.org" not in parameters


def kept(db, app):
    """What lies there of a client."""
    query = text("SELECT parameters::text FROM oauth_pushed_request WHERE client_id = :client")
    with db.reads() as connection:
        return connection.scalars(query, {"client": app.id}).all()
