"""Signing out because an app asks (OpenID Connect RP-Initiated Logout 1.0)."""

import pytest

from .conftest import fields_of, status
from .test_registration import apply, token  # noqa: F401 (fixtures)

PATH = "/oauth/end-session"
BYE = "https://planner.example/bye"


@pytest.fixture
def planner(register):
    return register(after_logout_uris=(BYE, f"{BYE}?from=hub"))


@pytest.fixture
def ask(browser):
    return lambda **asked: browser.http.get(PATH, query_string=asked)


@pytest.fixture
def decide(browser):
    def press(page, decision="allow", **changed):
        form = fields_of(page) | {"decision": decision} | changed
        return browser.http.post(PATH, data=form)

    return press


@pytest.fixture
def mine(browser):
    return browser.somebody.tokens.access_token


def test_the_person_is_asked_and_then_goes_on(client, planner, given, ask, decide, mine):
    page = ask(
        id_token_hint=given["id_token"],
        post_logout_redirect_uri=BYE,
        state="a b",
        client_id=planner.id,
    )
    before = status(client, mine)
    gone = decide(page)

    assert "Route planner by Songhua Maps (synthetic) asks you to sign out" in page.text
    assert "form-action 'self' https://planner.example;" in page.headers["Content-Security-Policy"]
    assert (before, gone.status_code) == (200, 303)
    assert gone.headers["Location"] == f"{BYE}?state=a+b"
    assert gone.headers["Referrer-Policy"] == "no-referrer"
    assert status(client, mine) == status(client, given["access_token"]) == 401
    assert any("hub_access=;" in cookie for cookie in gone.headers.getlist("Set-Cookie"))


def test_who_stays_stays(client, planner, given, ask, decide, mine):
    stayed = decide(ask(client_id=planner.id, post_logout_redirect_uri=BYE), "deny")

    assert stayed.headers["Location"] == "/me"
    assert status(client, mine) == 200


def test_an_expired_id_token_is_still_a_hint(client, planner, given, clock):
    clock.move(minutes=11)
    asked = {"id_token_hint": given["id_token"], "post_logout_redirect_uri": f"{BYE}?from=hub"}

    gone = client.get(PATH, query_string=asked | {"state": "s"})

    assert gone.headers["Location"] == f"{BYE}?from=hub&state=s"


def test_nobody_signed_in_goes_straight_on(client, planner):
    asked = {"client_id": planner.id, "post_logout_redirect_uri": BYE}

    assert client.get(PATH, query_string=asked).headers["Location"] == BYE
    assert "You are signed out" in client.get(PATH).text


def test_a_bare_request_asks_and_ends_on_our_page(ask, decide, client, mine):
    page = ask()

    assert "You are about to sign out" in page.text
    assert "You are signed out" in decide(page).text
    assert status(client, mine) == 401


def test_an_apps_form_leads_to_the_page(client, planner, given):
    form = {"id_token_hint": given["id_token"], "post_logout_redirect_uri": BYE, "decision": ""}

    answer = client.post(PATH, data=form)

    assert answer.status_code == 303
    assert answer.headers["Location"].startswith(f"{PATH}?id_token_hint=")
    assert "decision" not in answer.headers["Location"]


def test_a_form_that_is_not_ours_signs_nobody_out(browser, client, ask, decide, mine):
    """Another site's form, and an app that asks with the field of our button."""
    forged = browser.http.post(PATH, data={"decision": "allow"})
    page = ask(decision="allow", csrf_token="x")

    assert forged.status_code == 403
    assert "decision" not in fields_of(page)
    assert decide(page, csrf_token="x").status_code == 403
    assert status(client, mine) == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {"post_logout_redirect_uri": "https://evil.example/"},
        {"post_logout_redirect_uri": f"{BYE}/x"},
        {"post_logout_redirect_uri": "//evil.example"},
        {"post_logout_redirect_uri": "https://planner.example/callback"},
        {"client_id": "client_01m866kyycews916y6fh7wpj97"},
        {"client_id": None},
        {"id_token_hint": "x.y.z"},
        {"id_token_hint": "x" * 9000},
        {"state": "x" * 9000},
    ],
)
def test_what_does_not_fit_goes_nowhere(browser, planner, wrong, client, mine):
    asked = {"client_id": planner.id, "post_logout_redirect_uri": BYE} | wrong

    for http in (browser.http, client):
        refused = http.get(PATH, query_string={n: v for n, v in asked.items() if v is not None})
        assert refused.status_code == 400
        assert "Location" not in refused.headers
    assert status(client, mine) == 200


def test_a_hint_is_for_whom_it_was_given(register, planner, given, ask):
    other = register(after_logout_uris=("https://other.example/bye",))

    for asked in (
        {"client_id": other.id},
        {"post_logout_redirect_uri": "https://other.example/bye"},
    ):
        assert ask(id_token_hint=given["id_token"], **asked).status_code == 400


def test_an_access_token_is_no_hint(given, ask, mine):
    assert ask(id_token_hint=given["access_token"]).status_code == 400
    assert ask(id_token_hint=mine).status_code == 400


def test_a_parameter_sent_twice_is_refused(browser, planner):
    twice = [("client_id", planner.id), ("client_id", planner.id)]

    assert browser.http.get(PATH, query_string=twice).status_code == 400


def test_an_app_registers_where_browsers_go(apply):  # noqa: F811
    assert apply(post_logout_redirect_uris=[BYE]).json["post_logout_redirect_uris"] == [BYE]
    refused = apply(post_logout_redirect_uris=["http://planner.example/bye"])
    assert (refused.status_code, refused.json["error"]) == (400, "invalid_redirect_uri")


def test_the_metadata_names_it(client, settings):
    told = client.get("/.well-known/openid-configuration").json

    assert told["end_session_endpoint"] == settings.public_url + PATH
