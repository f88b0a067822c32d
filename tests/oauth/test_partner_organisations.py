"""Partner organisations: self-service into the sandbox, officers for what counts."""

from types import SimpleNamespace
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import text

from hub import identity
from hub.kernel.ids import show
from hub.kernel.work import CLOCK
from hub.keys import jwk_of
from hub.web import scopes_of

from .conftest import App, Browser, status

REGISTRAR = "partners:registrar"
CALLBACK = "http://127.0.0.1:8090/callback"
PATH = "/v1/partner-organisations"
SENSITIVE = "citizen.profile:read"
USUAL = "traffic.favourite:manage"


class Maker:
    """Somebody of a partner, signed in surely, at a keyboard."""

    def __init__(self, app, somebody):
        self.app, self.http, self.somebody = app, app.test_client(), somebody

    def send(self, method, path, body=None, key=None):
        headers = {"Idempotency-Key": key or uuid4().hex, **self.somebody.headers}
        return self.http.open(path, method=method, json=body, headers=headers)

    def found(self):
        entry = {"names": {"en": "Songhua Maps (synthetic)"}, "contact": "api@example.org"}
        made = self.send("POST", PATH, entry)
        assert made.status_code == 201, made.json
        self.here = f"{PATH}/{made.json['id']}"
        return made.json

    def register(self, **more):
        entry = {
            "kind": "confidential",
            "names": {"en": "Route planner (synthetic)"},
            "purpose": {"en": "To show your stops in the planner."},
            "scopes": ["openid", "profile", "traffic.favourite:read"],
            "auth_method": "client_secret_basic",
            "redirect_uris": [CALLBACK],
            **more,
        }
        return self.send("POST", f"{self.here}/clients", entry)

    def app_of(self, made):
        """What the registration gives as a client that acts."""
        known = SimpleNamespace(id=made.json["client_id"], redirect_uris=made.json["redirect_uris"])
        return App(known, made.json.get("client_secret"), self.app.test_client())

    def service(self, **more):
        given = {"kind": "service", "redirect_uris": [], "scopes": ["partner.client:read"], **more}
        made = self.register(**given)
        assert made.status_code == 201, made.json
        return self.app_of(made)

    def ask(self, app, *scopes):
        body = {"scopes": list(scopes), "reason": "The planner greets people by name."}
        return self.send("POST", f"{self.here}/clients/{app.id}/scope-requests", body)


@pytest.fixture
def maker(app, city):
    made = Maker(app, city.surely("maker"))
    made.found()
    return made


@pytest.fixture
def officer(app, city):
    return Maker(app, city.officer(REGISTRAR))


@pytest.fixture
def second(app, city):
    return Maker(app, city.officer(REGISTRAR, "Second"))


def token(service):
    return service.token(grant_type="client_credentials")


def decide(officer, request, decision="granted"):
    path = f"/v1/officers/scope-requests/{request}/decisions"
    return officer.send("POST", path, {"decision": decision})


def test_from_founding_to_a_token_without_anybody_of_the_city(client, maker):
    service = maker.service()

    given = token(service).json

    assert status(client, given["access_token"], "/v1/partners/client") == 200
    listed = maker.send("GET", f"{maker.here}/clients").json["items"]
    assert [one["client_id"] for one in listed] == [service.id]
    assert "live_at" not in listed[0]
    assert service.secret not in str(listed)
    assert maker.send("GET", PATH).json["items"][0]["role"] == "owner"


def test_a_secret_is_answered_once_and_kept_nowhere(db, maker):
    made = maker.register()

    with db.reads() as connection:
        rows = connection.execute(text("SELECT * FROM identity_client")).all()
    assert made.json["client_secret"] not in str(rows)


@pytest.mark.parametrize(
    "scopes", [[USUAL], [SENSITIVE], ["openid", "citizen.session:manage"], ["identity.desk:use"]]
)
def test_the_sandbox_gives_only_what_does_no_harm(maker, scopes):
    refused = maker.register(scopes=scopes)

    assert (refused.status_code, refused.json["type"]) == (422, "/problems/scopes-not-usable")
    assert scopes[-1] in refused.json["errors"][0]["detail"]


@pytest.mark.parametrize("text", ["", " ", "Route\u202eplanner", "Route\nplanner", "Route\n"])
def test_names_that_people_could_not_read_as_they_are(maker, text):
    assert maker.register(names={"en": text}).status_code == 422
    assert maker.register(purpose={"en": "To help.", "ru": text}).status_code == 422
    entry = {"names": {"en": text}, "contact": "api@example.org"}
    assert maker.send("POST", PATH, entry).status_code == 422


