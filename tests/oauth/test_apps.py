"""The person's list of apps, ending one, and what a partner can never have."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from hub import audit, identity
from hub.kernel import changes
from hub.kernel.ids import read
from hub.kernel.work import SYSTEM, Actor
from hub.parts import build_parts
from hub.web import scopes_of

from .conftest import SCOPES, App, status


def let_in(app, browser, **more):
    asked, verifier = app.question(**more)
    return app.redeem(browser.allow(asked)["code"], verifier).json


def test_the_list_says_what_each_app_may(client, planner, phone_app, browser):
    let_in(planner, browser, scope="openid traffic.favourite:read")
    let_in(planner, browser, scope="openid offline_access", prompt="consent")
    let_in(phone_app, browser)
    headers = browser.somebody.headers

    first = client.get("/v1/me/apps?limit=1", headers=headers).json
    rest = client.get(f"/v1/me/apps?after={first['next']}", headers=headers).json

    assert [item["id"] for item in first["items"] + rest["items"]] == [phone_app.id, planner.id]
    assert rest["next"] is None
    found = rest["items"][0]
    assert found["scopes"] == ["offline_access", "openid", "traffic.favourite:read"]
    assert "See the favourite stops and lines" in found["may"]
    assert found["while_away"]
    assert found["organisation"] == "Songhua Maps (synthetic)"
    assert first["items"][0]["while_away"] is False


def test_an_ended_app_is_out_with_the_next_request(client, planner, browser):
    tokens = let_in(planner, browser, scope="citizen.profile:read offline_access")
    headers = browser.somebody.headers
    assert status(client, tokens["access_token"]) == 200

    for _ in range(2):  # twice is harmless
        assert client.delete(f"/v1/me/apps/{planner.id}", headers=headers).status_code == 204

    assert status(client, tokens["access_token"]) == 401
    assert planner.refresh(tokens["refresh_token"]).json["error"] == "invalid_grant"
    assert client.get("/v1/me/apps", headers=headers).json["items"] == []
    asked, _ = planner.question(scope="citizen.profile:read offline_access")
    assert browser.ask(asked).status_code == 200  # and it is asked anew


def test_agreeing_leaves_a_consent_with_a_receipt_and_taking_it_back_ends_the_app(
    client, planner, browser
):
    tokens = let_in(planner, browser, scope="citizen.profile:read offline_access")
    headers = browser.somebody.headers

    given = client.get("/v1/me/consents", headers=headers).json["items"]

    assert [one["recipient"] for one in given] == [planner.id]
    assert given[0]["scopes"] == ["citizen.profile:read", "offline_access"]
    assert given[0]["purpose_text"] == "To show your stops in the planner."
    path = f"/v1/me/consents/{given[0]['id']}"
    assert client.get(f"{path}/receipt?act=given", headers=headers).status_code == 200

    assert client.delete(path, headers=headers).status_code == 204

    assert status(client, tokens["access_token"]) == 401
    assert planner.refresh(tokens["refresh_token"]).json["error"] == "invalid_grant"
    assert client.get("/v1/me/apps", headers=headers).json["items"] == []


def test_ending_an_app_takes_its_consents_back(client, planner, browser):
    let_in(planner, browser)
    headers = browser.somebody.headers

    client.delete(f"/v1/me/apps/{planner.id}", headers=headers)

    given = client.get("/v1/me/consents", headers=headers).json["items"]
    assert [one["state"] for one in given] == ["withdrawn"]


def test_a_code_of_a_consent_taken_back_meanwhile_gives_nothing(client, planner, browser):
    asked, verifier = planner.question()
    code = browser.allow(asked)["code"]
    headers = browser.somebody.headers
    assert client.delete(f"/v1/me/apps/{planner.id}", headers=headers).status_code == 204

    assert planner.redeem(code, verifier).json["error"] == "invalid_grant"


def test_taking_back_while_a_code_is_redeemed_leaves_nothing_alive(app, client, planner, browser):
    headers = browser.somebody.headers
    for _ in range(6):
        asked, verifier = planner.question(scope="citizen.profile:read", prompt="consent")
        code = browser.allow(asked)["code"]
        racer = App(planner.client, planner.secret, app.test_client())
        with ThreadPoolExecutor(2) as pool:
            ended = pool.submit(
                app.test_client().delete, f"/v1/me/apps/{planner.id}", headers=headers
            )
            redeemed = pool.submit(racer.redeem, code, verifier).result()
            assert ended.result().status_code == 204
        if redeemed.status_code == 200:
            assert status(client, redeemed.json["access_token"]) == 401
        assert client.get("/v1/me/apps", headers=headers).json["items"] == []


def test_the_account_page_shows_and_ends_them(planner, browser):
    tokens = let_in(planner, browser, scope="citizen.profile:read")

    assert "Route planner" in browser.http.get("/me").text
    path = f"/me/apps/{planner.id}/end"
    assert browser.http.post(path).status_code == 403
    ended = browser.http.post(path, data={"csrf_token": browser.csrf})

    assert ended.status_code == 303
    assert "Route planner" not in browser.http.get("/me").text
    assert status(browser.http, tokens["access_token"]) == 401


def test_somebody_elses_apps_are_nobodys_business(client, planner, browser, city):
    tokens = let_in(planner, browser, scope="citizen.profile:read")
    stranger = city.citizen("wang").headers

    assert client.get("/v1/me/apps", headers=stranger).json["items"] == []
    assert client.delete(f"/v1/me/apps/{planner.id}", headers=stranger).status_code == 404
    assert client.delete("/v1/me/apps/city-app", headers=stranger).status_code == 404
    assert status(client, tokens["access_token"]) == 200


def test_another_process_hears_of_it_within_two_seconds(settings, planner, browser, parts):
    tokens = let_in(planner, browser)
    grant = read("grant", planner.introspect(tokens["access_token"])["sid"])
    elsewhere = build_parts(settings, application="hub-elsewhere")
    liveness = identity.Liveness(elsewhere.database, elsewhere.watch)
    changes._watches.discard(elsewhere.watch)  # as another process: nothing but the table tells it
    try:
        deadline = time.monotonic() + 10
        while not elsewhere.watch.fresh:
            assert time.monotonic() < deadline
        now = elsewhere.database.clock
        assert liveness.grant_lives(grant, now=now())
        assert liveness.grant_lives(grant, now=now(), at_once=True)

        actor = Actor("citizen", browser.somebody.id)
        parts.database.run(lambda work: identity.end_app(work, planner.id), actor)
        ended = time.monotonic()
        assert not liveness.grant_lives(grant, now=now(), at_once=True)
        while liveness.grant_lives(grant, now=now()):
            assert time.monotonic() - ended < 2
    finally:
        elsewhere.watch.stop()
        elsewhere.database.dispose()


def test_what_is_done_through_a_partner_is_stamped_with_it(planner, browser, db):
    through = Actor("citizen", browser.somebody.id, client=planner.id)
    subject = f"test_{planner.id}"

    db.run(lambda work: audit.record(work, "test.done", subject, times=1), through)

    with db.reads() as connection:
        details = connection.scalars(
            text("SELECT details FROM audit_entry WHERE subject = :subject"), {"subject": subject}
        ).one()
    assert details == {"times": 1, "client": planner.id}


def test_an_idempotency_key_is_the_apps_own(client, planner, phone_app, browser, db):
    """Two apps of one person that make up the same key do not get each other's answers."""
    scopes = [*SCOPES, "traffic.favourite:manage"]
    for app in (planner, phone_app):
        db.run(lambda work, one=app: identity.change_client(work, one.id, scopes=scopes), SYSTEM)
    answers = []
    for app in (planner, phone_app):
        tokens = let_in(app, browser, scope="traffic.favourite:manage")
        answers.append(
            client.post(
                "/v1/me/favourites",
                json={"kind": "stop", "target": f"nowhere:{len(answers)}"},
                headers={
                    "Authorization": f"Bearer {tokens['access_token']}",
                    "Idempotency-Key": "the-same-key-of-two-apps",
                },
            )
        )

    assert [answer.status_code for answer in answers] == [404, 404]


