"""Officers: appointed, on duty, off duty, and never a citizen with more rights."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from hub import identity
from hub.kernel import changes
from hub.kernel.ids import read, show
from hub.kernel.work import SYSTEM
from hub.parts import build_parts
from hub.web import scopes_of, tokens
from hub.web.scopes import Scopes

ADMINISTRATOR = "identity:administrator"
AUDITOR = "identity:auditor"


def post(client, path, body=None, headers=None, key=None):
    sent = {"Idempotency-Key": key or uuid4().hex, **(headers or {})}
    return client.post(path, json=body or {}, headers=sent)


def begin(client, somebody, **body):
    return post(client, "/v1/officers/duties", body, somebody.headers)


def bearer(answer):
    return {"Authorization": f"Bearer {answer.json['access_token']}"}


def appointing(person, role, clock, days=30.0):
    until = (clock() + timedelta(days=days)).isoformat()
    return {"person": person, "role": role, "service_name": "Sun Li (synthetic)", "until": until}


def claims_of(app, token, parts):
    with app.app_context():
        return tokens.verifier(parts).verify(token, parts.database.clock())


def test_an_appointed_person_goes_on_duty_and_acts_as_an_officer(client, city):
    somebody = city.surely("sun")
    city.appoint(somebody, AUDITOR)

    begun = begin(client, somebody, device_name="Counter 3")
    me = client.get("/v1/officers/me", headers=bearer(begun)).json

    assert begun.status_code == 201
    assert begun.json["scope"] == "identity.appointment:read identity.desk:use"
    assert me["id"] == begun.json["officer"] != somebody.id
    assert [one["role"] for one in me["appointments"]] == [AUDITOR]
    # Their sign-in as a citizen stays what it was, and shows the duty among their devices.
    sessions = client.get("/v1/me/sessions", headers=somebody.headers).json["items"]
    assert "Counter 3" in [one["device_name"] for one in sessions]


def test_a_code_by_message_is_not_enough_for_a_duty(client, city, clock):
    weak, sure = city.citizen("sun"), city.surely("sun")
    city.appoint(weak, AUDITOR)

    assert begin(client, weak).json["type"] == "/problems/stronger-sign-in-needed"
    clock.move(minutes=9)
    assert begin(client, sure).status_code == 201
    with_fresh_access = city.surely("sun")
    clock.move(minutes=2)
    assert begin(client, with_fresh_access).status_code == 201


def test_a_sure_sign_in_of_this_morning_is_not_enough_either(app, client, city, clock, parts):
    somebody = city.surely("sun")
    city.appoint(somebody, AUDITOR)
    clock.move(minutes=11)
    body = {"refresh_token": somebody.tokens.refresh_token}
    renewed = client.post("/v1/sign-in/refreshes", json=body)

    refused = post(client, "/v1/officers/duties", {}, bearer(renewed))

    assert refused.status_code == 401
    assert refused.json["max_age"] == 600


def test_who_holds_no_office_is_told_so(client, city):
    somebody = city.surely("sun")

    assert begin(client, somebody).json["type"] == "/problems/not-in-office"


def city_end(city, appointment):
    city._parts.database.run(
        lambda work: identity.officers.end_appointment(work, appointment), SYSTEM
    )


def test_no_citizens_token_ever_carries_a_scope_of_officers(app, client, city, parts):
    """Walks all declared scopes: not even an administrator has one of them as a citizen."""
    declared = scopes_of(parts).all
    of_officers = {name for name, scope in declared.items() if scope.of == "officer"}
    officer = city.officer(ADMINISTRATOR)
    as_citizen = officer.somebody.tokens
    renewed = client.post(
        "/v1/sign-in/refreshes", json={"refresh_token": as_citizen.refresh_token}
    ).json

    assert {"identity.appointment:manage", "identity.desk:use"} <= of_officers
    with app.app_context():
        assert not of_officers & tokens.first_party_scopes()
    for token in (as_citizen.access_token, renewed["access_token"]):
        assert not of_officers & claims_of(app, token, parts).principal.scopes
    assert not of_officers & scopes_of(parts).askable()
    assert not of_officers & scopes_of(parts).of_partners()


def test_an_officers_token_opens_no_door_of_a_citizen_and_the_other_way_round(
    app, client, city, parts
):
    """Walks all routes, also with tokens that say they may do everything."""
    officer = city.officer(ADMINISTRATOR)
    with app.app_context():
        issuer = tokens.issuer()
    everything = {
        "scopes": frozenset(scopes_of(parts).all),
        "acr": identity.LOA_STRONG,
        "auth_time": parts.database.clock(),
        "now": parts.database.clock(),
    }
    in_office = issuer.issue(
        client_id=identity.CITY_DESK,
        subject=officer.id,
        session_id=officer.tokens.session_id,
        **everything,
    )
    as_citizen = issuer.issue(
        client_id=identity.CITY_APP,
        person_id=officer.somebody.person_id,
        session_id=officer.somebody.tokens.session_id,
        **everything,
    )
    doors = 0
    for rule in app.url_map.iter_rules():
        guard = getattr(app.view_functions[rule.endpoint], "guard", None)
        if guard is None or guard.kind != "token" or guard.scope is None:
            continue
        for token, kind in ((in_office, "officer"), (as_citizen, "citizen")):
            for method in rule.methods - {"HEAD", "OPTIONS"}:
                if guard.of == kind:
                    continue
                answer = client.open(
                    rule.rule.replace("<", "").replace(">", ""),
                    method=method,
                    headers={"Authorization": f"Bearer {token}"},
                )
                assert answer.status_code == 403, (rule.rule, method, kind)
                doors += 1
    assert doors > 30


@pytest.mark.parametrize("path", ["/me", "/favourites", "/me/security"])
def test_pages_of_a_person_open_to_no_officer(client, city, path):
    client.set_cookie("hub_access", city.officer(AUDITOR).tokens.access_token)

    assert client.get(path).headers["Location"].startswith("/sign-in?")


def test_an_ended_appointment_is_over_with_the_next_request(client, city, as_officer):
    officer = city.officer(AUDITOR)
    assert client.get("/v1/officers/me", headers=officer.headers).status_code == 200

    path = f"/v1/officers/appointments/{show('appointment', officer.appointment_id)}"
    for _ in range(2):  # twice is harmless
        ended = client.delete(path, headers=as_officer(ADMINISTRATOR))
        assert ended.status_code == 200

    assert ended.json["ended_by"].startswith("officer_")
    assert client.get("/v1/officers/me", headers=officer.headers).status_code == 401
    body = {"refresh_token": officer.tokens.refresh_token}
    assert client.post("/v1/sign-in/refreshes", json=body).status_code == 401
    assert client.get("/v1/me", headers=officer.somebody.headers).status_code == 200
    assert begin(client, city.surely(f"Officer of {AUDITOR}")).status_code == 403


def test_another_process_hears_of_it_within_two_seconds_and_at_once_where_it_matters(
    settings, city
):
    officer = city.officer(AUDITOR)
    elsewhere = build_parts(settings, application="hub-elsewhere")
    liveness = identity.Liveness(elsewhere.database, elsewhere.watch)
    changes._watches.discard(elsewhere.watch)  # as another process: nothing but the table tells it
    duty, now = officer.tokens.session_id, elsewhere.database.clock
    try:
        deadline = time.monotonic() + 10
        while not elsewhere.watch.fresh:
            assert time.monotonic() < deadline
        assert liveness.lives(duty, now=now())

        city_end(city, officer.appointment_id)
        ended = time.monotonic()
        assert not liveness.lives(duty, now=now(), at_once=True)
        while liveness.lives(duty, now=now()):
            assert time.monotonic() - ended < 2
    finally:
        elsewhere.watch.stop()
        elsewhere.database.dispose()


def test_an_appointment_that_runs_out_ends_the_duty_to_the_second(client, city, clock):
    somebody = city.surely("sun")
    city.appoint(somebody, AUDITOR, days=5 / (24 * 60))

    begun = begin(client, somebody)

    assert 290 <= begun.json["expires_in"] <= 300
    assert client.get("/v1/officers/me", headers=bearer(begun)).status_code == 200
    clock.move(minutes=5)
    assert client.get("/v1/officers/me", headers=bearer(begun)).status_code == 401
    body = {"refresh_token": begun.json["refresh_token"]}
    assert client.post("/v1/sign-in/refreshes", json=body).status_code == 401


def test_a_duty_is_refreshed_and_ends_with_the_day(client, city, clock):
    somebody = city.surely("sun")
    city.appoint(somebody, AUDITOR)
    begun = begin(client, somebody)
    clock.move(minutes=11)

    renewed = client.post(
        "/v1/sign-in/refreshes", json={"refresh_token": begun.json["refresh_token"]}
    )

    assert renewed.json["scope"] == begun.json["scope"]
    assert (
        client.get("/v1/officers/me", headers=bearer(renewed)).json["id"] == (begun.json["officer"])
    )
    clock.move(hours=12)
    body = {"refresh_token": renewed.json["refresh_token"]}
    assert client.post("/v1/sign-in/refreshes", json=body).status_code == 401


def test_an_officer_goes_off_duty(client, city):
    officer = city.officer(AUDITOR)

    ended = client.delete("/v1/officers/duties/current", headers=officer.headers)

    assert ended.status_code == 204
    assert client.get("/v1/officers/me", headers=officer.headers).status_code == 401


def test_signing_out_everywhere_ends_the_duty_as_well(client, city):
    officer = city.officer(AUDITOR)

    post(client, "/v1/me/sign-out-everywhere", headers=officer.somebody.headers)

    assert client.get("/v1/officers/me", headers=officer.headers).status_code == 401


def test_a_duty_begun_while_the_appointment_ends_does_not_survive_it(app, client, city, parts):
    for _ in range(6):
        somebody = city.surely(f"sun {uuid4()}")
        appointment = city.appoint(somebody, AUDITOR)
        with ThreadPoolExecutor(2) as pool:
            ended = pool.submit(city_end, city, appointment)
            begun = pool.submit(begin, app.test_client(), somebody).result()
            ended.result()
        if begun.status_code == 201:
            assert client.get("/v1/officers/me", headers=bearer(begun)).status_code == 401
        else:
            assert begun.status_code == 403


def test_an_administrator_appoints_and_everybody_who_may_sees_it(client, city, as_officer, clock):
    headers, person = as_officer(ADMINISTRATOR), city.citizen("sun")

    made = post(client, "/v1/officers/appointments", appointing(person.id, AUDITOR, clock), headers)
    listed = client.get("/v1/officers/appointments?limit=1", headers=as_officer(AUDITOR)).json

    assert made.json["state"] == "in_force"
    assert made.json["appointment"]["appointed_by"] == city.officer(ADMINISTRATOR).id
    assert listed["next"] is not None
    assert begin(client, city.surely("sun")).status_code == 201
    refused = post(
        client,
        "/v1/officers/appointments",
        appointing(person.id, AUDITOR, clock),
        as_officer(AUDITOR),
    )
    assert (refused.status_code, refused.json["scope"]) == (403, "identity.appointment:manage")


@pytest.mark.parametrize(
    ("role", "days", "pointer"),
    [
        ("identity:king", 1, "/role"),
        ("auditor", 1, "/role"),
        (AUDITOR, -1, "/until"),
        (AUDITOR, 731, "/until"),
    ],
)
def test_appointments_that_cannot_be_made(client, city, as_officer, clock, role, days, pointer):
    refused = post(
        client,
        "/v1/officers/appointments",
        appointing(city.citizen("sun").id, role, clock, days),
        as_officer(ADMINISTRATOR),
    )

    assert refused.status_code == 422
    assert [error["pointer"] for error in refused.json["errors"]] == [pointer]


def test_nobody_appoints_themselves_or_a_stranger(client, city, clock):
    officer = city.officer(ADMINISTRATOR)

    for role in (AUDITOR, ADMINISTRATOR):
        mine = appointing(officer.somebody.id, role, clock)
        own = post(client, "/v1/officers/appointments", mine, officer.headers)
        assert own.json["type"] == "/problems/own-deed"
    nobody = appointing(show("person", uuid4()), AUDITOR, clock)
    assert post(client, "/v1/officers/appointments", nobody, officer.headers).status_code == 404


def ask_for_administrator(client, city, clock, name="sun"):
    asked = post(
        client,
        "/v1/officers/appointments",
        appointing(city.citizen(name).id, ADMINISTRATOR, clock),
        city.officer(ADMINISTRATOR).headers,
    )
    assert (asked.status_code, asked.json["state"]) == (201, "waiting")
    return asked.json["approval"]["id"]


def decide(client, approval, officer, decision="approved", key=None):
    path = f"/v1/officers/approvals/{approval}/decisions"
    return post(client, path, {"decision": decision}, officer.headers, key)


def test_an_administrator_takes_two(client, city, clock):
    approval = ask_for_administrator(client, city, clock)
    second = city.officer(ADMINISTRATOR, "Second")

    assert begin(client, city.surely("sun")).status_code == 403
    waiting = client.get("/v1/officers/approvals?limit=100", headers=second.headers).json["items"]
    assert approval in [one["id"] for one in waiting]
    agreed = decide(client, approval, second)

    assert agreed.json["decision"] == "approved"
    assert agreed.json["asked_by"] == city.officer(ADMINISTRATOR).id
    assert agreed.json["decided_by"] == second.id
    begun = begin(client, city.surely("sun"))
    assert "identity.appointment:manage" in begun.json["scope"]


def test_never_the_same_officer(client, city, clock, db):
    approval = ask_for_administrator(client, city, clock)
    first = city.officer(ADMINISTRATOR)

    refused = decide(client, approval, first)

    assert (refused.status_code, refused.json["type"]) == (403, "/problems/own-deed")
    with db.reads() as connection, pytest.raises(Exception, match="four_eyes"):
        connection.execute(
            text(
                "UPDATE identity_approval SET decision = 'approved', decided_by = asked_by,"
                " decided_at = now() WHERE id = :id"
            ),
            {"id": read("approval", approval)},
        )


def test_only_who_has_the_scope_sees_and_decides(client, city, clock):
    approval = ask_for_administrator(client, city, clock)
    auditor = city.officer(AUDITOR)

    refused = decide(client, approval, auditor)

    assert (refused.status_code, refused.json["scope"]) == (403, "identity.appointment:manage")
    assert client.get("/v1/officers/approvals", headers=auditor.headers).json["items"] == []


def test_a_decision_is_taken_once(app, client, city, clock):
    approval = ask_for_administrator(client, city, clock)
    seconds = [city.officer(ADMINISTRATOR, f"Second {number}") for number in range(6)]

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda one: decide(app.test_client(), approval, one), seconds))

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409, 409]
    listed = client.get("/v1/officers/appointments?limit=100", headers=seconds[0].headers).json
    winner = next(answer.json["decided_by"] for answer in answers if answer.status_code == 201)
    made = [one for one in listed["items"] if one["appointed_by"] == winner]
    assert [one["role"] for one in made] == [ADMINISTRATOR]


def test_what_was_refused_is_not_done(client, city, clock):
    approval = ask_for_administrator(client, city, clock)
    second = city.officer(ADMINISTRATOR, "Second")

    assert decide(client, approval, second, "refused").json["decision"] == "refused"

    assert decide(client, approval, second).json["type"] == "/problems/approval-over"
    assert begin(client, city.surely("sun")).status_code == 403


def test_nobody_decides_after_three_days(client, city, clock):
    approval = ask_for_administrator(client, city, clock)
    clock.move(days=3)
    late = city.officer(ADMINISTRATOR, "Late")

    assert decide(client, approval, late).json["type"] == "/problems/approval-over"
    waiting = client.get("/v1/officers/approvals?limit=100", headers=late.headers).json["items"]
    assert approval not in [one["id"] for one in waiting]


def test_an_approval_that_can_be_done_no_more_stays_undecided(client, city, clock, db):
    """Decision and deed are one transaction: what cannot be done was not approved."""
    until = clock() + timedelta(hours=1)
    body = appointing(city.citizen("sun").id, ADMINISTRATOR, clock) | {"until": until.isoformat()}
    asked = post(client, "/v1/officers/appointments", body, city.officer(ADMINISTRATOR).headers)
    clock.move(hours=2)

    late = city.officer(ADMINISTRATOR, "Late")
    refused = decide(client, asked.json["approval"]["id"], late)

    assert refused.status_code == 422
    waiting = client.get("/v1/officers/approvals?limit=100", headers=late.headers).json["items"]
    assert asked.json["approval"]["id"] in [one["id"] for one in waiting]


def test_audit_and_events_say_that_an_officer_acted(client, city, clock, db):
    approval = ask_for_administrator(client, city, clock)
    first, second = city.officer(ADMINISTRATOR), city.officer(ADMINISTRATOR, "Second")
    decide(client, approval, second)

    with db.reads() as connection:
        acts = connection.execute(
            text(
                "SELECT action, actor_kind, actor_id, details FROM audit_entry"
                " WHERE subject = :subject ORDER BY id"
            ),
            {"subject": approval},
        ).all()
        events = connection.execute(
            text(
                "SELECT type, actor_kind, actor_id FROM kernel_outbox"
                " WHERE subject = :subject ORDER BY sequence"
            ),
            {"subject": approval},
        ).all()

    assert [tuple(act)[:3] for act in acts] == [
        ("identity.approval_asked", "officer", first.id),
        ("identity.approval_decided", "officer", second.id),
    ]
    assert acts[1].details["asked_by"] == first.id
    assert [tuple(event) for event in events] == [
        ("identity.approval_asked", "officer", first.id),
        ("identity.approval_decided", "officer", second.id),
    ]


def test_a_role_holds_scopes_of_officers_only():
    from hub.web import Scope

    declared = Scopes()
    declared.declare([Scope("some.record:read"), Scope("some.desk:use", of="officer")])

    declared.appoint("some", {"clerk": frozenset({"some.desk:use"})})
    assert set(declared.roles) == {"some:clerk"}
    for strange in ("some.record:read", "nowhere:declared"):
        with pytest.raises(ValueError, match="no scope of officers"):
            declared.appoint("some", {"thief": frozenset({strange})})


def test_every_door_of_officers_opens_to_some_role(app, parts):
    held = frozenset().union(*scopes_of(parts).roles.values(), {identity.officers.DESK})
    demanded = {
        view.guard.scope
        for view in app.view_functions.values()
        if getattr(view, "guard", None) and view.guard.of == "officer"
    }

    assert demanded
    assert demanded <= held