@pytest.mark.parametrize(
    "uri",
    ["http://planner.example/", "https://u@planner.example/", "javascript:1", "http://10.0.0.7/"],
)
def test_redirects_that_lead_astray_are_not_registered(maker, uri):
    assert maker.register(redirect_uris=[uri]).json["type"] == "/problems/client-not-usable"


def test_loopback_redirects_are_for_the_demonstration_only(app, maker, monkeypatch):
    from dataclasses import replace

    from hub.web import request

    with app.app_context():
        parts = request.parts()
    assert maker.register().status_code == 201
    monkeypatch.setattr(parts, "settings", replace(parts.settings, demo=False))

    assert maker.register().json["type"] == "/problems/client-not-usable"
    assert maker.register(redirect_uris=["https://planner.example/cb"]).status_code == 201


def test_a_sandbox_app_is_let_in_by_its_makers_and_invented_people_only(
    app, browser_of, parts, city, officer
):
    maker = Maker(app, city.citizen("real maker", synthetic=False))
    maker.found()
    planner = maker.app_of(maker.register())
    real = city.citizen("passer-by", synthetic=False)

    assert "code" in browser_of("li").allow(planner.question()[0])
    assert "code" in Browser(app, parts, maker.somebody).allow(planner.question()[0])
    stranger = Browser(app, parts, real)
    refused = stranger.answer(stranger.ask(planner.question()[0]))
    assert refused.status_code == 403
    assert "still being built" in refused.text

    sure = Maker(app, city.surely("real maker"))
    sure.here = maker.here
    decide(officer, sure.ask(planner, USUAL).json["id"])
    assert "code" in stranger.allow(planner.question()[0])


def test_two_secrets_are_good_while_a_service_changes_over(maker, clock):
    service = maker.service()
    here, first = f"{maker.here}/clients/{service.id}/secrets", service.secret

    def good(secret):
        service.secret = secret
        return token(service).status_code == 200

    later = maker.send("POST", here).json["client_secret"]
    assert (good(first), good(later)) == (True, True)
    third = maker.send("POST", here).json["client_secret"]
    assert (good(first), good(later), good(third)) == (False, True, True)
    for _ in range(2):  # twice is harmless
        assert maker.send("DELETE", f"{here}/earlier").status_code == 204
    assert (good(later), good(third)) == (False, True)


def test_an_earlier_secret_nobody_ended_is_over_after_seven_days(maker, clock, db):
    service = maker.service()
    fresh = maker.send("POST", f"{maker.here}/clients/{service.id}/secrets").json["client_secret"]
    clock.move(days=6)
    db.run(identity.client_changes.end_earlier_secrets, CLOCK)
    assert token(service).status_code == 200

    clock.move(days=1)
    db.run(identity.client_changes.end_earlier_secrets, CLOCK)

    assert token(service).status_code == 401
    service.secret = fresh
    assert token(service).status_code == 200


def test_keys_are_uploaded_and_replaced(maker):
    keys = [jwk_of(ec.generate_private_key(ec.SECP256R1()).public_key()) for _ in range(2)]
    made = maker.register(auth_method="private_key_jwt", jwks={"keys": keys[:1]})
    assert made.status_code == 201
    assert "client_secret" not in made.json
    here = f"{maker.here}/clients/{made.json['client_id']}/keys"

    assert maker.send("PUT", here, {"jwks": {"keys": keys}}).status_code == 200
    for wrong in ({}, {"keys": []}, {"keys": [keys[0] | {"d": "x"}]}, {"keys": keys * 3}):
        refused = maker.send("PUT", here, {"jwks": wrong})
        assert refused.json["type"] == "/problems/client-not-usable", wrong
    no_keys = f"{maker.here}/clients/{maker.service().id}/keys"
    assert maker.send("PUT", no_keys, {"jwks": {"keys": keys}}).status_code == 422


