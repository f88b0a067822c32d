"""A partner's service in its own name: client credentials, and how a client proves itself."""

import base64
import io

import jwt
import pytest

from hub import identity
from hub.kernel.work import SYSTEM

from .conftest import status


def test_a_service_gets_a_token_of_its_own(client, service):
    answer = service.token(grant_type="client_credentials")

    assert answer.status_code == 200
    assert "refresh_token" not in answer.json
    claims = jwt.decode(answer.json["access_token"], options={"verify_signature": False})
    assert claims["sub"] == claims["client_id"] == service.id
    assert {"sid", "acr", "auth_time"}.isdisjoint(claims)
    mine = client.get(
        "/v1/partners/client", headers={"Authorization": f"Bearer {answer.json['access_token']}"}
    )
    assert (mine.status_code, mine.json["client_id"]) == (200, service.id)


def test_its_token_opens_no_door_of_a_citizen(app, client, service):
    token = service.token(grant_type="client_credentials").json["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    doors = [
        (rule, view.guard)
        for rule in app.url_map.iter_rules()
        if (view := app.view_functions[rule.endpoint]) is not None
        and getattr(view, "guard", None) is not None
        and view.guard.kind == "token"
        and view.guard.of == "citizen"
    ]

    assert len(doors) > 15
    for rule, guard in doors:
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            answer = client.open(
                rule.rule.replace("<", "").replace(">", ""), method=method, headers=headers
            )
            assert answer.status_code in ({303} if guard.scope is None else {403}), rule


def test_a_citizens_token_opens_no_door_of_partners(client, browser, given):
    assert status(client, browser.somebody.tokens.access_token, "/v1/partners/client") == 403
    assert status(client, given["access_token"], "/v1/partners/client") == 403


def test_an_app_of_citizens_has_nothing_in_its_own_name(planner, phone_app):
    assert planner.token(grant_type="client_credentials").json["error"] == "invalid_scope"
    refused = phone_app.token(grant_type="client_credentials")
    assert (refused.status_code, refused.json["error"]) == (401, "invalid_client")


def test_a_service_asks_no_citizen(service, browser):
    asked, _ = service.question(redirect_uri="https://planner.example/callback")

    assert browser.ask(asked).status_code == 400
    refused = service.token(grant_type="authorization_code", code="x", code_verifier="x" * 43)
    assert refused.json["error"] == "unauthorized_client"


@pytest.mark.parametrize(
    "scope", ["openid", "citizen.profile:read", "partner.client:read openid", '"', "\u00e9"]
)
def test_no_scope_but_its_own(service, scope):
    refused = service.token(grant_type="client_credentials", scope=scope)

    assert (refused.status_code, refused.json["error"]) == (400, "invalid_scope")


def test_the_secret_in_the_body_for_whoever_registered_that(register):
    poster = register("service", auth_method="client_secret_post")
    form = {"grant_type": "client_credentials", "client_id": poster.id}

    good = poster.http.post("/oauth/token", data={**form, "client_secret": poster.secret})
    wrong = poster.http.post("/oauth/token", data={**form, "client_secret": "x" * 43})
    by_header = poster.token(grant_type="client_credentials")

    assert (good.status_code, wrong.status_code, by_header.status_code) == (200, 401, 401)


def encoded(text):
    return base64.b64encode(text if isinstance(text, bytes) else text.encode()).decode()


@pytest.mark.parametrize(
    "header",
    [
        "Basic",
        "Basic ",
        "Basic  ",
        "Basic =",
        "Basic x",
        "Basic " + encoded(b"\xff\xfe:\xff"),
        "Basic " + encoded("no colon"),
        "Basic " + encoded(":"),
        "Basic " + encoded("client_x:x"),
        "Basic " + encoded("%ff%fe:%"),
        "Basic " + encoded("a\u0000:b"),
        "Basic " + "A" * 9000,
        "Bearer x",
        "Digest x",
        "\u00e9",
    ],
)
def test_proofs_that_are_none(client, header):
    refused = client.post(
        "/oauth/token", data={"grant_type": "client_credentials"}, headers={"Authorization": header}
    )

    assert (refused.status_code, refused.json["error"]) == (401, "invalid_client")
    assert refused.headers["WWW-Authenticate"].startswith("Basic")
    assert refused.json["error_uri"].endswith("/problems/invalid-client")


