"""The sample kiosk's printed key works at the API."""

import json
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from hub import identity
from hub.identity import es256
from hub.kernel.work import SYSTEM
from hub.local.demo import kiosk
from tests.api.conftest import Phone


@pytest.fixture
def told(parts, tmp_path):
    """What the command prints, after settling twice."""
    here = replace(parts, settings=replace(parts.settings, home=tmp_path))
    assert kiosk.credentials("http://localhost", tmp_path) == {}
    kiosk.settle(here)
    kiosk.settle(here)
    (found,) = kiosk.credentials("http://localhost", tmp_path)["kiosks"]
    return found


def test_it_is_enrolled_once_and_its_key_is_its_owners_alone(parts, told, tmp_path):
    found = parts.database.run(identity.all_devices, SYSTEM)

    assert [one.kid for one in found].count(told["private_jwk"]["kid"]) == 1
    assert (tmp_path / kiosk.KEY).stat().st_mode & 0o777 == 0o600


def test_a_senior_offers_a_mandate_there(app, parts, city, told):
    senior, phone = city.citizen("senior"), Phone(app, parts)
    login = phone.ask(senior.phone).json["login"]
    until = parts.database.clock() + timedelta(days=7)
    body = {
        "login": login,
        "login_code": phone.code(senior.phone),
        "scopes": ["traffic.favourite:read"],
        "until": until.isoformat(),
    }
    jwk, sent, path = told["private_jwk"], json.dumps(body).encode(), "/v1/kiosk/mandates"
    key = ec.derive_private_key(int.from_bytes(es256.from_base64url(jwk["d"])), ec.SECP256R1())
    signature = identity.sign_request(
        key, jwk["kid"], sent, method="POST", target=path, now=parts.database.clock()
    )

    answer = app.test_client().post(
        path,
        data=sent,
        content_type="application/json",
        headers={told["signature"]: signature, "Idempotency-Key": uuid4().hex},
    )

    assert told["offer"]["url"].endswith(path)
    assert (answer.status_code, len(answer.json["code"])) == (201, 12)
