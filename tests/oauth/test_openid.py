"""OpenID Connect: the id_token, userinfo, and how fresh a sign-in must be."""

import base64
import hashlib
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest

from hub.kernel import ids
from tests.api.conftest import Phone
from tests.api.credentials import SHORT, Member, a_number
from tests.city import City

from .conftest import Browser, landed


def verified(client, id_token, audience):
    keys = jwt.PyJWKSet.from_dict(client.get("/.well-known/jwks.json").json)
    key = keys[jwt.get_unverified_header(id_token)["kid"]]
    return jwt.decode(id_token, key, algorithms=["ES256"], audience=audience)


def test_an_id_token_tells_who_when_and_how_surely(client, planner, browser, settings):
    asked, verifier = planner.question()
    tokens = planner.redeem(browser.allow(asked)["code"], verifier).json

    claims = verified(client, tokens["id_token"], planner.id)

    half = hashlib.sha256(tokens["access_token"].encode()).digest()[:16]
    assert claims["iss"] == settings.public_url
    assert claims["nonce"] == asked["nonce"]
    assert claims["acr"] == "urn:city:loa:1"
    assert claims["amr"] == ["sms"]
    assert claims["at_hash"] == base64.urlsafe_b64encode(half).rstrip(b"=").decode()
    assert claims["exp"] - claims["iat"] == 600
    assert claims["auth_time"] <= claims["iat"]
    assert "type" not in claims
    assert jwt.get_unverified_header(tokens["id_token"])["typ"] == "JWT"


def test_a_refreshed_id_token_tells_the_same_person_and_time(client, planner, given, clock):
    clock.move(minutes=5)
    refreshed = planner.refresh(given["refresh_token"]).json

    before = jwt.decode(given["id_token"], options={"verify_signature": False})
    after = jwt.decode(refreshed["id_token"], options={"verify_signature": False})

    assert {n: before[n] for n in ("sub", "auth_time", "aud", "iss", "sid")} == {
        n: after[n] for n in ("sub", "auth_time", "aud", "iss", "sid")
    }
    assert after["iat"] > before["iat"]


def test_without_openid_there_is_no_id_token(planner, browser):
    asked, verifier = planner.question(scope="citizen.profile:read")

    assert "id_token" not in planner.redeem(browser.allow(asked)["code"], verifier).json


@pytest.mark.parametrize("method", ["get", "post"])
def test_userinfo_tells_what_the_scopes_cover(client, planner, browser, given, method):
    headers = {"Authorization": f"Bearer {given['access_token']}"}

    told = client.open("/oauth/userinfo", method=method, headers=headers)

    claims = jwt.decode(given["id_token"], options={"verify_signature": False})
    assert told.json == {"sub": claims["sub"], "name": "li", "locale": "en"}
    assert told.headers["Cache-Control"] == "no-store"


def test_userinfo_without_profile_tells_the_number_only(client, planner, browser):
    asked, verifier = planner.question(scope="openid")
    tokens = planner.redeem(browser.allow(asked)["code"], verifier).json

    told = client.get(
        "/oauth/userinfo", headers={"Authorization": f"Bearer {tokens['access_token']}"}
    )

    assert told.json.keys() == {"sub"}


def test_userinfo_needs_openid(client, planner, browser):
    asked, verifier = planner.question(scope="profile")
    tokens = planner.redeem(browser.allow(asked)["code"], verifier).json

    refused = client.get(
        "/oauth/userinfo", headers={"Authorization": f"Bearer {tokens['access_token']}"}
    )

    assert refused.status_code == 403
    assert client.get("/oauth/userinfo").status_code == 401


def test_nobody_is_disturbed_with_prompt_none(app, planner, browser):
    asked, verifier = planner.question(prompt="none")
    assert landed(browser.ask(asked))["error"] == "consent_required"
    stranger = app.test_client().get("/oauth/authorize", query_string=asked)
    assert landed(stranger)["error"] == "login_required"

    planner.redeem(browser.allow(asked | {"prompt": "consent"})["code"], verifier)

    assert "code" in landed(browser.ask(asked))


@pytest.mark.parametrize("more", [{"prompt": "login"}, {"max_age": "0"}, {"max_age": "60"}])
def test_a_fresh_sign_in_is_really_fresh(app, parts, planner, browser, clock, more):
    clock.move(minutes=2)
    asked, _ = planner.question(**more)

    to_sign_in = browser.ask(asked)

    assert to_sign_in.headers["Location"].startswith("/sign-in?")
    back = parse_qs(urlsplit(to_sign_in.headers["Location"]).query)["next"][0]
    still_old = browser.http.get(back)
    assert still_old.headers["Location"].startswith("/sign-in?")

    clock.move(seconds=3)
    again = Browser(app, parts, City(app, parts).citizen("li"))
    page = again.http.get(back)
    assert page.status_code == 200
    assert "code" in landed(again.answer(page))


