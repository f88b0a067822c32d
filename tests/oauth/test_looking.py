"""Introspection (RFC 7662) and revocation (RFC 7009)."""

import pytest

from hub import identity
from hub.kernel.work import Actor

from .conftest import status


@pytest.fixture
def tokens(planner, browser):
    asked, verifier = planner.question(scope="openid citizen.profile:read")
    return planner.redeem(browser.allow(asked)["code"], verifier).json


def test_a_client_sees_what_its_tokens_say(planner, tokens, settings):
    access = planner.introspect(tokens["access_token"])
    refresh = planner.introspect(tokens["refresh_token"])

    assert access["active"]
    assert access["scope"] == "citizen.profile:read openid"
    assert access["client_id"] == planner.id
    assert access["iss"] == access["aud"] == settings.public_url
    assert access["exp"] - access["iat"] == 600
    assert (refresh["active"], refresh["sub"]) == (True, access["sub"])


def test_and_nothing_of_anybody_elses(register, tokens, browser):
    stranger = register()

    for token in (tokens["access_token"], tokens["refresh_token"], tokens["id_token"]):
        assert stranger.introspect(token) == {"active": False}
    assert stranger.introspect(browser.somebody.tokens.access_token) == {"active": False}


@pytest.mark.parametrize(
    "token", ["x", "a.b.c", ".", "..", "x" * 8000, "\u00e9.\u00e9.", "eyJ.e.x"]
)
def test_what_is_no_token_is_not_active(planner, token):
    assert planner.introspect(token) == {"active": False}


def test_an_id_token_is_no_access_token(planner, client, tokens):
    assert planner.introspect(tokens["id_token"]) == {"active": False}
    assert status(client, tokens["id_token"]) == 401
    assert status(client, tokens["id_token"], "/oauth/userinfo") == 401


def test_who_asks_must_prove_it(client, phone_app, tokens):
    for form in ({}, {"client_id": phone_app.id}):
        refused = client.post("/oauth/introspect", data={"token": "x", **form})
        assert (refused.status_code, refused.json["error"]) == (401, "invalid_client")
    assert phone_app.http.post("/oauth/revoke", data={"token": "x"}).status_code == 401


def test_a_used_refresh_token_is_not_active(planner, tokens):
    planner.refresh(tokens["refresh_token"])

    assert planner.introspect(tokens["refresh_token"]) == {"active": False}


def test_after_ten_minutes_an_access_token_is_not_active(planner, tokens, clock):
    clock.move(minutes=10)

    assert planner.introspect(tokens["access_token"]) == {"active": False}
    assert planner.introspect(tokens["refresh_token"])["active"]


@pytest.mark.parametrize("which", ["access_token", "refresh_token"])
def test_giving_either_token_back_ends_both(client, planner, tokens, which):
    answer = planner.revoke(tokens[which])

    assert (answer.status_code, answer.data) == (200, b"")
    assert status(client, tokens["access_token"]) == 401
    assert planner.refresh(tokens["refresh_token"]).json["error"] == "invalid_grant"
    for token in (tokens["access_token"], tokens["refresh_token"]):
        assert planner.introspect(token) == {"active": False}
    assert planner.revoke(tokens[which]).status_code == 200


def test_nobody_gives_back_anybody_elses(client, planner, register, tokens):
    stranger = register()

    for token in (tokens["access_token"], tokens["refresh_token"], "x", "a.b.c"):
        assert stranger.revoke(token).status_code == 200
    assert status(client, tokens["access_token"]) == 200
    assert planner.introspect(tokens["refresh_token"])["active"]


def test_a_public_app_gives_back_its_own(client, phone_app, browser):
    asked, verifier = phone_app.question(scope="citizen.profile:read")
    tokens = phone_app.redeem(browser.allow(asked)["code"], verifier).json

    assert phone_app.revoke(tokens["refresh_token"]).status_code == 200
    assert status(client, tokens["access_token"]) == 401


def test_a_token_in_ones_own_name_ends_by_itself(service):
    token = service.token(grant_type="client_credentials").json["access_token"]
    assert service.introspect(token)["sub"] == service.id

    refused = service.revoke(token)

    assert (refused.status_code, refused.json["error"]) == (400, "unsupported_token_type")


def test_signing_out_is_seen_by_whoever_looks(planner, browser, tokens, db):
    somebody = browser.somebody
    actor = Actor("citizen", somebody.id)
    db.run(lambda work: identity.end(work, somebody.tokens.session_id), actor)

    assert planner.introspect(tokens["access_token"]) == {"active": False}
    assert planner.introspect(tokens["refresh_token"]) == {"active": False}
