"""Clients that prove themselves with a key of their own (private_key_jwt, RFC 7523)."""

import time
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from hub.keys import jwk_of, thumbprint

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Keyed:
    """A service and its key."""

    def __init__(self, register, app):
        self.key = ec.generate_private_key(ec.SECP256R1())
        public = jwk_of(self.key.public_key())
        self.kid = thumbprint(public)
        jwks = {"keys": [{**public, "kid": self.kid, "use": "sig", "alg": "ES256"}]}
        self.app = register("service", auth_method="private_key_jwt", jwks=jwks)
        self.http, self.url = app.test_client(), app.extensions["hub"].settings.public_url

    def assertion(self, *, key=None, headers=None, algorithm="ES256", without=(), **claims):
        now = int(time.time())
        said = {
            "iss": self.app.id,
            "sub": self.app.id,
            "aud": self.url,
            "iat": now,
            "exp": now + 60,
            "jti": uuid4().hex,
            **claims,
        }
        said = {name: value for name, value in said.items() if name not in without}
        return jwt.encode(
            said, key or self.key, algorithm=algorithm, headers={"kid": self.kid, **(headers or {})}
        )

    def ask(self, assertion, **more):
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": TYPE,
            "client_assertion": assertion,
            **more,
        }
        return self.http.post("/oauth/token", data=form)


@pytest.fixture
def keyed(register, app):
    return Keyed(register, app)


@pytest.mark.parametrize("aud", ["issuer", "endpoint", "list"])
def test_a_key_is_proof_enough(keyed, aud):
    audiences = {
        "issuer": keyed.url,
        "endpoint": f"{keyed.url}/oauth/token",
        "list": ["https://elsewhere.example", keyed.url],
    }

    answer = keyed.ask(keyed.assertion(aud=audiences[aud]))

    assert answer.status_code == 200
    claims = jwt.decode(answer.json["access_token"], options={"verify_signature": False})
    assert claims["sub"] == keyed.app.id


def test_a_pushed_request_takes_the_token_endpoint_for_its_audience(keyed):
    """RFC 9126, 2. A service asks no person, so the refusal is another one."""
    proof = {"client_assertion_type": TYPE}
    for aud, error in (
        (f"{keyed.url}/oauth/token", "invalid_request"),
        ("https://elsewhere.example", "invalid_client"),
    ):
        form = proof | {"client_assertion": keyed.assertion(aud=aud), "response_type": "code"}
        assert keyed.http.post("/oauth/par", data=form).json["error"] == error


def test_an_assertion_is_good_once(app, keyed):
    assertion = keyed.assertion()

    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(
                lambda _: app.test_client().post(
                    "/oauth/token",
                    data={
                        "grant_type": "client_credentials",
                        "client_assertion_type": TYPE,
                        "client_assertion": assertion,
                    },
                ),
                range(8),
            )
        )

    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 7


@pytest.mark.parametrize(
    ("path", "form", "error"),
    [
        ("/oauth/token", {"grant_type": "client_credentials", "scope": "x:y"}, "invalid_scope"),
        ("/oauth/token", {"grant_type": "authorization_code", "code": "x"}, "unauthorized_client"),
        ("/oauth/introspect", {}, "invalid_request"),
        ("/oauth/revoke", {}, "invalid_request"),
        ("/oauth/device_authorization", {"scope": "openid"}, "unauthorized_client"),
    ],
)
def test_an_assertion_is_used_up_by_a_refusal_too(keyed, path, form, error):
    proof = {"client_assertion_type": TYPE, "client_assertion": keyed.assertion()}

    refused = keyed.http.post(path, data=form | proof)

    assert (refused.status_code, refused.json["error"]) == (400, error)
    assert keyed.ask(proof["client_assertion"]).status_code == 401


def test_the_same_jti_of_another_client_burns_nothing(keyed, register, app):
    other = Keyed(register, app)

    assert keyed.ask(keyed.assertion(jti="one")).status_code == 200
    assert other.ask(other.assertion(jti="one")).status_code == 200
    assert keyed.ask(keyed.assertion(jti="one")).status_code == 401


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "client_01m866kyycews916y6fh7wpj97"},
        {"aud": "https://elsewhere.example"},
        {"aud": []},
        {"aud": 5},
        {"exp": 1},
        {"exp": 10**12},
        {"exp": "never"},
        {"nbf": 4 * 10**9},
        {"iat": 4 * 10**9},
        {"jti": ""},
        {"jti": "x" * 257},
        {"jti": 5},
        {"sub": "client_x"},
        {"sub": "city-app"},
        {"sub": ["a"]},
    ],
)
def test_claims_that_prove_nothing(keyed, claims):
    refused = keyed.ask(keyed.assertion(**claims))

    assert (refused.status_code, refused.json["error"]) == (401, "invalid_client")


@pytest.mark.parametrize("name", ["iss", "sub", "aud", "exp", "jti"])
def test_no_claim_may_be_missing(keyed, name):
    assert keyed.ask(keyed.assertion(without=(name,))).status_code == 401


def test_keys_and_algorithms_that_prove_nothing(keyed):
    foreign = ec.generate_private_key(ec.SECP256R1())
    big = rsa.generate_private_key(65537, 2048)
    good = keyed.assertion()
    head, body, signature = good.split(".")
    forgeries = [
        keyed.assertion(key=foreign),
        keyed.assertion(key=foreign, headers={"jwk": jwk_of(foreign.public_key())}),
        keyed.assertion(headers={"jku": "https://evil.example/jwks.json"}),
        keyed.assertion(headers={"kid": "another"}),
        keyed.assertion(headers={"crit": ["exp"]}),
        keyed.assertion(key=big, algorithm="RS256"),
        keyed.assertion(key="s" * 32, algorithm="HS256"),
        f"{head}.{body}.",
        jwt.encode({"sub": keyed.app.id}, None, algorithm="none"),
        f"{head}.{body}.{'A' * 86}",
        f"{head}.{body}.{signature}.{signature}",
        f"{head}.{body}",
        "x" * 9000,
        "x" * 8000,
        keyed.assertion(padding="x" * 4096),
        "[" * 3000,
        "..",
        "\u00e9.\u00e9.\u00e9",
    ]

    answers = [keyed.ask(forgery) for forgery in forgeries]

    assert all(answer.status_code in {400, 401} for answer in answers)
    assert all(answer.json["error"] in {"invalid_client", "invalid_request"} for answer in answers)


def test_it_proves_nobody_who_registered_something_else(keyed, service):
    refused = keyed.ask(keyed.assertion(iss=service.id, sub=service.id))

    assert refused.status_code == 401
    assert keyed.ask(keyed.assertion(), client_id=service.id).status_code == 401
    assert keyed.ask(keyed.assertion(), client_assertion_type="x").status_code == 401
    two = keyed.ask(keyed.assertion(), client_secret="x")
    assert two.json["error"] == "invalid_request"


def test_it_proves_at_the_other_endpoints_too(keyed):
    token = keyed.ask(keyed.assertion()).json["access_token"]
    form = {"token": token, "client_assertion_type": TYPE}

    looked = keyed.http.post(
        "/oauth/introspect",
        data={**form, "client_assertion": keyed.assertion(aud=f"{keyed.url}/oauth/introspect")},
    )

    assert looked.json["active"]
