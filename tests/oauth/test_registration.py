"""Registering clients: with an initial token, by the city's command, for the demonstration."""

import json
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric import ec

from hub import oauth
from hub.kernel.work import SYSTEM
from hub.keys import jwk_of
from hub.local.demo import partners
from hub.oauth.commands import clients

from .conftest import App

SAID = {
    "client_name": "Night bus finder",
    "redirect_uris": ["https://night.example/callback"],
    "scope": "openid traffic.favourite:read",
    "hub_purpose": "To find a bus home.",
}


@pytest.fixture
def token(db):
    return db.run(
        lambda work: oauth.new_initial_token(work, organisation="Night (synthetic)", uses=3), SYSTEM
    )


@pytest.fixture
def apply(client, token):
    def send(with_token=token, **changed):
        body = {name: value for name, value in (SAID | changed).items() if value is not None}
        headers = {"Authorization": f"Bearer {with_token}"} if with_token else {}
        return client.post("/oauth/register", json=body, headers=headers)

    return send


def test_an_organisation_registers_its_app_and_uses_it_at_once(app, apply, browser, parts):
    made = apply()

    assert made.status_code == 201
    assert made.headers["Cache-Control"] == "no-store"
    told = made.json
    assert told["client_secret_expires_at"] == 0
    with app.app_context():
        from hub.web import clients as known

        registered = known(parts).find(told["client_id"])
    mine = App(registered, told["client_secret"], app.test_client())
    asked, verifier = mine.question(scope="traffic.favourite:read")
    page = browser.ask(asked)
    assert "Night (synthetic)" in page.text
    assert "To find a bus home." in page.text
    code = browser.allow(asked)["code"]
    assert mine.redeem(code, verifier).status_code == 200


def test_a_service_with_a_key(apply, app):
    public = jwk_of(ec.generate_private_key(ec.SECP256R1()).public_key())

    made = apply(
        redirect_uris=None,
        grant_types=["client_credentials"],
        token_endpoint_auth_method="private_key_jwt",
        scope="partner.client:read",
        jwks={"keys": [{**public, "kid": "a", "more": "\u0000"}], "more": 1},
    )

    assert made.status_code == 201
    assert "client_secret" not in made.json
    assert made.json["jwks"] == {"keys": [{**public, "kid": "a"}]}


@pytest.mark.parametrize("given", [None, "", "x", "x" * 9000])
def test_without_the_citys_token_nothing_is_registered(apply, given):
    refused = apply(with_token=given)

    assert (refused.status_code, refused.json["type"]) == (401, "/problems/initial-token-refused")


def test_a_token_is_good_so_often_and_so_long(apply, token, clock):
    assert apply(scope="nonsense").status_code == 400  # costs nothing
    assert [apply().status_code for _ in range(4)] == [201, 201, 201, 401]


def test_a_token_is_over_after_a_month(apply, clock):
    clock.move(days=30, seconds=1)

    assert apply().status_code == 401


