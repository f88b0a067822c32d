"""Back-channel logout: an app's server hears that somebody is signed out."""

import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs
from uuid import uuid4

import jwt
import pytest

from hub.identity import GrantEnded
from hub.kernel import ids
from hub.kernel.outbound import NameNotFound, NoWay, is_public, resolve
from hub.oauth import LogoutNotHeard, logout_gateway, tell_client, usable_logout

from .conftest import status
from .test_openid import verified
from .test_registration import apply, token  # noqa: F401 (fixtures)

EVENT = "http://schemas.openid.net/event/backchannel-logout"


class Partner(ThreadingHTTPServer):
    """A partner's server: keeps the tokens that it hears, and answers as it was told to."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Heard)
        self.heard, self.status, self.over = [], 200, threading.Event()

    @property
    def uri(self):
        return f"http://127.0.0.1:{self.server_port}/logout"


class Heard(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.heard.append((self.path, self.headers["Host"], parse_qs(body)))
        if self.server.status == "dripping":
            self.drip()
            return
        self.send_response(self.server.status)
        if self.server.status == 302:
            self.send_header("Location", "/elsewhere")
        self.end_headers()

    def drip(self):
        """A header without an end, far below any limit of a single read."""
        with suppress(OSError):  # until the other side has had enough
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while not self.server.over.wait(0.05):
                self.wfile.write(b"x")

    do_GET = do_POST  # noqa: N815 (what a redirect would become)

    def log_message(self, *_):
        pass


@pytest.fixture
def partner():
    with Partner() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.over.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def planner(register, partner):
    return register(logout_uri=partner.uri)


@pytest.fixture
def mine(browser):
    return {"Authorization": f"Bearer {browser.somebody.tokens.access_token}"}


def test_a_withdrawn_consent_is_told_once(client, planner, partner, given, mine, outbox, settings):
    signed_in = verified(client, given["id_token"], planner.id)
    for one in client.get("/v1/me/consents", headers=mine).json["items"]:
        client.delete(f"/v1/me/consents/{one['id']}", headers=mine)
    outbox.deliver()
    outbox.deliver()

    [(path, host, form)] = partner.heard
    claims = verified(client, form["logout_token"][0], planner.id)

    assert (path, host) == ("/logout", f"127.0.0.1:{partner.server_port}")
    assert form.keys() == {"logout_token"}
    assert jwt.get_unverified_header(form["logout_token"][0])["typ"] == "logout+jwt"
    assert claims["events"] == {EVENT: {}}
    assert (claims["sub"], claims["sid"]) == (signed_in["sub"], signed_in["sid"])
    assert (claims["iss"], claims["exp"] - claims["iat"]) == (settings.public_url, 120)
    assert claims["jti"]
    assert "nonce" not in claims


def test_signing_out_of_the_hub_is_told(client, planner, partner, given, mine, outbox):
    assert client.post("/v1/sign-out", headers=mine).status_code in {200, 204}
    outbox.deliver()

    assert len(partner.heard) == 1


def test_a_logout_token_opens_nothing(client, planner, partner, given, mine, outbox):
    client.delete(f"/v1/me/apps/{planner.id}", headers=mine)
    outbox.deliver()
    [(_, _, form)] = partner.heard
    heard = form["logout_token"][0]

    assert status(client, heard) == 401
    assert planner.introspect(heard) == {"active": False}


def test_who_ends_it_itself_is_told_nothing(client, planner, partner, given, outbox):
    assert planner.revoke(given["refresh_token"]).status_code == 200
    outbox.deliver()

    assert partner.heard == []


def test_a_client_without_an_address_is_told_nothing(
    register, browser, mine, client, outbox, monkeypatch
):
    sent = []
    monkeypatch.setattr(logout_gateway, "post", lambda *to, **_: sent.append(to))
    silent = register()
    asked, verifier = silent.question()
    silent.redeem(browser.allow(asked)["code"], verifier)
    client.delete(f"/v1/me/apps/{silent.id}", headers=mine)

    assert outbox.deliver() > 0
    assert sent == []


@pytest.mark.parametrize("answer", [500, 503, 429])
def test_a_server_that_is_away_is_told_again(client, planner, partner, given, mine, outbox, answer):
    partner.status = answer
    client.delete(f"/v1/me/apps/{planner.id}", headers=mine)

    with pytest.raises(LogoutNotHeard):
        outbox.deliver()


def test_a_server_that_answers_letter_by_letter_holds_nobody_up(
    client, planner, partner, given, mine, outbox, monkeypatch
):
    partner.status = "dripping"
    monkeypatch.setattr(logout_gateway, "WHOLE_S", 0.5)
    client.delete(f"/v1/me/apps/{planner.id}", headers=mine)

    with pytest.raises(LogoutNotHeard) as refusal:
        outbox.deliver()

    assert str(refusal.value.__cause__) == "TimeoutError"


@pytest.mark.parametrize("answer", [302, 400, 404])
def test_a_server_that_says_no_is_left_alone_and_nothing_is_followed(
    client, planner, partner, given, mine, outbox, answer
):
    partner.status = answer
    client.delete(f"/v1/me/apps/{planner.id}", headers=mine)
    outbox.deliver()

    assert [path for path, _, _ in partner.heard] == ["/logout"]


def test_outside_the_demonstration_nobody_reaches_this_machine(
    planner, partner, given, parts, settings
):
    """What was registered is one thing; where it leads is looked at each time."""
    claims = jwt.decode(given["id_token"], options={"verify_signature": False})
    ended = GrantEnded(
        person_id=uuid4(),
        grant_id=ids.read("grant", claims["sid"]),
        client_id=planner.id,
        reason="signed_out",
    )
    for demo in (False, True):
        tell_client(
            parts.database, parts.keyring, ended, url=settings.public_url, loopback_web=demo
        )
        assert len(partner.heard) == int(demo)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.8", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
        "224.0.0.1", "233.252.0.1", "::1", "fe80::1", "fd00::1", "::ffff:127.0.0.1",
        "64:ff9b::7f00:1", "2002:7f00:1::1", "ff0e::1",
    ],
)  # fmt: skip
def test_special_use_addresses_are_none(address):
    with pytest.raises(NoWay, match="special-use"):
        resolve(address, 443)


@pytest.mark.parametrize("uri", ["https://xn--a.example/x", "https://xn--strae-oqa.de/x"])
def test_an_international_name_is_looked_up_as_it_is_written(monkeypatch, uri):
    looked_up = []

    def nobody(host, port, *, allowed):
        looked_up.append(host)
        raise NameNotFound("name not found")

    monkeypatch.setattr(logout_gateway, "resolve", nobody)
    with pytest.raises(logout_gateway.NotTaken) as refusal:
        logout_gateway.post(uri, "token", allowed=is_public)

    assert refusal.value.again
    assert looked_up == [uri.split("/")[2]]


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1"])
def test_public_addresses_are(address):
    assert resolve(address, 443) == address


@pytest.mark.parametrize("name", ["a" * 70 + ".example", ""])
def test_a_name_that_is_none(name):
    with pytest.raises(NoWay):
        resolve(name, 443)


@pytest.mark.parametrize(
    ("uri", "anywhere", "in_demo"),
    [
        ("https://planner.example/logout", True, True),
        ("http://planner.example/logout", False, False),
        ("http://127.0.0.1:8090/logout", False, True),
        ("http://localhost:8090/logout", False, True),
        ("https://a@planner.example/logout", False, False),
        ("https://planner.example/logout#x", False, False),
        ("com.example.planner:/logout", False, False),
        ("file:///etc/passwd", False, False),
        ("https://" + "a" * 600, False, False),
        ("", False, False),
    ],
)
def test_what_may_be_registered(uri, anywhere, in_demo):
    assert usable_logout(uri) == anywhere
    assert usable_logout(uri, loopback_web=True) == in_demo


def test_an_app_registers_its_address(apply):  # noqa: F811
    made = apply(backchannel_logout_uri="https://night.example/logout").json

    assert made["backchannel_logout_uri"] == "https://night.example/logout"
    assert made["backchannel_logout_session_required"] is True


def test_and_no_other(apply):  # noqa: F811
    refused = apply(backchannel_logout_uri="http://169.254.169.254/latest")

    assert (refused.status_code, refused.json["error"]) == (400, "invalid_client_metadata")


def test_the_metadata_offers_it(client):
    told = client.get("/.well-known/openid-configuration").json

    assert told["backchannel_logout_supported"] is True
    assert told["backchannel_logout_session_supported"] is True
