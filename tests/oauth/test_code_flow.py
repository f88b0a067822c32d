"""The authorization code with PKCE, from the question to the token (RFC 6749, 7636, 9700)."""

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import jwt
import pytest

from hub import identity
from hub.kernel import ids

from .conftest import App, Browser, challenge_of, fields_of, landed, status


def test_an_app_gets_what_the_person_allowed_and_nothing_else(client, planner, browser, settings):
    asked, verifier = planner.question(scope="openid citizen.profile:read")

    told = browser.allow(asked)
    answer = planner.redeem(told["code"], verifier)

    assert told["state"] == asked["state"]
    assert told["iss"] == settings.public_url
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json["token_type"] == "Bearer"
    assert answer.json["scope"] == "citizen.profile:read openid"
    token = answer.json["access_token"]
    me = client.get("/v1/me", headers={"Authorization": f"Bearer {token}"})
    assert (me.status_code, me.json["display_name"]) == (200, "li")
    refused = client.get("/v1/me/favourites", headers={"Authorization": f"Bearer {token}"})
    assert (refused.status_code, refused.json["scope"]) == (403, "traffic.favourite:read")
    assert 'error="insufficient_scope"' in refused.headers["WWW-Authenticate"]


def test_the_token_names_no_person_and_no_session(planner, browser, given):
    claims = jwt.decode(given["access_token"], options={"verify_signature": False})

    assert claims["sub"] != browser.somebody.id
    assert claims["sid"].startswith("grant_")
    assert claims["client_id"] == planner.id
    text = str(claims)
    assert ids.show("session", browser.somebody.tokens.session_id) not in text
    assert browser.somebody.id not in text


def test_what_a_partner_is_told_has_nothing_that_another_partner_is_told(
    client, planner, register, browser
):
    """The person's own id, or the moment of their sign-up, would make one number of two."""
    told = {}
    for app in (planner, register()):
        asked, verifier = app.question(scope="openid citizen.profile:read")
        tokens = app.redeem(browser.allow(asked)["code"], verifier).json
        bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
        told[app.id] = client.get("/v1/me", headers=bearer).json
        assert told[app.id]["id"] == client.get("/oauth/userinfo", headers=bearer).json["sub"]
        for path in ("/v1/me/security", "/v1/me/passkeys"):
            assert client.get(path, headers=bearer).status_code == 403, path

    assert len({one["id"] for one in told.values()}) == 2
    assert browser.somebody.id not in str(told)
    assert not told[planner.id].keys() & {"created_at", "second_factor"}


def test_two_partners_know_a_person_by_two_numbers_and_one_partner_by_one(
    planner, register, browser
):
    other, cousin = register(), register(sector="songhua.example")
    sibling = register(sector="songhua.example")
    subjects = {}
    for name, app in {"one": planner, "other": other, "a": cousin, "b": sibling}.items():
        asked, verifier = app.question()
        tokens = app.redeem(browser.allow(asked)["code"], verifier).json
        subjects[name] = jwt.decode(tokens["id_token"], options={"verify_signature": False})["sub"]

    assert len({subjects["one"], subjects["other"], subjects["a"]}) == 3
    assert subjects["a"] == subjects["b"]


def test_the_page_says_who_asks_for_what_why_and_until_when(planner, browser):
    asked, _ = planner.question(scope="openid traffic.favourite:read offline_access")

    page = browser.ask(asked)

    for said in (
        "Route planner",
        "Songhua Maps (synthetic)",
        "See the favourite stops and lines",
        "To show your stops in the planner.",
        "also while you are away",
        "https://planner.example",
    ):
        assert said in page.text, said
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["X-Frame-Options"] == "DENY"
    policy = page.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self' https://planner.example;" in policy


@pytest.mark.parametrize(
    ("language", "said"), [("zh-CN", "查看收藏的车站和线路"), ("ru", "Видеть избранные остановки")]
)
def test_the_page_speaks_the_persons_language(planner, browser, language, said):
    asked, _ = planner.question(scope="traffic.favourite:read")

    page = browser.http.get(
        "/oauth/authorize", query_string=asked, headers={"Accept-Language": language}
    )

    assert said in page.text