def test_an_officer_grants_what_is_usual(maker, officer):
    planner = maker.app_of(maker.register())
    asked = maker.ask(planner, USUAL)
    waiting = officer.send("GET", "/v1/officers/scope-requests?limit=100").json["items"]
    assert asked.json["id"] in [one["id"] for one in waiting]

    assert decide(officer, asked.json["id"]).json == {"outcome": "granted"}

    found = maker.send("GET", f"{maker.here}/clients").json["items"][0]
    assert USUAL in found["scopes"]
    assert "openid" in found["scopes"]
    assert found["live_at"]
    mine = maker.send("GET", f"{maker.here}/scope-requests").json["items"]
    assert [(one["state"], one["decided_by"]) for one in mine] == [("granted", officer.somebody.id)]
    again = decide(officer, asked.json["id"], "refused")
    assert (again.status_code, again.json["type"]) == (409, "/problems/request-over")


def test_what_is_sensitive_takes_two(maker, officer, second, browser):
    planner = maker.app_of(maker.register())
    asked = maker.ask(planner, SENSITIVE).json["id"]

    first = decide(officer, asked).json
    decision = f"/v1/officers/approvals/{first['approval']}/decisions"
    assert first["outcome"] == "waiting_for_second"
    refused = browser.ask(planner.question(scope=SENSITIVE)[0])
    assert "error=invalid_scope" in refused.headers["Location"]
    own = officer.send("POST", decision, {"decision": "approved"})
    assert own.json["type"] == "/problems/own-deed"
    agreed = second.send("POST", decision, {"decision": "approved"})

    assert agreed.status_code == 201
    assert browser.ask(planner.question(scope=SENSITIVE)[0]).status_code == 200


def test_a_second_officer_may_say_no_and_the_request_waits_on(maker, officer, second):
    planner = maker.app_of(maker.register())
    asked = maker.ask(planner, SENSITIVE).json["id"]
    approval = decide(officer, asked).json["approval"]

    second.send("POST", f"/v1/officers/approvals/{approval}/decisions", {"decision": "refused"})

    mine = maker.send("GET", f"{maker.here}/scope-requests").json["items"]
    assert [one["state"] for one in mine] == ["waiting"]
    assert decide(officer, asked, "refused").json == {"outcome": "refused"}


@pytest.mark.parametrize("scope", ["citizen.session:manage", "identity.desk:use", "nowhere:ever"])
def test_what_is_the_citys_own_cannot_even_be_asked(maker, scope):
    planner = maker.app_of(maker.register())

    assert maker.ask(planner, scope).json["type"] == "/problems/scopes-not-usable"


def test_a_suspended_organisation_is_out_with_the_next_request(client, maker, officer):
    service, ended = maker.service(), maker.service()
    maker.send("DELETE", f"{maker.here}/clients/{ended.id}")
    given = token(service).json["access_token"]
    state = f"/v1/officers/partner-organisations/{maker.here.rpartition('/')[2]}/state"
    assert status(client, given, "/v1/partners/client") == 200

    for _ in range(2):  # twice is harmless
        assert officer.send("PUT", state, {"state": "suspended"}).status_code == 200

    assert status(client, given, "/v1/partners/client") == 401
    assert token(service).status_code == 401
    assert maker.register().json["type"] == "/problems/organisation-suspended"
    assert maker.send("GET", maker.here).json["state"] == "suspended"
    officer.send("PUT", state, {"state": "active"})
    assert token(service).status_code == 200
    assert token(ended).status_code == 401


def test_nothing_is_granted_to_a_suspended_organisation(maker, officer):
    asked = maker.ask(maker.app_of(maker.register()), USUAL).json["id"]
    state = f"/v1/officers/partner-organisations/{maker.here.rpartition('/')[2]}/state"
    officer.send("PUT", state, {"state": "suspended"})

    assert decide(officer, asked).json["type"] == "/problems/organisation-suspended"
    waiting = officer.send("GET", "/v1/officers/scope-requests?limit=100").json["items"]
    assert asked in [one["id"] for one in waiting]


def test_an_ended_client_is_ended(client, maker):
    service = maker.service()
    given = token(service).json["access_token"]

    assert maker.send("DELETE", f"{maker.here}/clients/{service.id}").status_code == 204

    assert status(client, given, "/v1/partners/client") == 401
    assert maker.send("GET", f"{maker.here}/clients").json["items"] == []
    assert maker.send("DELETE", f"{maker.here}/clients/{service.id}").status_code == 404