def test_the_actor_of_a_partners_token_says_who_acts_through_whom(app, planner, browser):
    from hub.web import principal_of

    tokens = let_in(planner, browser)
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}

    with app.test_request_context("/v1/me", headers=headers):
        actor = principal_of().actor

    assert (actor.kind, actor.id, actor.client) == ("citizen", browser.somebody.id, planner.id)
    assert actor.session.startswith("grant_")


def test_no_scope_of_the_citys_own_is_ever_granted(app, parts, browser, register):
    """Walks all scopes: a partner gets exactly those that have a sentence for the person."""
    declared = scopes_of(parts).all
    own = sorted(name for name, scope in declared.items() if not scope.askable)
    greedy = register(scopes=sorted(declared))
    assert {"citizen.session:manage", "citizen.authenticator:manage", "citizen.app:manage"} <= set(
        own
    )

    for name in own:
        asked, _ = greedy.question(scope=f"openid {name}")
        answer = browser.ask(asked)
        assert answer.status_code == 303, name
        assert "error=invalid_scope" in answer.headers["Location"], name
    everything, verifier = greedy.question(scope=" ".join(sorted(set(declared) - set(own))))
    assert greedy.redeem(browser.allow(everything)["code"], verifier).status_code == 200


def test_a_partners_token_opens_exactly_the_doors_of_its_scopes(
    app, client, parts, browser, register, issuer_of
):
    """Even a token that said more would open no door that the city keeps to itself."""
    declared = scopes_of(parts).all
    greedy = register(scopes=sorted(name for name, scope in declared.items() if scope.askable))
    tokens = let_in(greedy, browser, scope=" ".join(sorted(greedy.client.scopes)))
    looked = greedy.introspect(tokens["access_token"])
    forged = issuer_of().issue(
        client_id=greedy.id,
        scopes=frozenset(declared),
        subject=looked["sub"],
        grant_id=read("grant", looked["sid"]),
        acr=looked["acr"],
        now=parts.database.clock(),
    )
    doors = 0
    for rule in app.url_map.iter_rules():
        guard = getattr(app.view_functions[rule.endpoint], "guard", None)
        if guard is None or guard.kind != "token" or guard.of != "citizen" or guard.scope is None:
            continue
        open_to_it = declared[guard.scope].askable
        for token in (tokens["access_token"], forged):
            for method in rule.methods - {"HEAD", "OPTIONS"}:
                answer = client.open(
                    rule.rule.replace("<", "").replace(">", ""),
                    method=method,
                    headers={"Authorization": f"Bearer {token}"},
                )
                assert (answer.status_code == 403) is (not open_to_it), (rule.rule, method)
                doors += 1
    assert doors > 20


