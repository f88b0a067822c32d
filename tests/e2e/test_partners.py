"""A partner's app in a real browser: asked, allowed, and sent back in spite of a strict policy."""

import secrets
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from hub import oauth
from hub.kernel.work import SYSTEM
from tests.oauth.conftest import challenge_of

from .test_account import sign_in
from .test_pages import PHONE, broken_rules

pytestmark = pytest.mark.browser


class _App(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>The app</title><h1>Back at the app</h1>")

    def log_message(self, *_):
        """Quiet."""


@pytest.fixture(scope="module")
def callback() -> Iterator[str]:
    """Where the app of these tests listens, on this machine."""
    server = HTTPServer(("127.0.0.1", 0), _App)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/callback"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def client_id(hub, callback) -> str:
    made = hub.parts.database.run(
        lambda work: oauth.register(
            work,
            kind="confidential",
            names={"en": "Night buses"},
            organisation="Songhua Maps (synthetic)",
            purpose={"en": "To find a bus home."},
            scopes=("openid", "profile", "traffic.favourite:read"),
            auth_method="client_secret_basic",
            redirect_uris=(callback,),
            after_logout_uris=(callback,),
        ),
        SYSTEM,
    )
    return made.client.id


def question(hub, client_id, callback, **more) -> str:
    asked = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": callback,
        "scope": "openid profile traffic.favourite:read",
        "state": "s",
        "code_challenge": challenge_of("v" * 43),
        "code_challenge_method": "S256",
        **more,
    }
    return f"{hub.url}/oauth/authorize?{urlencode(asked)}"


def told(page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_a_person_lets_an_app_in(visit, hub, client_id, callback, scripts):
    """Signing in, agreeing and going back are one chain of forms and redirects; Chromium holds each
    to the form-action of the page where it began."""
    opened = visit(java_script_enabled=scripts, viewport=PHONE)
    page, address = opened.page, f"li-{secrets.token_hex(5)}@example.org"

    page.goto(question(hub, client_id, callback))
    page.get_by_label("Telephone number or e-mail address").fill(address)
    page.get_by_role("button", name="Send me a code").click()
    page.get_by_label("Code").wait_for()
    page.get_by_label("Code").fill(hub.code_for(address))
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="May Night buses do this?").wait_for()
    if scripts:
        assert broken_rules(page) == []
    page.get_by_role("button", name="Allow", exact=True).click()
    page.get_by_role("heading", name="Back at the app").wait_for()
    assert told(page)["iss"] == [hub.url]
    assert told(page)["code"]

    # Agreed once: with a fresh sign-in asked for, the way back leads through a page of its own.
    hub.let_limits_refill()
    page.goto(question(hub, client_id, callback, prompt="login"))
    page.get_by_label("Telephone number or e-mail address").fill(address)
    page.get_by_role("button", name="Send me a code").click()
    page.get_by_label("Code").wait_for()
    page.get_by_label("Code").fill(hub.code_for(address))
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Back at the app").wait_for()
    assert told(page)["code"]

    opened.open("/me/consents")
    assert page.get_by_text("Night buses").first.is_visible()

    asked = {"client_id": client_id, "post_logout_redirect_uri": callback, "state": "bye"}
    page.goto(f"{hub.url}/oauth/end-session?{urlencode(asked)}")
    page.get_by_role("heading", name="Sign out here?").wait_for()
    if scripts:
        assert broken_rules(page) == []
    page.get_by_role("button", name="Sign out").last.click()
    page.get_by_role("heading", name="Back at the app").wait_for()
    assert told(page) == {"state": ["bye"]}
    page.goto(f"{hub.url}/me")
    page.get_by_label("Telephone number or e-mail address").wait_for()


def test_pages_of_devices_and_of_refusals_are_fit_for_everybody(visit, hub, client_id, callback):
    opened = visit()
    page = opened.page
    opened.open("/oauth/authorize?client_id=nobody")
    assert broken_rules(page) == []

    sign_in(page, hub, f"li-{secrets.token_hex(5)}@example.org")
    page.wait_for_url("**/me")
    opened.open("/device")
    assert broken_rules(page) == []
    page.get_by_label("Code of the device").fill("BBBB-BBBB")
    page.get_by_role("button", name="Go on").click()
    page.get_by_text("No device waits with this code").wait_for()
    assert broken_rules(page) == []