@pytest.fixture
def protected(app, parts, clock):
    """Somebody with password and app, who signed in by code and app: that is the first level."""
    phone = Phone(app, parts)
    member = Member(phone, a_number(), clock)
    member.set_up_app()
    assert member.set_password(SHORT).status_code == 204
    login = phone.ask(member.number).json["login"]
    phone.enter(login, phone.code(member.number))
    member.tokens = member.second(login, member.app_code()).json
    clock.move(seconds=60)
    return member


def browser_with(app, parts, tokens):
    found = SimpleNamespace(
        access_token=tokens["access_token"],
        refresh_token=tokens["refresh_token"],
        session_id=ids.read("session", tokens["session"]),
    )
    return Browser(app, parts, SimpleNamespace(tokens=found))


def test_a_surer_sign_in_is_asked_for_and_reached(app, parts, planner, protected):
    """RFC 9470, 5: the app sends what the API's refusal told it."""
    asked, verifier = planner.question(acr_values="urn:elsewhere:gold urn:city:loa:2")
    browser = browser_with(app, parts, protected.tokens)
    silent = landed(browser.ask(asked | {"prompt": "none"}))

    sent_away = browser.ask(asked)
    back = parse_qs(urlsplit(sent_away.headers["Location"]).query)["next"][0]
    page = browser.http.get(sent_away.headers["Location"])
    pressed = browser.http.post(
        "/oauth/authorize", data=asked | {"decision": "allow", "csrf_token": browser.csrf}
    )
    shown = protected.step_up(password=SHORT, second_code=protected.app_code())
    surely = browser_with(app, parts, protected.tokens)
    code = landed(surely.answer(surely.http.get(back)))["code"]

    assert silent["error"] == "login_required"
    assert sent_away.headers["Location"].startswith("/step-up?")
    assert "asks for a surer sign-in" in page.text
    assert pressed.headers["Location"].startswith("/step-up?")
    assert shown.status_code == 200
    told = planner.redeem(code, verifier).json["id_token"]
    assert jwt.decode(told, options={"verify_signature": False})["acr"] == "urn:city:loa:2"


@pytest.mark.parametrize("prompt", [None, "none"])
def test_who_cannot_show_more_is_told_to_the_app(planner, browser, prompt):
    asked, _ = planner.question(acr_values="urn:city:loa:2 urn:city:loa:3", prompt=prompt)

    assert landed(browser.ask(asked))["error"] == "unmet_authentication_requirements"


def test_nobody_is_led_to_a_step_up_that_cannot_help(app, parts, planner, protected):
    """Two factors, but no verified real name: the third level is out of reach at once."""
    browser = browser_with(app, parts, protected.tokens)

    for prompt in (None, "none"):
        asked, _ = planner.question(acr_values="urn:city:loa:3", prompt=prompt)
        assert landed(browser.ask(asked))["error"] == "unmet_authentication_requirements"


@pytest.mark.parametrize(
    "levels", ["urn:city:loa:1", "urn:elsewhere:gold", "urn:city:loa:3 urn:city:loa:1"]
)
def test_a_level_that_is_reached_or_none_of_ours_asks_nothing(planner, browser, levels):
    asked, _ = planner.question(acr_values=levels)

    assert browser.ask(asked).status_code == 200


def test_max_age_is_kept_silently_too(planner, browser, clock):
    clock.move(minutes=2)
    asked, _ = planner.question(prompt="none", max_age="60")

    assert landed(browser.ask(asked))["error"] == "login_required"
    asked, _ = planner.question(prompt="none", max_age="600")
    assert landed(browser.ask(asked))["error"] == "consent_required"


def test_whoever_comes_from_our_sign_in_form_leaves_by_a_page(planner, browser, clock):
    """Browsers follow form-action through redirects: straight on they would stop at our policy."""
    asked, verifier = planner.question()
    planner.redeem(browser.allow(asked)["code"], verifier)

    page = browser.ask({**asked, "since": "1"})

    assert page.status_code == 200
    assert 'http-equiv="refresh"' in page.text
    assert "https://planner.example/callback?code=" in page.text.replace("&amp;", "&")
    assert page.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize(
    "path", ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"]
)
def test_the_server_says_what_it_offers(client, path, settings):
    found = client.get(path)

    told = found.json
    assert told["issuer"] == settings.public_url
    assert told["code_challenge_methods_supported"] == ["S256"]
    assert told["response_types_supported"] == ["code"]
    assert told["authorization_response_iss_parameter_supported"] is True
    assert told["subject_types_supported"] == ["pairwise"]
    assert "none" not in told["id_token_signing_alg_values_supported"]
    assert "citizen.session:manage" not in told["scopes_supported"]
    assert "openid" in told["scopes_supported"]
    for name, address in told.items():
        if name.endswith(("_endpoint", "jwks_uri")):
            path_there = urlsplit(address).path
            assert client.get(path_there).status_code != 404, name
    unchanged = client.get(path, headers={"If-None-Match": found.headers["ETag"]})
    assert unchanged.status_code == 304
