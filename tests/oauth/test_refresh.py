"""Refreshing a partner's tokens: one successor, no copies, no more than was granted."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from .conftest import App, status


@pytest.fixture
def tokens(planner, browser):
    asked, verifier = planner.question(scope="openid profile citizen.profile:read")
    return planner.redeem(browser.allow(asked)["code"], verifier).json


def test_a_refresh_token_gives_the_next(client, planner, tokens, clock):
    refreshed = planner.refresh(tokens["refresh_token"])

    assert refreshed.status_code == 200
    assert refreshed.json["refresh_token"] != tokens["refresh_token"]
    assert status(client, refreshed.json["access_token"]) == 200


def test_a_copied_refresh_token_ends_what_the_app_was_allowed(client, planner, tokens, clock):
    current = planner.refresh(tokens["refresh_token"]).json
    clock.move(seconds=11)

    replayed = planner.refresh(tokens["refresh_token"])

    assert (replayed.status_code, replayed.json["error"]) == (400, "invalid_grant")
    assert status(client, current["access_token"]) == 401
    assert planner.refresh(current["refresh_token"]).json["error"] == "invalid_grant"


def test_the_persons_own_session_survives_a_partners_copied_token(
    client, planner, browser, tokens, clock
):
    planner.refresh(tokens["refresh_token"])
    clock.move(seconds=11)
    planner.refresh(tokens["refresh_token"])

    assert client.get("/v1/me", headers=browser.somebody.headers).status_code == 200


def test_a_lost_answer_comes_again(planner, tokens, clock):
    first = planner.refresh(tokens["refresh_token"]).json
    clock.move(seconds=9)

    assert planner.refresh(tokens["refresh_token"]).json["refresh_token"] == first["refresh_token"]


def test_eight_at_once_have_one_successor(app, planner, tokens):
    def refresh(_):
        racer = App(planner.client, planner.secret, app.test_client())
        return racer.refresh(tokens["refresh_token"])

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(refresh, range(8)))

    assert [answer.status_code for answer in answers] == [200] * 8
    assert len({answer.json["refresh_token"] for answer in answers}) == 1


def test_less_may_be_asked_and_all_again_later_but_never_more(client, planner, tokens):
    less = planner.refresh(tokens["refresh_token"], scope="openid").json
    assert less["scope"] == "openid"
    assert status(client, less["access_token"]) == 403

    more = planner.refresh(less["refresh_token"], scope="openid traffic.favourite:read")
    assert (more.status_code, more.json["error"]) == (400, "invalid_scope")

    all_again = planner.refresh(less["refresh_token"]).json
    assert all_again["scope"] == tokens["scope"]


def test_it_is_the_clients_own(planner, register, tokens):
    assert register().refresh(tokens["refresh_token"]).json["error"] == "invalid_grant"
    assert planner.refresh(tokens["refresh_token"]).status_code == 200


def test_a_partners_refresh_token_is_none_of_the_citys_app(client, planner, tokens):
    refused = client.post("/v1/sign-in/refreshes", json={"refresh_token": tokens["refresh_token"]})

    assert refused.status_code == 401
    assert planner.refresh(tokens["refresh_token"]).status_code == 200


def test_the_citys_own_refresh_token_is_none_of_a_partner(client, planner, browser):
    token = browser.somebody.tokens.refresh_token

    assert planner.refresh(token).json["error"] == "invalid_grant"
    renewed = client.post("/v1/sign-in/refreshes", json={"refresh_token": token})
    assert renewed.status_code == 200


def test_a_public_app_needs_its_client_id_and_no_secret(phone_app, browser):
    asked, verifier = phone_app.question()
    tokens = phone_app.redeem(browser.allow(asked)["code"], verifier).json

    assert phone_app.refresh(tokens["refresh_token"], client_id="").status_code == 401
    assert phone_app.refresh(tokens["refresh_token"]).status_code == 200


def test_after_signing_out_only_what_was_for_the_time_away_goes_on(client, planner, browser, clock):
    kept, ended = {}, {}
    for scope, told in (("openid offline_access", kept), ("openid", ended)):
        asked, verifier = planner.question(scope=scope, prompt="consent")
        told.update(planner.redeem(browser.allow(asked)["code"], verifier).json)

    client.post("/v1/sign-out", headers=browser.somebody.headers)

    assert status(client, ended["access_token"], "/oauth/userinfo") == 401
    assert planner.refresh(ended["refresh_token"]).json["error"] == "invalid_grant"
    assert status(client, kept["access_token"], "/oauth/userinfo") == 200
    refreshed = planner.refresh(kept["refresh_token"])
    assert refreshed.status_code == 200

    tokens = refreshed.json
    for _ in range(4):
        clock.move(days=22, hours=11)
        tokens = planner.refresh(tokens["refresh_token"]).json
    clock.move(days=1)
    assert planner.refresh(tokens["refresh_token"]).json["error"] == "invalid_grant"


@pytest.mark.parametrize("token", [None, "", "x", "x" * 43, "x" * 8000, "\u00e9", "a\u0000"])
def test_refresh_tokens_that_are_none(planner, token):
    refused = planner.refresh(token)

    assert refused.status_code == 400
    assert refused.json["error"] in {"invalid_grant", "invalid_request"}


def test_no_grant_outlives_what_the_person_was_told(planner, browser, clock):
    asked, verifier = planner.question(scope="openid offline_access")
    token = planner.redeem(browser.allow(asked)["code"], verifier).json["refresh_token"]

    for _ in range(3):
        clock.move(days=25)
        renewed = planner.refresh(token)
        assert renewed.status_code == 200
        token = renewed.json["refresh_token"]
    clock.move(days=15)

    assert planner.refresh(token).json["error"] == "invalid_grant"