def test_a_wrong_secret_and_a_client_without_one(service, phone_app, planner):
    wrong = {"Authorization": f"Basic {encoded(f'{service.id}:{planner.secret}')}"}
    assert service.token(wrong, grant_type="client_credentials").status_code == 401
    nothing = {"Authorization": f"Basic {encoded(f'{phone_app.id}:')}"}
    assert service.token(nothing, grant_type="client_credentials").status_code == 401
    named_only = service.token({}, grant_type="client_credentials", client_id=service.id)
    assert named_only.status_code == 401


@pytest.mark.parametrize(
    "more", [{"client_secret": "x"}, {"client_assertion": "x"}, {"client_id": "client_other"}]
)
def test_one_proof_is_enough_and_two_are_refused(service, more):
    """RFC 6749, 2.3: no more than one way in each request."""
    refused = service.token(service.basic, grant_type="client_credentials", **more)

    assert refused.json["error"] in {"invalid_request", "invalid_client"}


@pytest.mark.parametrize("name", ["grant_type", "scope", "client_id", "anything"])
def test_no_parameter_comes_twice(service, name):
    body = f"grant_type=client_credentials&{name}=a&{name}=b"

    refused = service.http.post(
        "/oauth/token",
        data=body,
        headers={**service.basic, "Content-Type": "application/x-www-form-urlencoded"},
    )

    assert (refused.status_code, refused.json["error"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    "grant_type", [None, "", "password", "implicit", 'x"\\', "\u00e9", "x" * 5000, "device_code"]
)
def test_ways_to_a_token_that_are_not_offered(service, grant_type):
    refused = service.token(grant_type=grant_type)

    assert refused.status_code == 400
    assert refused.json["error"] in {"unsupported_grant_type", "invalid_request"}


def test_only_a_form_is_read_and_never_the_query(service):
    by_query = service.http.post(
        "/oauth/token?grant_type=client_credentials", headers=service.basic
    )
    by_json = service.http.post(
        "/oauth/token", json={"grant_type": "client_credentials"}, headers=service.basic
    )
    broken = service.http.post(
        "/oauth/token",
        input_stream=io.BytesIO(b"%ff=%fe&&&=\xff"),
        headers={**service.basic, "Content-Type": "application/x-www-form-urlencoded"},
    )

    for refused in (by_query, by_json, broken):
        assert (refused.status_code, refused.json["error"]) == (400, "invalid_request")
    assert service.http.get("/oauth/token").status_code == 405


def test_a_suspended_client_is_out_with_the_next_request(client, service, db):
    token = service.token(grant_type="client_credentials").json["access_token"]
    assert status(client, token, "/v1/partners/client") == 200

    db.run(lambda work: identity.change_client(work, service.id, state="suspended"), SYSTEM)

    assert status(client, token, "/v1/partners/client") == 401
    assert service.token(grant_type="client_credentials").status_code == 401


def test_a_new_secret_ends_the_old_one(service, db):
    fresh = db.run(lambda work: identity.client_changes.rotate_secret(work, service.id), SYSTEM)
    db.run(lambda work: identity.client_changes.end_earlier_secret(work, service.id), SYSTEM)

    assert service.token(grant_type="client_credentials").status_code == 401
    service.secret = fresh
    assert service.token(grant_type="client_credentials").status_code == 200


def test_a_secret_is_kept_as_a_hash_only(service, db):
    from sqlalchemy import text

    with db.reads() as connection:
        rows = connection.execute(text("SELECT * FROM identity_client")).all()

    assert rows
    assert all(service.secret not in str(row) for row in rows)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "public", "auth_method": "client_secret_basic"},
        {"kind": "confidential", "auth_method": "none"},
        {"kind": "service", "redirect_uris": ("https://planner.example/",)},
        {"redirect_uris": ()},
        {"auth_method": "private_key_jwt"},
        {"jwks": {"keys": []}, "auth_method": "private_key_jwt"},
        {"names": {"ru": "Планировщик"}},
        {"purpose": {}},
        {"purpose": {"en": " "}},
        {"purpose": {"en": "To help.", "ru": ""}},
        {"names": {"en": "Route\u202eplanner"}},
    ],
)
def test_clients_that_cannot_be_registered(register, wrong):
    with pytest.raises(identity.ClientNotUsable):
        register(**wrong)