def test_whoever_says_no_is_believed(planner, browser, settings):
    asked, _ = planner.question()

    told = landed(browser.answer(browser.ask(asked), "deny"))

    assert told == {
        "error": "access_denied",
        "state": asked["state"],
        "iss": settings.public_url,
    }


def test_an_app_does_not_press_the_button_for_the_person(planner, browser):
    """A field of our form in the app's own request would come before the button's value."""
    asked, _ = planner.question(decision="allow", csrf_token="x")
    page = browser.ask(asked)
    assert fields_of(page).keys() & {"decision"} == set()

    hidden = [(name, value) for name, value in fields_of(page).items()]
    twice = urlencode([*hidden, ("decision", "allow"), ("decision", "deny")])
    refused = browser.http.post(
        "/oauth/authorize", data=twice, content_type="application/x-www-form-urlencoded"
    )

    assert refused.status_code == 400
    assert "Location" not in refused.headers
    assert landed(browser.answer(page, "deny"))["error"] == "access_denied"


def test_agreeing_needs_the_token_of_our_own_page(planner, browser):
    asked, _ = planner.question()
    page = browser.ask(asked)

    for changed in ({"csrf_token": ""}, {"csrf_token": "x" * 36}):
        refused = browser.answer(page, **changed)
        assert refused.status_code == 403
        assert "Location" not in refused.headers


def test_nobody_agrees_with_somebody_elses_page(planner, browser, browser_of):
    """The value of the form belongs to the session: an attacker's own does not open another's."""
    asked, _ = planner.question()
    attackers = fields_of(browser_of("mallory").ask(asked))["csrf_token"]

    refused = browser.answer(browser.ask(asked), csrf_token=attackers)

    assert refused.status_code == 403


def test_what_is_agreed_to_is_what_is_checked(planner, browser):
    """The form's fields are read anew: a changed one asks for nothing that is not allowed."""
    asked, _ = planner.question()
    page = browser.ask(asked)

    elsewhere = browser.answer(page, redirect_uri="https://evil.example/callback")
    assert elsewhere.status_code == 400
    more = landed(browser.answer(page, scope="openid citizen.session:manage"))
    assert more["error"] == "invalid_scope"


def test_a_trusted_app_asks_once_and_others_each_time(planner, phone_app, browser):
    for app, again in ((planner, 303), (phone_app, 200)):
        asked, verifier = app.question()
        app.redeem(browser.allow(asked)["code"], verifier)
        assert browser.ask(app.question()[0]).status_code == again

    more, _ = planner.question(scope="openid profile traffic.favourite:read")
    assert browser.ask(more).status_code == 200
    told_to_ask, _ = planner.question(prompt="consent")
    assert browser.ask(told_to_ask).status_code == 200


def test_a_stranger_signs_in_first_and_comes_back(app, planner):
    asked, _ = planner.question()

    sent_away = app.test_client().get("/oauth/authorize", query_string=asked)

    assert sent_away.status_code == 303
    assert sent_away.headers["Location"].startswith("/sign-in?next=%2Foauth%2Fauthorize%3F")


def test_a_form_by_post_asks_like_a_link(planner, browser):
    """OpenID Connect Core, 3.1.2.1: the authorization endpoint takes POST as well."""
    asked, _ = planner.question()

    sent_on = browser.http.post("/oauth/authorize", data=asked)

    assert sent_on.status_code == 303
    assert "Route planner" in browser.http.get(sent_on.headers["Location"]).text


def test_a_code_is_good_for_a_minute(planner, browser, clock):
    asked, verifier = planner.question()
    code = browser.allow(asked)["code"]
    clock.move(seconds=61)

    refused = planner.redeem(code, verifier)

    assert (refused.status_code, refused.json["error"]) == (400, "invalid_grant")


