"""Devices that sign what they send."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask
from jwt.api_jws import PyJWS

from hub import identity
from hub.identity import es256
from hub.kernel import ids
from hub.kernel.work import SYSTEM
from hub.keys import jwk_of
from hub.web import Blueprint, problems, request, signed, tokens, transaction
from hub.web.openapi import Api

PATH = "/gate/reports"
BODY = b'{"open": true}'


@pytest.fixture(scope="module")
def gatehouse(parts):
    """A little application that takes signed reports."""
    bp = Blueprint("gate", __name__)

    @bp.post(PATH)
    @signed("gate.report:send")
    @transaction()
    @bp.response(204)
    def report(work):
        assert work.actor.kind == "device"

    app = Flask("gate")
    request.install(app, parts)
    tokens.install(app, parts)
    problems.register(app)
    Api(app).register_blueprint(bp)
    return app


@pytest.fixture
def gate(city):
    return city.device("gate", ["gate.report:send"])


def send(app, signature, body=BODY, path=PATH):
    return app.test_client().post(path, data=body, headers={"X-JWS-Signature": signature})


def signature(gate, db, *, body=BODY, key=None, moved=0, **header):
    """The gate's signature with something different in its protected header."""
    protected = {
        "alg": "ES256",
        "kid": gate.kid,
        "b64": False,
        "crit": ["b64"],
        "iat": int(db.clock().timestamp()) + moved,
        "htm": "POST",
        "htu": PATH,
        **header,
    }
    protected = {name: value for name, value in protected.items() if value is not ...}
    segment = es256.base64url(json.dumps(protected).encode())
    raw = es256.sign(key or gate.key, segment.encode() + b"." + body)
    return f"{segment}..{es256.base64url(raw)}"


def test_a_signed_report_is_taken(gatehouse, gate, db):
    assert (
        send(gatehouse, gate.headers(BODY, PATH, now=db.clock())["X-JWS-Signature"]).status_code
        == 204
    )
    assert send(gatehouse, signature(gate, db)).status_code == 204
    assert send(gatehouse, signature(gate, db, body=b""), b"").status_code == 204
    asked = signature(gate, db, htu=f"{PATH}?gate=3")
    assert send(gatehouse, asked, path=f"{PATH}?gate=3").status_code == 204


def test_other_libraries_sign_for_us(gatehouse, gate, db):
    header = {
        "kid": gate.kid, "b64": False, "crit": ["b64"],
        "iat": int(db.clock().timestamp()), "htm": "POST", "htu": PATH,
    }  # fmt: skip
    made = PyJWS().encode(BODY, gate.key, "ES256", header, is_payload_detached=True)

    assert send(gatehouse, made).status_code == 204


def test_signatures_that_are_none(gatehouse, gate, db):
    good = signature(gate, db)
    foreign = ec.generate_private_key(ec.SECP256R1())
    refused = [
        "",
        "x",
        "..",
        good[:-2],
        good + "A",
        good + "=",
        good.replace("..", "."),
        good.replace("..", f".{es256.base64url(BODY)}."),
        "x" * 10**4,
        "\u00e9.." + good.partition("..")[2],
        signature(gate, db, key=foreign),
        signature(gate, db, body=BODY + b" "),
        signature(gate, db, alg="none"),
        signature(gate, db, alg="HS256"),
        signature(gate, db, alg=...),
        signature(gate, db, kid="unknown"),
        signature(gate, db, kid=...),
        signature(gate, db, b64=True),
        signature(gate, db, b64=...),
        signature(gate, db, crit=[]),
        signature(gate, db, crit=...),
        signature(gate, db, crit=["b64", "exp"]),
        signature(gate, db, htm="PUT"),
        signature(gate, db, htu="/gate/others"),
        signature(gate, db, htu=f"{PATH}?gate=3"),
        signature(gate, db, moved=-302),
        signature(gate, db, moved=302),
        signature(gate, db, iat="now"),
        signature(gate, db, iat=10**30),
        signature(gate, db, jwk=jwk_of(foreign.public_key())),
        signature(gate, db, jku="https://evil.example/keys"),
    ]

    assert [send(gatehouse, each).status_code for each in refused] == [401] * len(refused)


def test_a_device_has_its_scopes_and_no_other(gatehouse, city, db):
    other = city.device("kiosk", ["kiosk.screen:show"])

    refused = send(gatehouse, signature(other, db))

    assert (refused.status_code, refused.json["scope"]) == (403, "gate.report:send")


def test_a_revoked_device_is_refused_at_once(gatehouse, gate, db):
    assert send(gatehouse, signature(gate, db)).status_code == 204
    mine = next(d for d in db.run(identity.all_devices, SYSTEM) if d.kid == gate.kid)

    for _ in range(2):
        db.run(lambda work: identity.revoke_device(work, ids.read("device", mine.id)), SYSTEM)

    assert send(gatehouse, signature(gate, db)).status_code == 401


def test_one_key_one_device(gate, db):
    with pytest.raises(identity.KeyEnrolled):
        db.run(lambda work: enrol(work, jwk_of(gate.key.public_key())), SYSTEM)


@pytest.mark.parametrize(
    "change",
    [
        {"kty": "RSA"},
        {"crv": "P-384"},
        {"d": "secret"},
        {"x": 5},
        {"x": "!!"},
        {"x": "AAAA"},
        {"y": "A" * 43},
    ],
)
def test_keys_that_cannot_be_enrolled(db, change):
    jwk = jwk_of(ec.generate_private_key(ec.SECP256R1()).public_key()) | change

    with pytest.raises(identity.KeyNotUsable):
        db.run(lambda work: enrol(work, jwk), SYSTEM)


def enrol(work, jwk):
    return identity.enrol_device(work, kind="gate", name="Gate", public_jwk=jwk, scopes=["x"])
