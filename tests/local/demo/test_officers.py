"""The demo city has an officer for each role, and programs can sign in as one of them."""

import json
from uuid import uuid4

import pyotp
from click.testing import CliRunner

from hub.cli import main
from hub.local.demo import officers
from hub.web import scopes_of


def test_there_is_an_officer_of_each_role_who_goes_on_duty(
    app, client, parts, settings, monkeypatch
):
    roles = scopes_of(parts).roles
    monkeypatch.setenv("HUB_HOME", str(settings.home))
    monkeypatch.setenv("HUB_DEMO", "1")
    assert officers.settle(parts, roles) == len(roles)
    assert officers.settle(parts, roles) == 0  # twice is harmless
    kept = settings.home / officers.KEYS
    assert {path.stat().st_mode & 0o777 for path in kept.iterdir()} == {0o600}

    told = json.loads(CliRunner().invoke(main, ["demo", "credentials", "--json"]).output)

    assert {one["role"] for one in told["officers"]} == set(roles)
    assert all(one["synthetic"] for one in told["officers"])
    for one in told["officers"]:
        with_password = {"channel": "email", "address": one["email"], "password": one["password"]}
        asked = post(client, "/v1/sign-in/passwords", with_password).json
        code = pyotp.TOTP(one["totp_secret"]).at(parts.database.clock())
        entry = {"login": asked["login"], "code": code}
        signed_in = post(client, "/v1/sign-in/second-factors", entry).json
        bearer = {"Authorization": f"Bearer {signed_in['access_token']}"}
        begun = post(client, "/v1/officers/duties", {}, bearer)
        assert set(begun.json["scope"].split()) == roles[one["role"]] | {"identity.desk:use"}


def post(client, path, body, headers=None):
    return client.post(path, json=body, headers={"Idempotency-Key": uuid4().hex, **(headers or {})})