def test_a_code_used_twice_takes_back_what_it_gave(client, planner, browser):
    asked, verifier = planner.question(scope="openid citizen.profile:read")
    code = browser.allow(asked)["code"]
    first = planner.redeem(code, verifier).json
    assert status(client, first["access_token"]) == 200

    again = planner.redeem(code, verifier)

    assert (again.status_code, again.json["error"]) == (400, "invalid_grant")
    assert status(client, first["access_token"]) == 401
    assert planner.refresh(first["refresh_token"]).json["error"] == "invalid_grant"


def test_eight_at_once_with_one_code_have_one_winner(app, planner, browser):
    asked, verifier = planner.question()
    code = browser.allow(asked)["code"]

    def redeem(_):
        return App(planner.client, planner.secret, app.test_client()).redeem(code, verifier)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(redeem, range(8)))

    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 7
    assert {a.json["error"] for a in answers if a.status_code == 400} == {"invalid_grant"}


def test_a_code_is_the_clients_that_asked(planner, register, browser):
    asked, verifier = planner.question()
    code = browser.allow(asked)["code"]

    stolen = register().redeem(code, verifier)

    assert stolen.json["error"] == "invalid_grant"
    assert planner.redeem(code, verifier).status_code == 200


@pytest.mark.parametrize(
    "verifier", [None, "", "x" * 43, "x" * 42, "x" * 129, "\u00e9" * 43, "a b" * 20]
)
def test_a_code_needs_the_verifier_of_its_challenge(planner, browser, verifier):
    asked, _ = planner.question()
    code = browser.allow(asked)["code"]

    refused = planner.redeem(code, verifier)

    assert refused.status_code == 400
    assert refused.json["error"] in {"invalid_grant", "invalid_request"}


@pytest.mark.parametrize(
    "redirect_uri", [None, "https://planner.example/other", "https://planner.example/callback/"]
)
def test_a_code_needs_the_redirect_uri_of_its_request(planner, browser, redirect_uri):
    asked, verifier = planner.question()
    code = browser.allow(asked)["code"]

    refused = planner.redeem(code, verifier, redirect_uri=redirect_uri)

    assert refused.json["error"] == "invalid_grant"


def test_an_app_with_one_address_need_not_say_it(planner, browser):
    asked, verifier = planner.question(redirect_uri=None)

    told = browser.allow(asked)

    assert planner.redeem(told["code"], verifier, redirect_uri=None).status_code == 200


def test_who_signed_out_meanwhile_gives_nothing(app, planner, browser, parts, db):
    asked, verifier = planner.question()
    code = browser.allow(asked)["code"]
    somebody = browser.somebody
    db.run(lambda work: identity.end(work, somebody.tokens.session_id), actor_of(somebody))

    refused = planner.redeem(code, verifier)

    assert (refused.status_code, refused.json["error"]) == (400, "invalid_grant")


def actor_of(somebody):
    from hub.kernel.work import Actor

    return Actor("citizen", somebody.id)


def test_signing_out_while_a_code_is_redeemed_leaves_nothing_alive(
    app, client, planner, browser, parts, db
):
    """Whichever of the two is first, no token of the ended session opens a door."""
    for _ in range(6):
        asked, verifier = planner.question(scope="citizen.profile:read")
        code = browser.allow(asked)["code"]
        somebody = browser.somebody
        racer = App(planner.client, planner.secret, app.test_client())
        with ThreadPoolExecutor(2) as pool:
            ended = pool.submit(
                db.run,
                lambda work, one=somebody: identity.end(work, one.tokens.session_id),
                actor_of(somebody),
            )
            redeemed = pool.submit(racer.redeem, code, verifier).result()
            ended.result()
        if redeemed.status_code == 200:
            assert status(client, redeemed.json["access_token"]) == 401
            assert racer.refresh(redeemed.json["refresh_token"]).status_code == 400
        browser = Browser(app, parts, fresh(browser))


def fresh(browser):
    """The same person, signed in anew."""
    from tests.city import City

    return City(browser.http.application, browser.http.application.extensions["hub"]).citizen("li")


def test_a_challenge_is_what_rfc_7636_computes():
    """Appendix B of RFC 7636."""
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

    assert challenge_of(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