def test_racing_uses_are_counted(app, token):
    def send(_):
        headers = {"Authorization": f"Bearer {token}"}
        return app.test_client().post("/oauth/register", json=SAID, headers=headers).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(send, range(8)))

    assert statuses == [201] * 3 + [401] * 5


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"client_name": None}, "invalid_client_metadata"),
        ({"client_name": ""}, "invalid_client_metadata"),
        ({"client_name": "a\nb"}, "invalid_client_metadata"),
        ({"client_name": "x" * 81}, "invalid_client_metadata"),
        ({"client_name": 5}, "invalid_client_metadata"),
        ({"hub_purpose": None}, "invalid_client_metadata"),
        ({"hub_purpose": "x" * 301}, "invalid_client_metadata"),
        ({"scope": None}, "invalid_client_metadata"),
        ({"scope": "citizen.session:manage"}, "invalid_client_metadata"),
        ({"scope": "openid citizen.profile:read"}, "invalid_client_metadata"),
        ({"hub_purpose": " "}, "invalid_client_metadata"),
        ({"scope": "partner.client:read"}, "invalid_client_metadata"),
        ({"grant_types": ["implicit"]}, "invalid_client_metadata"),
        ({"grant_types": []}, "invalid_client_metadata"),
        ({"grant_types": ["password", "authorization_code"]}, "invalid_client_metadata"),
        ({"response_types": ["token"]}, "invalid_client_metadata"),
        ({"token_endpoint_auth_method": "tls_client_auth"}, "invalid_client_metadata"),
        ({"token_endpoint_auth_method": "private_key_jwt"}, "invalid_client_metadata"),
        ({"jwks_uri": "http://169.254.169.254/"}, "invalid_client_metadata"),
        ({"subject_type": "public"}, "invalid_client_metadata"),
        ({"redirect_uris": ["http://night.example/"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["javascript:alert(1)"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://night.example/#x"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://night.example/a\u0007"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://night.example/"] * 11}, "invalid_redirect_uri"),
        ({"redirect_uris": []}, "invalid_client_metadata"),
        ({"redirect_uris": "https://night.example/"}, "invalid_client_metadata"),
    ],
)
def test_what_cannot_be_registered(apply, changed, error):
    refused = apply(**changed)

    assert (refused.status_code, refused.json["error"]) == (400, error)


def test_the_city_registers_suspends_and_resumes_by_command(app, settings, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    run = CliRunner().invoke

    made = run(
        clients,
        ["register", "--kind", "service", "--name", "en=Counter", "--organisation", "Bridge office",
         "--purpose", "en=To count.", "--scope", "partner.client:read"],
    )  # fmt: skip
    assert made.exit_code == 0, made.output
    client_id, secret = (line.split()[1] for line in made.output.splitlines())
    counter = {"grant_type": "client_credentials", "client_id": client_id}
    assert secret

    assert "is suspended" in run(clients, ["suspend", client_id]).output
    assert client_id in run(clients, ["list"]).output
    assert "is active" in run(clients, ["resume", client_id]).output
    assert run(clients, ["suspend", "client_x"]).exit_code == 1
    wrong = run(
        clients,
        ["register", "--kind", "public", "--name", "Counter", "--organisation", "x",
         "--purpose", "en=x", "--scope", "openid"],
    )  # fmt: skip
    assert wrong.exit_code == 1
    assert counter["client_id"].startswith("client_")
    assert len(run(clients, ["initial-token", "--organisation", "x"]).output.strip()) == 43


def test_the_demonstration_has_a_client_of_each_kind(app, parts, db):
    path = parts.settings.home / partners.CLIENTS
    partners.settle(parts)
    first = json.loads(path.read_text())
    partners.settle(parts)

    assert json.loads(path.read_text()) == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    found = partners.credentials("http://localhost:8000", parts.settings.home)
    assert found["issuer"] == "http://localhost:8000"
    assert set(found["clients"]) == {"confidential", "public", "service", "private_key_jwt"}
    assert "client_secret" not in found["clients"]["public"]
    assert "d" in found["clients"]["private_key_jwt"]["private_jwk"]
    assert found["clients"]["service"]["client_id"] in partners.told(found)
    http, service = app.test_client(), found["clients"]["service"]
    answer = http.post(
        "/oauth/token",
        data={"grant_type": "client_credentials"},
        auth=(service["client_id"], service["client_secret"]),
    )
    assert answer.status_code == 200
    token = found["registration"]["initial_access_token"]
    made = http.post(
        "/oauth/register",
        json={**SAID, "redirect_uris": ["http://localhost:3000/cb"]},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert made.status_code == 201  # loopback addresses, in a demonstration only


def test_a_hub_without_a_demonstration_prints_no_partners(tmp_path):
    assert partners.credentials("http://localhost:8000", tmp_path) == {}
    assert partners.told({}) == ""