def test_owners_decide_who_belongs_and_the_last_one_stays(app, city, maker):
    dev = Maker(app, city.surely("developer"))
    dev.here = maker.here
    member = f"{maker.here}/members/{dev.somebody.id}"
    me = f"{maker.here}/members/{maker.somebody.id}"

    assert dev.send("GET", maker.here).status_code == 404
    assert maker.send("PUT", member, {"role": "developer"}).json["role"] == "developer"
    assert dev.register().status_code == 201
    assert dev.send("PUT", member, {"role": "owner"}).json["type"] == "/problems/owners-only"
    assert dev.send("DELETE", me).json["type"] == "/problems/owners-only"
    for last in (maker.send("DELETE", me), maker.send("PUT", me, {"role": "developer"})):
        assert last.json["type"] == "/problems/last-owner"
    nobody = f"{maker.here}/members/{show('person', uuid4())}"
    assert maker.send("PUT", nobody, {"role": "owner"}).status_code == 404

    assert dev.send("DELETE", member).status_code == 204
    assert dev.register().status_code == 404
    assert maker.send("DELETE", member).status_code == 404


def test_somebody_elses_organisation_is_nobodys_business(app, city, maker):
    service = maker.service()
    stranger = Maker(app, city.surely("stranger"))
    stranger.found()
    theirs, mine = f"{maker.here}/clients/{service.id}", f"{stranger.here}/clients/{service.id}"

    for method, path, body in (
        ("GET", maker.here, None),
        ("GET", f"{maker.here}/clients", None),
        ("GET", f"{maker.here}/scope-requests", None),
        ("DELETE", theirs, None),
        ("POST", f"{theirs}/secrets", None),
        ("DELETE", f"{theirs}/secrets/earlier", None),
        ("PUT", f"{theirs}/keys", {"jwks": {}}),
        ("POST", f"{theirs}/scope-requests", {"scopes": [USUAL], "reason": "just because"}),
        # a client of others through an organisation of one's own
        ("DELETE", mine, None),
        ("POST", f"{mine}/secrets", None),
    ):
        assert stranger.send(method, path, body).status_code == 404, (method, path)
    assert token(service).status_code == 200


@pytest.mark.parametrize(
    ("method", "what", "body"),
    [
        ("POST", "/secrets", None),
        ("PUT", "/keys", {"jwks": {}}),
        ("POST", "/scope-requests", {"scopes": [USUAL], "reason": "just because"}),
    ],
)
def test_what_counts_asks_for_a_sure_sign_in(app, city, maker, method, what, body):
    service = maker.service()
    weak = Maker(app, city.citizen("maker"))

    refused = weak.send(method, f"{maker.here}/clients/{service.id}{what}", body)

    assert refused.json["type"] == "/problems/stronger-sign-in-needed"


def test_what_the_sandbox_gives_is_named_by_the_sectors(parts):
    declared = scopes_of(parts)

    assert declared.safe() <= declared.askable() | declared.of_partners()
    assert not declared.safe() & declared.sensitive()
    assert {"openid", "traffic.favourite:read", "partner.client:read"} <= declared.safe()


def test_the_audit_says_who_granted_what(maker, officer, db):
    planner = maker.app_of(maker.register())
    decide(officer, maker.ask(planner, USUAL).json["id"])

    with db.reads() as connection:
        acts = connection.execute(
            text(
                "SELECT action, actor_kind, actor_id FROM audit_entry WHERE subject = :subject"
                " AND action LIKE 'partners.%' ORDER BY id"
            ),
            {"subject": planner.id},
        ).all()

    assert [tuple(act) for act in acts] == [
        ("partners.scopes_asked", "citizen", maker.somebody.id),
        ("partners.scopes_granted", "officer", officer.somebody.id),
    ]


def test_a_device_in_the_sandbox_is_let_in_by_its_makers_only(app, parts, city):
    """The other way in, by the code on a screen (RFC 8628), has the same lock."""
    maker = Maker(app, city.citizen("real maker", synthetic=False))
    maker.found()
    made = maker.register(kind="public", auth_method="none", scopes=["openid"])
    screen = maker.app_of(made)
    begun = screen.http.post(
        "/oauth/device_authorization", data={"client_id": screen.id, "scope": "openid"}
    )
    assert begun.status_code == 200, begun.text
    stranger = Browser(app, parts, city.citizen("passer-by", synthetic=False))

    def answer(browser):
        form = {"user_code": begun.json["user_code"], "decision": "allow"}
        return browser.http.post("/device", data=form | {"csrf_token": browser.csrf})

    refused = answer(stranger)
    assert refused.status_code == 403
    assert "still being built" in refused.text
    assert answer(Browser(app, parts, maker.somebody)).status_code == 200
