"""Clients that others wrote, through a real socket: Authlib's, and npm's openid-client and
oauth4webapi (tests/clients)."""

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from werkzeug.serving import make_server

from blueprints import SECTORS
from hub.app import create_app
from hub.local.demo import partners
from hub.parts import build_parts
from tests.city import City

from .conftest import Browser, landed

CLIENTS = Path(__file__).resolve().parents[1] / "clients"
PATIENCE_SECONDS = 120


@pytest.fixture(scope="module")
def live(settings, parts) -> Iterator:
    """The hub of these tests at an address of its own, with clients of each kind."""
    server = make_server("127.0.0.1", 0, lambda *_: [], threaded=True)
    own = replace(settings, port=server.server_port)
    built = build_parts(own, application="hub-third-party", pool_size=8)
    app = create_app(own, SECTORS, parts=built)
    server.app = app
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield app, built
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        built.watch.stop()
        built.database.dispose()


@pytest.fixture(scope="module")
def known(live):
    """The sample partners of a demonstration, as `demo credentials --json` has them."""
    _, built = live
    partners.settle(built)
    return partners.credentials(built.settings.public_url, built.settings.home)


@pytest.fixture
def person(live):
    app, built = live
    return Browser(app, built, City(app, built).citizen("Li Na (synthetic)"))


@pytest.fixture(scope="module")
def node():
    """npm's clients; without Node these tests are skipped with a sentence, and fail in CI."""
    if shutil.which("node") is None or not (CLIENTS / "node_modules").exists():
        said = "npm's clients are not installed: run `npm ci` in tests/clients (needs Node 20)."
        if os.environ.get("CI") == "true":
            pytest.fail(said)
        pytest.skip(said)
    return shutil.which("node")


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("openid_client.mjs", "openid-client: every flow"),
        ("oauth4webapi.mjs", "oauth4webapi: every answer by the letter"),
    ],
)
def test_npm_clients_pass_every_flow(node, known, person, script, said):
    tokens = person.somebody.tokens
    given = {
        "issuer": known["issuer"],
        **known["clients"],
        "initial_access_token": known["registration"]["initial_access_token"],
        "redirect_uri": "http://127.0.0.1/callback",
        "cookies": f"hub_access={tokens.access_token}; hub_refresh={tokens.refresh_token};"
        f" hub_csrf={person.csrf}",
        "csrf": person.csrf,
        "name": "Li Na (synthetic)",
    }

    told = subprocess.run(
        [node, script],
        cwd=CLIENTS,
        env={"PATH": os.environ["PATH"], "HUB_CLIENTS": json.dumps(given)},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )

    assert (told.returncode, told.stdout.strip()) == (0, said), told.stderr


def test_authlibs_client_passes_the_code_flow(known, person):
    from authlib.integrations.requests_client import OAuth2Session

    url, client = known["issuer"], known["clients"]["confidential"]
    session = OAuth2Session(
        client["client_id"],
        client["client_secret"],
        scope="openid profile citizen.profile:read",
        redirect_uri="http://127.0.0.1/callback",
        code_challenge_method="S256",
        token_endpoint=f"{url}/oauth/token",
    )
    verifier = "v" * 64
    address, state = session.create_authorization_url(
        f"{url}/oauth/authorize", code_verifier=verifier
    )
    page = person.http.get(f"/oauth/authorize?{urlsplit(address).query}")
    gone = person.answer(page) if page.status_code == 200 else page
    assert landed(gone)["state"] == state

    session.fetch_token(
        authorization_response=gone.headers["Location"], code_verifier=verifier, state=state
    )

    assert session.get(f"{url}/v1/me").json()["display_name"] == "Li Na (synthetic)"
    first = session.token["refresh_token"]
    assert session.refresh_token(f"{url}/oauth/token")["refresh_token"] != first
    looked = session.introspect_token(f"{url}/oauth/introspect", session.token["access_token"])
    assert looked.json()["active"]
    session.revoke_token(f"{url}/oauth/revoke", session.token["refresh_token"])
    assert session.get(f"{url}/v1/me").status_code == 401


def test_authlibs_client_proves_itself_by_its_key(live, known):
    from authlib.integrations.requests_client import OAuth2Session
    from authlib.oauth2.rfc7523 import PrivateKeyJWT
    from joserfc.jwk import ECKey

    url, client = known["issuer"], known["clients"]["private_key_jwt"]
    session = OAuth2Session(
        client["client_id"],
        ECKey.import_key(client["private_jwk"]),
        token_endpoint_auth_method=PrivateKeyJWT(f"{url}/oauth/token", alg="ES256"),
    )

    token = session.fetch_token(f"{url}/oauth/token", grant_type="client_credentials")

    assert session.get(f"{url}/v1/partners/client").json()["client_id"] == client["client_id"]
    assert token["scope"] == "partner.client:read"
