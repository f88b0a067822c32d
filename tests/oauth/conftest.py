"""Partners and people of these tests: apps that ask, and somebody in a browser who answers."""

import base64
import hashlib
import html
import re
import secrets
from dataclasses import dataclass
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest

from hub import identity
from hub.kernel.work import SYSTEM
from hub.web import tokens as web_tokens

CALLBACK = "https://planner.example/callback"
SCOPES = ("openid", "profile", "offline_access", "citizen.profile:read", "traffic.favourite:read")


def challenge_of(verifier):
    return (
        base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    )


@dataclass
class App:
    """A partner's registered client, and what it keeps between asking and getting."""

    client: identity.Client
    secret: str | None
    http: object

    @property
    def id(self):
        return self.client.id

    @property
    def basic(self):
        pair = base64.b64encode(f"{self.id}:{self.secret}".encode()).decode()
        return {"Authorization": f"Basic {pair}"}

    def question(self, **more):
        """The parameters of an authorization request, and its PKCE verifier."""
        verifier = secrets.token_urlsafe(32)
        asked = {
            "response_type": "code",
            "client_id": self.id,
            "redirect_uri": self.client.redirect_uris[0] if self.client.redirect_uris else "",
            "scope": "openid profile",
            "state": secrets.token_urlsafe(8),
            "nonce": secrets.token_urlsafe(8),
            "code_challenge": challenge_of(verifier),
            "code_challenge_method": "S256",
            **more,
        }
        return {name: value for name, value in asked.items() if value is not None}, verifier

    def token(self, headers=None, **form):
        if self.secret is not None and headers is None:
            headers = self.basic
        elif self.secret is None:
            form.setdefault("client_id", self.id)
        return self.http.post("/oauth/token", data=form, headers=headers)

    def redeem(self, code, verifier, **more):
        form = {"code": code, "code_verifier": verifier, **more}
        form.setdefault("redirect_uri", self.client.redirect_uris[0])
        return self.token(grant_type="authorization_code", **form)

    def refresh(self, token, **more):
        return self.token(grant_type="refresh_token", refresh_token=token, **more)

    def introspect(self, token):
        return self.http.post("/oauth/introspect", data={"token": token}, headers=self.basic).json

    def revoke(self, token):
        form, headers = {"token": token}, self.basic if self.secret else None
        if not self.secret:
            form["client_id"] = self.id
        return self.http.post("/oauth/revoke", data=form, headers=headers)


class Browser:
    """Somebody signed in, in a browser."""

    def __init__(self, app, parts, somebody):
        self.http = app.test_client()
        self.somebody = somebody
        csrf = identity.csrf_value(parts.keyring, somebody.tokens.session_id)
        self.csrf = csrf
        self.http.set_cookie("hub_access", somebody.tokens.access_token)
        self.http.set_cookie("hub_refresh", somebody.tokens.refresh_token)
        self.http.set_cookie("hub_csrf", csrf)

    def ask(self, asked):
        """Go to the authorization endpoint."""
        return self.http.get("/oauth/authorize", query_string=asked)

    def answer(self, page, decision="allow", **changed):
        """Press a button of the page that asks."""
        form = fields_of(page) | {"decision": decision} | changed
        return self.http.post("/oauth/authorize", data=form)

    def allow(self, asked):
        """The whole way; the parameters that the app gets."""
        page = self.ask(asked)
        gone = self.answer(page) if page.status_code == 200 else page
        return landed(gone)


def fields_of(page):
    """The hidden fields of a page's form."""
    assert page.status_code == 200, page.text
    found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page.text)
    return {name: html.unescape(value) for name, value in found}


def landed(answer):
    """What an app is told at its redirect URI."""
    assert answer.status_code == 303, answer.text
    address = urlsplit(answer.headers["Location"])
    found = dict(parse_qsl(address.query))
    assert len(found) == len(parse_qs(address.query))
    return found


@pytest.fixture
def register(app, parts):
    """Registers partners' clients: ``register("public", redirect_uris=[...])``."""

    def make(kind="confidential", **more):
        method = "none" if kind == "public" else "client_secret_basic"
        given = {
            "kind": kind,
            "names": {"en": "Route planner", "ru": "Планировщик"},
            "organisation": "Songhua Maps (synthetic)",
            "purpose": {"en": "To show your stops in the planner."},
            "scopes": ("partner.client:read",) if kind == "service" else SCOPES,
            "auth_method": method,
            "redirect_uris": () if kind == "service" else (CALLBACK,),
            **more,
        }
        made = parts.database.run(lambda work: identity.register_client(work, **given), SYSTEM)
        return App(made.client, made.secret, app.test_client())

    return make


@pytest.fixture
def planner(register):
    """A partner's web app that can keep a secret."""
    return register()


@pytest.fixture
def phone_app(register):
    """A partner's app on telephones, which cannot."""
    return register(
        "public", redirect_uris=("http://127.0.0.1/callback", "com.example.planner:/callback")
    )


@pytest.fixture
def service(register):
    """A partner's service that acts in its own name."""
    return register("service")


@pytest.fixture
def browser(app, parts, city):
    """Li in her browser."""
    return Browser(app, parts, city.citizen("li"))


@pytest.fixture
def browser_of(app, parts, city):
    return lambda name: Browser(app, parts, city.citizen(name))


@pytest.fixture
def given(planner, browser):
    """Tokens that Li gave the planner."""
    asked, verifier = planner.question()
    return planner.redeem(browser.allow(asked)["code"], verifier).json


@pytest.fixture
def issuer_of(app):
    def make():
        with app.app_context():
            return web_tokens.issuer()

    return make


def status(client, token, path="/v1/me"):
    return client.get(path, headers={"Authorization": f"Bearer {token}"}).status_code


def address(asked):
    return "/oauth/authorize?" + urlencode(asked)
