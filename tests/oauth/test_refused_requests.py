"""What is no sound request: said to the person when the way back is not sure, else to the app."""

import pytest

from hub.oauth.redirects import form_target, registered, usable

from .conftest import landed


def on_our_page(answer):
    return answer.status_code == 400 and "Location" not in answer.headers


@pytest.mark.parametrize(
    "redirect_uri",
    [
        "https://evil.example/callback",
        "https://planner.example.evil.example/callback",
        "https://planner.example@evil.example/callback",
        "https://user@planner.example/callback",
        "https://planner.example/callback#fragment",
        "https://planner.example/callback#",
        "https://planner.example/callback?more=1",
        "https://PLANNER.example/callback",
        "https://planner.example/Callback",
        "https://planner.example:443/callback",
        "https://planner.example:8443/callback",
        "https://planner.example/callback/../other",
        "https://planner.example/x/../callback",
        "https://planner.example//callback",
        "https://planner.example/callback/",
        "https://planner.example/callback%2f..",
        "https://planner.example/callb%61ck",
        "http://planner.example/callback",
        "//planner.example/callback",
        "/callback",
        "javascript:alert(1)",
        "data:text/html,x",
        "https://planner.example/callback\\",
        'https://planner.example/"callback"',
        "https://planner.example/callback\r\nSet-Cookie: a=b",
        "https://planner.example\t/callback",
        "https://[::1",
        "\u0440lanner.example",
        "x" * 5000,
    ],
)
def test_no_browser_is_sent_to_an_address_that_was_not_registered(planner, browser, redirect_uri):
    asked, _ = planner.question(redirect_uri=redirect_uri)

    assert on_our_page(browser.ask(asked))


@pytest.mark.parametrize(
    ("redirect_uri", "good"),
    [
        ("http://127.0.0.1/callback", True),
        ("http://127.0.0.1:1/callback", True),
        ("http://127.0.0.1:51234/callback", True),
        ("http://127.0.0.1:65535/callback", True),
        ("http://127.0.0.1:65536/callback", False),
        ("http://127.0.0.1:0/callback", False),
        ("http://127.0.0.1:/callback", False),
        ("http://127.0.0.1:51234/other", False),
        ("http://127.0.0.1:51234/callback?x=1", False),
        ("http://localhost/callback", False),
        ("http://localhost:51234/callback", False),
        ("http://127.0.0.2:51234/callback", False),
        ("http://127.1:51234/callback", False),
        ("http://[::1]:51234/callback", False),
        ("https://127.0.0.1:51234/callback", False),
        ("http://127.0.0.1:51234@evil.example/callback", False),
        ("http://127.0.0.1.evil.example/callback", False),
        ("http://127.0.0.1:\u0661/callback", False),
        ("com.example.planner:/callback", True),
        ("com.example.planner:/Callback", False),
        ("com.example.planner://callback", False),
    ],
)
def test_an_app_on_the_persons_own_machine(phone_app, browser, redirect_uri, good):
    """RFC 8252: the port of a loopback address is the system's, everything else is exact."""
    asked, verifier = phone_app.question(redirect_uri=redirect_uri)

    answer = browser.ask(asked)

    assert answer.status_code == (200 if good else 400)
    if good:
        code = landed(browser.answer(answer))["code"]
        assert phone_app.redeem(code, verifier, redirect_uri=redirect_uri).status_code == 200


@pytest.mark.parametrize("client_id", [None, "", "city-app", "client_x", "x\u0000", "x" * 300, "'"])
def test_clients_that_are_none(planner, browser, client_id):
    asked, _ = planner.question(client_id=client_id)

    assert on_our_page(browser.ask(asked))


