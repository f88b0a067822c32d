"""Closing an account: a week to think, then nothing is left but what a law wants kept."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import event, insert, text

from blueprints.citizen import access_log, closure, exports
from hub import audit, identity, privacy
from hub.audit.verifying import verify
from hub.kernel import ids
from hub.kernel.db import Base
from hub.kernel.work import SYSTEM
from tests.factories.authenticators import Authenticator
from tests.factories.consents import given
from tests.factories.planted import Planted, everything_in_the_database, in_full, left_of

from .conftest import bearer
from .credentials import Member
from .test_passkeys import add
from .test_recoveries import complete, enter, recover


def key():
    return {"Idempotency-Key": uuid4().hex}


def ask(client, person, **wanted):
    return client.post("/v1/me/closure", json=wanted, headers=person.headers | key())


def pass_a_week_and_close(parts, clock):
    clock.move(days=7, minutes=1)
    closure.close_accounts(parts)


def erase(parts, clock):
    while access_log.seal(parts):
        pass
    clock.move(minutes=16)
    closure.close_accounts(parts)


def closed_and_erased(client, parts, clock, person):
    assert ask(client, person).status_code == 202
    pass_a_week_and_close(parts, clock)
    erase(parts, clock)


def faults_of_the_log(parts):
    """What is wrong with the sealed log: no hash, and no erasure that it does not declare."""
    access_log.seal(parts)
    report = parts.database.run(lambda work: verify(work, parts.root(), (), lambda _: None), SYSTEM)
    return report.wrong


def state_of(parts, person):
    with parts.database.reads() as connection:
        return connection.scalar(
            text("SELECT state FROM identity_person WHERE id = :id"), {"id": person.person_id}
        )


@pytest.fixture
def li(city):
    return city.citizen("li")


@pytest.fixture
def wang(city):
    return city.citizen("wang")


def test_nothing_personal_is_left_but_what_is_declared_kept(
    app, client, parts, clock, outbox, li, wang
):
    # Other tests revoke keys that signed this log; that is not of an erasure.
    known = faults_of_the_log(parts)
    planted, others = Planted(parts, li.person_id), Planted(parts, wang.person_id)
    before = left_of(parts, wang.person_id)

    closed_and_erased(client, parts, clock, in_full(app, parts, li))

    left = left_of(parts, li.person_id)
    assert {name for name, (said, _) in left.items() if said.erase == "delete"} == set()
    assert [
        name
        for name, (said, value) in left.items()
        if said.erase == "blank" and value != said.blank
    ] == []
    kept = {name.rpartition(".")[0] for name, (said, _) in left.items() if said.erase == "keep"}
    for word in planted.texts():
        assert set(everything_in_the_database(parts, word)) <= kept
    assert {"consent_consent", "consent_event"} <= kept
    assert state_of(parts, li) == "closed"
    assert faults_of_the_log(parts) == known
    assert left_of(parts, wang.person_id) == before
    assert all(everything_in_the_database(parts, word) for word in others.texts()[:3])


def test_the_account_works_for_a_week_and_can_be_kept(client, parts, clock, outbox, phone, li):
    due = ask(client, li).json["due_at"]
    assert client.get("/v1/me/closure", headers=li.headers).json["due_at"] == due
    assert ask(client, li).json["type"].endswith("/problems/closure-under-way")
    clock.move(days=6, hours=23)
    closure.close_accounts(parts)
    tokens = bearer(phone.refresh(li.tokens.refresh_token).json)

    assert client.get("/v1/me", headers=tokens).status_code == 200
    assert client.delete("/v1/me/closure", headers=tokens).status_code == 204
    assert client.delete("/v1/me/closure", headers=tokens).status_code == 404
    clock.move(days=1)
    closure.close_accounts(parts)

    assert state_of(parts, li) == "active"
    assert client.get("/v1/me/closure", headers=tokens).status_code == 401  # ten minutes are over
    assert outbox.of(li.id)[-1] != "identity.person_closed"


def test_closing_needs_a_recent_sign_in(client, clock, phone, li):
    clock.move(minutes=11)
    headers = bearer(phone.refresh(li.tokens.refresh_token).json)

    refused = client.post("/v1/me/closure", json={}, headers=headers | key())

    assert refused.status_code == 401
    assert refused.json["type"].endswith("/problems/stronger-sign-in-needed")


def test_a_code_alone_does_not_close_a_protected_account(client, parts, li):
    Planted(parts, li.person_id)  # among others a password and an authenticator app

    refused = ask(client, li)

    assert refused.status_code == 401
    assert refused.json["acr_values"] == "urn:city:loa:2"


def test_all_sessions_can_end_at_once(client, li):
    assert ask(client, li, sign_out_everywhere=True).status_code == 202

    assert client.get("/v1/me", headers=li.headers).status_code == 401


def test_with_the_closing_every_session_ends_and_the_number_is_free(
    client, parts, clock, phone, outbox, li
):
    ask(client, li)
    clock.move(days=7, minutes=1)
    refreshed = phone.refresh(li.tokens.refresh_token).json
    assert client.get("/v1/me", headers=bearer(refreshed)).status_code == 200

    closure.close_accounts(parts)

    assert client.get("/v1/me", headers=bearer(refreshed)).status_code == 401
    assert phone.refresh(refreshed["refresh_token"]).status_code == 401
    again = phone.sign_in(li.phone)
    assert again.status_code == 200
    assert client.get("/v1/me", headers=bearer(again.json)).json["id"] != li.id


def test_a_sign_in_under_way_leads_to_a_new_account_not_to_the_closed_one(
    client, parts, clock, phone, li
):
    ask(client, li)
    clock.move(days=7, minutes=1)
    login = phone.ask(li.phone).json["login"]
    code = phone.code(li.phone)

    closure.close_accounts(parts)

    assert phone.enter(login, code).status_code == 409


def test_a_recovery_that_waits_does_not_open_the_closed_account(
    client, parts, clock, phone, a_telephone_number
):
    member = Member(phone, a_telephone_number, clock)
    add(member, Authenticator())
    assert member.post("/v1/me/closure", {}).status_code == 202
    clock.move(minutes=2)
    recovery = recover(phone, enter(phone, member.number)[0]).json["recovery"]
    clock.move(days=7)
    closure.close_accounts(parts)

    refused = complete(phone, recovery, member.number)

    assert (refused.status_code, refused.json["type"]) == (404, "/problems/recovery-not-there")


def test_what_others_were_allowed_ends_with_the_account(client, parts, clock, outbox, li):
    one = given(parts, li, recipient="client_tours")
    ask(client, li)

    pass_a_week_and_close(parts, clock)
    outbox.deliver()
    outbox.deliver()

    with parts.database.reads() as connection:
        withdrawn = connection.execute(
            text("SELECT withdrawn_at, withdrawn_by FROM consent_consent WHERE id = :id"),
            {"id": one.id},
        ).one()
    assert withdrawn.withdrawn_at is not None
    assert outbox.of(li.id).count("consent.consent_withdrawn") == 1


def test_a_kill_in_the_middle_and_a_repetition_are_harmless(client, parts, clock, li, wang):
    Planted(parts, wang.person_id)
    others = left_of(parts, wang.person_id)
    ask(client, li)
    pass_a_week_and_close(parts, clock)
    clock.move(minutes=16)
    access_log.seal(parts)
    whole = left_of(parts, li.person_id)

    class Killed(BaseException):
        pass

    def die_late(_connection, _cursor, statement, *_):
        if statement.startswith("DELETE FROM identity_session"):
            raise Killed

    event.listen(parts.database.engine, "before_cursor_execute", die_late)
    try:
        with pytest.raises(Killed):
            closure.close_accounts(parts)
    finally:
        event.remove(parts.database.engine, "before_cursor_execute", die_late)
    assert left_of(parts, li.person_id).keys() == whole.keys()

    closure.close_accounts(parts)
    done = left_of(parts, li.person_id)
    closure.close_accounts(parts)

    assert left_of(parts, li.person_id) == done
    assert not [name for name, (said, _) in done.items() if said.erase == "delete"]
    assert left_of(parts, wang.person_id) == others


def test_eight_workers_erase_once(client, parts, clock, outbox, li):
    ask(client, li)
    clock.move(days=7, minutes=1)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: closure.close_accounts(parts), range(8)))
    clock.move(minutes=16)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: closure.close_accounts(parts), range(8)))

    assert outbox.of(li.id).count("identity.person_closed") == 1
    with parts.database.reads() as connection:
        erased = connection.scalar(
            text(
                "SELECT count(*) FROM audit_entry JOIN privacy_closure AS closure"
                " ON person_id = :id WHERE action = 'privacy.account_erased'"
                " AND subject LIKE 'closure_%' AND at = erased_at"
            ),
            {"id": li.person_id},
        )
    assert erased == 1


def test_two_wishes_at_once_are_one(app, parts, li):
    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(lambda _: ask(app.test_client(), li).status_code, range(8)))

    assert sorted(codes) == [202] + [409] * 7


def test_a_copy_that_was_asked_for_goes_too(client, parts, clock, outbox, li):
    asked = client.post("/v1/me/exports", headers=li.headers | key()).json["id"]
    outbox.deliver()
    closed_and_erased(client, parts, clock, li)

    event_of = privacy.ExportAsked(person_id=li.person_id, export_id=ids.read("export", asked))
    exports.make_export(parts, event_of)  # delivered once more, late

    with parts.database.reads() as connection:
        left = text("SELECT count(*) FROM privacy_export WHERE person_id = :id")
        assert connection.scalar(left, {"id": li.person_id}) == 0


def test_a_row_that_is_not_sealed_yet_keeps_the_erasure_waiting(client, parts, clock, li):
    ask(client, li)
    pass_a_week_and_close(parts, clock)
    parts.database.run(
        lambda work: audit.read(
            work,
            about=li.person_id,
            register="population",
            purpose="late",
            basis="legal_duty",
            fields=["name"],
        ),
        SYSTEM,
    )
    clock.move(minutes=16)

    closure.close_accounts(parts)
    waiting = left_of(parts, li.person_id)
    erase(parts, clock)

    assert "identity_session.device_name" in waiting
    assert not any(said.erase == "delete" for said, _ in left_of(parts, li.person_id).values())


def test_one_that_fails_keeps_no_other_waiting(client, parts, clock, li, wang, monkeypatch):
    for person in (li, wang):
        ask(client, person)
    clock.move(days=7, minutes=1)
    honest = identity.close

    def close(work, person_id):
        if person_id == li.person_id:
            raise RuntimeError
        honest(work, person_id)

    with monkeypatch.context() as patched:
        patched.setattr(identity, "close", close)
        closure.close_accounts(parts)

    assert (state_of(parts, li), state_of(parts, wang)) == ("active", "closed")
    closure.close_accounts(parts)
    assert state_of(parts, li) == "closed"


def test_nobody_acts_any_more_for_or_as_somebody_who_has_left(client, parts, clock, city, li, wang):
    zhang = city.citizen("zhang")
    given_away, held = a_mandate(parts, li, wang), a_mandate(parts, zhang, li)
    between_others = a_mandate(parts, zhang, wang)
    ask(client, li)

    pass_a_week_and_close(parts, clock)

    with parts.database.reads() as connection:
        states = dict(
            connection.execute(
                text("SELECT id, state FROM identity_mandate WHERE id = ANY(:ids)"),
                {"ids": [given_away, held, between_others]},
            ).all()
        )
    assert states == {given_away: "ended", held: "ended", between_others: "active"}


def a_mandate(parts, giver, holder):
    """An active mandate, straight into its table: how one comes about, test_mandates.py shows."""
    mandate = Base.metadata.tables["identity_mandate"]
    now, made = parts.database.clock(), ids.new_id()
    values = {
        "id": made,
        "kind": "mandate",
        "state": "active",
        "giver_id": giver.person_id,
        "holder_id": holder.person_id,
        "given_by": giver.person_id,
        "scopes": ["citizen.profile:read"],
        "acts_done": 0,
        "may_delegate": False,
        "starts_at": now,
        "until": now + timedelta(days=90),
        "offered_at": now,
        "offer_until": now + timedelta(days=1),
        "offered_through": "app",
        "accepted_at": now,
        "accepted_through": "app",
    }
    parts.database.run(lambda work: work.session.execute(insert(mandate).values(values)), SYSTEM)
    return made