@pytest.mark.parametrize("path", ["/me", "/favourites", "/me/second-factor"])
def test_pages_of_a_person_open_to_no_partner(client, planner, browser, path):
    tokens = let_in(planner, browser)

    by_header = client.get(path, headers={"Authorization": f"Bearer {tokens['access_token']}"})
    client.set_cookie("hub_access", tokens["access_token"])
    by_cookie = client.get(path)

    for answer in (by_header, by_cookie):
        assert answer.headers["Location"].startswith("/sign-in?")


def test_a_partners_token_in_a_cookie_opens_no_door(client, planner, browser):
    tokens = let_in(planner, browser, scope="citizen.profile:read")
    client.set_cookie("hub_access", tokens["access_token"])
    client.set_cookie("hub_csrf", browser.csrf)

    assert client.get("/v1/me").status_code == 401
    refused = client.patch("/v1/me", json={}, headers={"X-CSRF-Token": browser.csrf})
    assert refused.status_code == 401


def test_the_librarys_own_decorators_take_no_partners_token(app, planner, browser):
    from flask_jwt_extended import jwt_required

    tokens = let_in(planner, browser)
    with (
        app.test_request_context(headers={"Authorization": f"Bearer {tokens['access_token']}"}),
        pytest.raises(identity.AccessTokenRefused),
    ):
        jwt_required()(lambda: None)()


def test_a_pairwise_subject_of_another_client_is_nobody(
    client, planner, register, browser, parts, issuer_of
):
    tokens = let_in(planner, browser, scope="citizen.profile:read")
    looked = planner.introspect(tokens["access_token"])
    other = register()

    for subject in (looked["sub"], "x", looked["sub"][:-2] + "AA", browser.somebody.id):
        token = issuer_of().issue(
            client_id=other.id,
            scopes=frozenset({"citizen.profile:read"}),
            subject=subject,
            grant_id=read("grant", looked["sid"]),
            acr="urn:city:loa:1",
            now=parts.database.clock(),
        )
        assert status(client, token) == 401