@pytest.mark.parametrize("name", ["client_id", "redirect_uri"])
def test_whom_to_answer_is_said_once(planner, browser, name):
    asked, _ = planner.question()

    assert on_our_page(browser.ask([*asked.items(), (name, asked[name])]))


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"response_type": None}, "unsupported_response_type"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code token"}, "unsupported_response_type"),
        ({"response_type": 'x"\\\u00e9'}, "unsupported_response_type"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge": "\u00e9" * 43}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": "S512"}, "invalid_request"),
        ({"scope": None}, "invalid_scope"),
        ({"scope": "  "}, "invalid_scope"),
        ({"scope": "openid unheard.of:scope"}, "invalid_scope"),
        ({"scope": "citizen.session:manage"}, "invalid_scope"),
        ({"scope": "partner.client:read"}, "invalid_scope"),
        ({"scope": "traffic.favourite:manage"}, "invalid_scope"),
        ({"scope": 'openid "\\'}, "invalid_scope"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"prompt": "create"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"max_age": "1e3"}, "invalid_request"),
        ({"max_age": "9" * 40}, "invalid_request"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"response_mode": "form_post"}, "invalid_request"),
        ({"nonce": "x" * 513}, "invalid_request"),
        ({"nonce": "a\u0007b"}, "invalid_request"),
        ({"state": "x" * 513}, "invalid_request"),
        ({"login_hint": "x" * 2500}, "invalid_request"),
        ({"request": "eyJ"}, "request_not_supported"),
        ({"request_uri": "https://evil.example/"}, "request_uri_not_supported"),
        ({"registration": "{}"}, "registration_not_supported"),
    ],
)
def test_the_app_is_told_what_is_wrong(planner, browser, settings, changed, error):
    asked, _ = planner.question(**changed)

    told = landed(browser.ask(asked))

    assert told["error"] == error
    assert told["iss"] == settings.public_url
    assert told.get("state") == asked["state"]
    assert "code" not in told


@pytest.mark.parametrize(
    "name", ["scope", "state", "code_challenge", "code_challenge_method", "nonce", "prompt", "x"]
)
def test_no_parameter_comes_twice(planner, browser, name):
    asked, _ = planner.question()

    told = landed(browser.ask([*asked.items(), (name, "1"), (name, "2")]))

    assert told["error"] == "invalid_request"


@pytest.mark.parametrize("length", [20_000, 400_000])
def test_what_no_browser_could_carry_on_is_said_on_our_page(planner, browser, length):
    asked, _ = planner.question(state="x" * length, response_type="token")

    assert on_our_page(browser.ask(asked))
    assert on_our_page(browser.http.post("/oauth/authorize", data=asked))


def test_the_way_back_keeps_its_own_query(register, browser):
    app = register(redirect_uris=("https://planner.example/callback?tenant=7",))
    asked, _ = app.question()

    assert browser.allow(asked)["tenant"] == "7"


@pytest.mark.parametrize(
    ("uri", "good"),
    [
        ("https://planner.example/callback", True),
        ("https://planner.example:8443/callback?x=1", True),
        ("http://127.0.0.1/callback", True),
        ("http://127.0.0.1:8080/callback", True),
        ("http://[::1]/callback", True),
        ("com.example.planner:/callback", True),
        ("http://planner.example/callback", False),
        ("http://localhost/callback", False),
        ("http://127.0.0.1.evil.example/", False),
        ("http://127.0.0.1@evil.example/", False),
        ("https://user@planner.example/", False),
        ("https://planner.example/#", False),
        ("https://planner.example/a/../b", False),
        ("https:///callback", False),
        ("https://planner.example:0/", False),
        ("https://planner.example:99999/", False),
        ("myapp:/callback", False),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("com.example.planner://evil.example/", False),
        ("https://planner.example/ x", False),
        ("https://planner.example/\\", False),
        ('https://planner.example/"', False),
        ("https://planner.example/;script-src *", False),
        ("https://planner.example/" + "x" * 500, False),
        ("https://[::1", False),
        ("https://[2001:db8::1]:8443/callback", True),
        ("https://xn--80akhbyknj4f.example/callback", True),
        ("https://planner.example;sandbox/callback", False),
        ("https://planner.example,other.example/callback", False),
        ("https://*.example/callback", False),
        ("https://*/callback", False),
        ("https://'none'/callback", False),
        ("https://planner.example:8443;sandbox/callback", False),
        ("", False),
    ],
)
def test_which_addresses_may_be_registered(uri, good):
    assert usable(uri) is good


def test_localhost_is_for_demonstrations_only():
    assert usable("http://localhost:3000/callback", loopback_web=True)
    assert not registered("http://localhost:3001/cb", ["http://localhost:3000/cb"])


def test_what_a_form_may_end_in():
    assert form_target("https://planner.example:8443/cb?x=1") == "https://planner.example:8443"
    assert form_target("com.example.planner:/cb") == "com.example.planner:"
