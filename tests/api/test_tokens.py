"""What passes for an access token, and what does not."""

import base64
import hashlib
import hmac
import json
import time
from datetime import timedelta

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from flask_jwt_extended import get_jwt, jwt_required
from flask_jwt_extended.exceptions import RevokedTokenError
from sqlalchemy import text

from hub import identity, keys
from hub.identity import es256
from hub.kernel import changes
from hub.kernel.changes import announce
from hub.kernel.work import SYSTEM, Actor
from hub.keys import jwk_of
from hub.parts import build_parts
from hub.web.tokens import principal_of

SOME_CLIENT = "client_06f0k3m9s8d2z7h5q1w4e6r8ty"


@pytest.fixture
def li(city):
    return city.citizen("li")


def claims_of(token):
    return jwt.decode(token, options={"verify_signature": False})


def status(client, token, scheme="Bearer"):
    return client.get("/v1/me", headers={"Authorization": f"{scheme} {token}"}).status_code


def test_a_token_is_an_rfc_9068_one(client, li, parts, settings):
    token = li.tokens.access_token
    key = parts.keyring.signing_key()

    header, claims = jwt.get_unverified_header(token), claims_of(token)

    assert header == {"alg": "ES256", "kid": key.kid, "typ": "at+jwt"}
    assert claims["iss"] == claims["aud"] == settings.public_url
    assert claims["exp"] - claims["iat"] == 600
    assert claims["sub"] == li.id
    assert {"client_id", "scope", "sid", "jti", "acr", "amr", "auth_time", "type"} <= claims.keys()
    assert jwt.decode(token, key.public, algorithms=["ES256"], audience=claims["aud"]) == claims


def test_the_published_keys_verify_our_tokens(client, li):
    published = client.get("/.well-known/jwks.json")
    keys = jwt.PyJWKSet.from_dict(published.json)
    kid = jwt.get_unverified_header(li.tokens.access_token)["kid"]

    assert jwt.decode(
        li.tokens.access_token, keys[kid], audience=claims_of(li.tokens.access_token)["aud"]
    )
    assert all("d" not in key for key in published.json["keys"])
    unchanged = client.get(
        "/.well-known/jwks.json", headers={"If-None-Match": published.headers["ETag"]}
    )
    assert unchanged.status_code == 304


def forged(li, parts, *, header=None, claims=None, key=None, without=()):
    """A token like Li's with something different about it, signed by our key unless told."""
    ours = parts.keyring.signing_key()
    head = {"alg": "ES256", "kid": ours.kid, "typ": "at+jwt", **(header or {})}
    body = {**claims_of(li.tokens.access_token), **(claims or {})}
    for name in without:
        body.pop(name)
    return jwt.encode(
        body, key or ours.private, algorithm=head["alg"], headers=head, sort_headers=False
    )


def test_what_our_own_key_signed_as_something_else_does_not_pass(client, li, parts):
    for header in (
        {"typ": "JWT"},
        {"typ": "id+jwt"},
        {"typ": "AT+JWT"},
        {"jwk": jwk_of(parts.keyring.signing_key().public)},
        {"jku": "https://evil.example/jwks.json"},
        {"x5u": "https://evil.example/cert"},
        {"crit": ["exp"]},
        {"kid": "unknown"},
        {"kid": ""},
    ):
        assert status(client, forged(li, parts, header=header)) == 401, header


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://elsewhere.example"},
        {"aud": "partner"},
        {"aud": ["http://localhost:8000", "partner"]},
        {"exp": 1},
        {"exp": "never"},
        {"exp": 10**30},
        {"iat": 4 * 10**9},
        {"type": "refresh"},
        {"type": None},
        {"sid": "session_x"},
        {"sid": "person_00000000000000000000000000"},
        {"sid": 5},
        {"scope": ["citizen.profile:read"]},
        {"scope": ""},
    ],
)
def test_wrong_claims_under_the_right_signature(client, li, parts, claims):
    token = resigned(li, parts, claims)

    assert status(client, token) == (403 if claims == {"scope": ""} else 401)


def resigned(li, parts, claims=None, without=()):
    """Li's token with other claims, under exactly our own header and a signature of our key."""
    header = li.tokens.access_token.split(".")[0]
    body = {**claims_of(li.tokens.access_token), **(claims or {})}
    for name in without:
        del body[name]
    segment = base64.urlsafe_b64encode(json.dumps(body).encode()).rstrip(b"=").decode()
    signed = f"{header}.{segment}"
    signature = es256.sign(parts.keyring.signing_key().private, signed.encode())
    return f"{signed}.{es256.base64url(signature)}"


def test_our_own_signature_over_the_same_claims_passes(client, li, parts):
    assert status(client, resigned(li, parts)) == 200


@pytest.mark.parametrize("name", ["iss", "aud", "sub", "sid", "exp", "iat", "type", "scope", "acr"])
def test_no_claim_may_be_missing(client, li, parts, name):
    assert status(client, resigned(li, parts, without=[name])) == 401


def test_an_id_token_is_no_access_token(client, li, parts):
    """Same key, same issuer, same person; another typ and no type."""
    id_token = forged(
        li,
        parts,
        header={"typ": "JWT"},
        claims={"nonce": "n", "aud": "city-app"},
        without=["type", "scope"],
    )

    assert status(client, id_token) == 401


def test_foreign_keys_and_no_keys(client, li, parts):
    token, kid = li.tokens.access_token, parts.keyring.signing_key().kid
    foreign = ec.generate_private_key(ec.SECP256R1())
    rsa_key = rsa.generate_private_key(65537, 2048)
    pem = parts.keyring.signing_key().public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    head = {"kid": kid, "typ": "at+jwt"}
    header, payload, signature = token.split(".")
    none = (
        base64.urlsafe_b64encode(json.dumps({"alg": "none", **head}).encode()).rstrip(b"=").decode()
    )
    hs256 = (
        base64.urlsafe_b64encode(json.dumps({"alg": "HS256", **head}).encode())
        .rstrip(b"=")
        .decode()
    )
    confused = hmac.digest(pem, f"{hs256}.{payload}".encode(), hashlib.sha256)
    forgeries = [
        forged(li, parts, key=foreign),
        forged(li, parts, key=rsa_key, header={"alg": "RS256"}),
        f"{none}.{payload}.",
        f"{none}.{payload}.{signature}",
        f"{hs256}.{payload}.{base64.urlsafe_b64encode(confused).rstrip(b'=').decode()}",
        f"{header}.{payload}.",
        f"{header}.{payload}.{signature[:-4]}",
        f"{header}.{payload}.{signature}AAAA",
        f"{header}.{payload}.{'A' * 86}",
        f"{header}.{payload}=.{signature}",
        f"{header}..{signature}",
        f"{header}.{payload}.{signature}.{signature}",
        token[:-2] + ("AA" if token[-2:] != "AA" else "BB"),
        token.replace(".", ""),
        "." * 5000,
        "x" * 10**5,
        "\u00e9.\u00e9.\u00e9",
        "[" * 3000,
        "",
    ]

    assert [status(client, each) for each in forgeries] == [401] * len(forgeries)


@pytest.mark.parametrize(
    "header", ["Basic eA==", "Bearer", "Bearer a b", "DPoP x", "bearer", ",,,", "Bearer ,"]
)
def test_authorization_headers_that_are_none(client, header):
    refused = client.get("/v1/me", headers={"Authorization": header})

    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_token_is_good_for_ten_minutes(client, li, clock):
    clock.move(minutes=9, seconds=55)
    assert status(client, li.tokens.access_token) == 200

    clock.move(seconds=6)

    refused = client.get("/v1/me", headers=li.headers)
    assert (refused.status_code, refused.json["type"]) == (401, "/problems/access-token-refused")
    assert 'error="invalid_token"' in refused.headers["WWW-Authenticate"]


def test_a_citizens_token_carries_no_scope_of_a_device(app, li):
    guards = [view.guard for view in app.view_functions.values() if hasattr(view, "guard")]
    of_devices = {guard.scope for guard in guards if guard.kind == "signature"}

    assert of_devices
    with app.test_request_context(headers=li.headers):
        assert not of_devices & principal_of().scopes


def test_a_route_needs_its_scope(client, li, parts):
    token = resigned(li, parts, {"scope": "citizen.session:read"})

    refused = client.get("/v1/me", headers={"Authorization": f"Bearer {token}"})

    assert (refused.status_code, refused.json["scope"]) == (403, "citizen.profile:read")


def test_the_librarys_own_decorators_decode_through_our_verifier(app, li, parts):
    with app.test_request_context(headers=li.headers):
        claims = jwt_required()(get_jwt)()
        parts.database.run(lambda work: identity.end(work, li.tokens.session_id), citizen_actor(li))
        with pytest.raises(RevokedTokenError):
            jwt_required()(get_jwt)()
    assert claims["sub"] == li.id

    forgery = forged(li, parts, header={"typ": "JWT"})
    with (
        app.test_request_context(headers={"Authorization": f"Bearer {forgery}"}),
        pytest.raises(identity.AccessTokenRefused),
    ):
        jwt_required()(get_jwt)()


def test_a_token_is_decoded_once_a_request(client, li, monkeypatch):
    decoded = []
    verify = identity.Verifier.verify
    monkeypatch.setattr(identity.Verifier, "verify", lambda *a: decoded.append(1) or verify(*a))

    assert status(client, li.tokens.access_token) == 200
    assert len(decoded) == 1


def test_another_process_hears_of_a_sign_out_within_two_seconds(settings, city, parts):
    li, elsewhere = city.citizen("li"), build_parts(settings, application="hub-elsewhere")
    liveness = identity.Liveness(elsewhere.database, elsewhere.watch)
    changes._watches.discard(elsewhere.watch)  # as another process: nothing but the table tells it
    try:
        deadline = time.monotonic() + 10
        while not elsewhere.watch.fresh:
            assert time.monotonic() < deadline
        now = elsewhere.database.clock
        assert liveness.lives(li.tokens.session_id, now=now())

        parts.database.run(lambda work: identity.end(work, li.tokens.session_id), citizen_actor(li))
        ended = time.monotonic()
        assert not liveness.lives(li.tokens.session_id, now=now(), at_once=True)
        while liveness.lives(li.tokens.session_id, now=now()):
            assert time.monotonic() - ended < 2

        assert liveness.lives(city.citizen("wang").tokens.session_id, now=now())
    finally:
        elsewhere.watch.stop()
        elsewhere.database.dispose()


def citizen_actor(somebody):
    return Actor("citizen", somebody.id)


def test_a_process_that_starts_late_knows_who_was_signed_out(settings, city, parts):
    li = city.citizen("li")
    parts.database.run(lambda work: identity.end(work, li.tokens.session_id), citizen_actor(li))
    late = build_parts(settings, application="hub-late")
    liveness = identity.Liveness(late.database, late.watch)
    try:
        while not late.watch.fresh:
            pass
        assert not liveness.lives(li.tokens.session_id, now=late.database.clock())
    finally:
        late.watch.stop()
        late.database.dispose()


def test_tokens_of_the_key_before_still_verify(client, li, parts, db):
    """The ring rotates: a retiring key verifies, a revoked one does not."""
    old = parts.keyring.signing_key().kid

    def move(work, state):
        work.session.execute(
            text(
                "UPDATE keys_key SET state = :state,"
                " revoked_because = CASE WHEN :state = 'revoked' THEN 'age' END WHERE kid = :kid"
            ),
            {"state": state, "kid": old},
        )
        announce(work, "keys", old)
        if state == "retiring":
            keys.ensure(work, parts.root())

    db.run(lambda work: move(work, "retiring"), SYSTEM)
    assert parts.keyring.signing_key().kid != old
    assert status(client, li.tokens.access_token) == 200

    db.run(lambda work: move(work, "revoked"), SYSTEM)
    assert status(client, li.tokens.access_token) == 401


def test_clock_skew_between_machines_is_forgiven_for_seconds_only(client, li, clock):
    clock.move(seconds=-4)
    assert status(client, li.tokens.access_token) == 200

    clock.move(seconds=-timedelta(minutes=1).total_seconds())
    assert status(client, li.tokens.access_token) == 401


def test_a_citizens_token_stays_short_however_much_the_city_offers(client, li, parts):
    token = li.tokens.access_token

    assert claims_of(token)["scope"] == identity.AT_HOME
    assert len(token) < 700
    assert len(li.tokens.scopes) > 20
    assert status(client, token) == 200
    narrower = resigned(li, parts, {"scope": "citizen.session:manage"})
    assert status(client, narrower) == 403


@pytest.mark.parametrize(
    "claims",
    [
        {"client_id": SOME_CLIENT},
        {"client_id": identity.CITY_DESK},
        {"client_id": identity.CITY_DESK, "sub": "officer_06f0k3m9s8d2z7h5q1w4e6r8ty"},
        {"client_id": SOME_CLIENT, "sub": SOME_CLIENT, "sid": ""},
    ],
)
def test_only_at_the_citys_own_app_that_scope_means_anything(client, li, parts, claims):
    assert status(client, resigned(li, parts, {"scope": identity.AT_HOME, **claims})) in {401, 403}


def test_a_remembered_token_is_not_forgotten_for_strangers_in_use(parts, settings, monkeypatch, li):
    """Two generations: a token in use outlives any number that are seen once."""
    monkeypatch.setattr(identity.tokens, "REMEMBERED", 3)
    verifier = identity.Verifier(parts.keyring, settings.public_url)
    read = []
    real = verifier._read
    monkeypatch.setattr(verifier, "_read", lambda token: read.append(token) or real(token))
    mine, now = li.tokens.access_token, parts.database.clock()
    issuer = identity.Issuer(parts.keyring, settings.public_url, frozenset())
    for _ in range(20):
        verifier.verify(mine, now)
        verifier.verify(issuer.issue(client_id="client_x", scopes=frozenset(), now=now), now)

    assert read.count(mine) == 1
    assert len(verifier._seen) + len(verifier._seen_before) <= 6
