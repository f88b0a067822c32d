"""A verified name: handed in, asked of the register, one account a person, erased on withdrawal."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from uuid import uuid4

import pytest
from sqlalchemy import text

from blueprints.citizen import access_log, closure, real_name
from hub import identity
from hub.identity import real_name_checks, real_names
from hub.identity.population_gateway import Answer, RegisterAway
from hub.kernel.ids import show
from hub.kernel.work import SYSTEM
from tests.factories.residents import card_of, number, passport, resident

PATH = "/v1/me/real-name"


def hand_in(client, headers, body):
    return client.post(PATH, json=body, headers={**headers, "Idempotency-Key": uuid4().hex})


def stands(client, headers):
    return client.get(PATH, headers=headers).json


@pytest.fixture
def verified(client, city, db, outbox):
    """Makes a citizen's name verified; who they are in the register."""

    def make(citizen, **more):
        found = resident(db, **more)
        assert hand_in(client, city.as_citizen(citizen), card_of(found)).status_code == 202
        outbox.deliver()
        assert stands(client, city.as_citizen(citizen))["state"] == "verified"
        return found

    return make


def test_a_name_is_verified_by_the_register(client, city, db, outbox):
    li, found = city.citizen("li"), resident(db, "李伟")
    before = stands(client, li.headers)

    sent = hand_in(client, li.headers, card_of(found))
    meanwhile = stands(client, li.headers)
    outbox.deliver()
    after = stands(client, li.headers)

    assert before == {"state": "none"}
    plain = found.documents[0][0].number
    masked = f"{plain[:6]}********{plain[-4:]}"
    assert (sent.status_code, sent.json["state"], meanwhile["state"]) == (202, "pending", "pending")
    assert (after["state"], after["number"], after["name"]) == ("verified", masked, "*伟")
    assert after["provider_reference"].startswith("SIM-")
    told = [kind for kind in outbox.of(li.id) if "real_name" in kind]
    assert told == ["identity.real_name_submitted", "identity.real_name_verified"]


def test_a_foreigner_by_a_passport(client, city, db, outbox):
    document = passport()
    found = resident(db, "ÉLODIE MARTIN", more=[document])
    body = {
        **card_of(found),
        "kind": "passport",
        "issuing_state": "UTO",
        "number": document.number.lower(),
        "name": "Martin, Elodie",
    }

    hand_in(client, city.as_citizen("elodie"), body)
    outbox.deliver()

    after = stands(client, city.as_citizen("elodie"))
    assert (after["state"], after["issuing_state"]) == ("verified", "UTO")
    assert after["name"] == "M****** E*****"


@pytest.mark.parametrize(
    ("changed", "more", "reason", "page"),
    [
        ({"name": "王五"}, {}, "no_match", "real-name-not-confirmed"),
        ({"number": number()}, {}, "no_match", "real-name-not-confirmed"),
        ({}, {"state": "expired"}, "not_current", "document-not-current"),
        ({}, {"state": "lost"}, "not_current", "document-not-current"),
    ],
)
def test_what_the_register_does_not_confirm(client, city, db, outbox, changed, more, reason, page):
    found = resident(db, **more)

    hand_in(client, city.as_citizen("li"), {**card_of(found), **changed})
    outbox.deliver()

    after = stands(client, {**city.as_citizen("li"), "Accept-Language": "ru"})
    assert (after["state"], after["reason"]) == ("refused", reason)
    assert after["refusal"]["type"] == f"/problems/{page}"
    assert any("а" <= letter <= "я" for letter in after["refusal"]["title"])
    assert "number" not in after
    assert client.get(after["refusal"]["type"]).status_code == 200


def test_a_child_has_no_account_of_its_own(client, city, db, outbox):
    child = resident(db, born_on=date(2020, 2, 2))
    by_card = hand_in(client, city.as_citizen("mei"), card_of(child))
    document = passport()
    child = resident(db, "MEI CHILD", born_on=date(2020, 2, 2), more=[document])
    by_passport = {
        **card_of(child),
        "kind": "passport",
        "issuing_state": "UTO",
        "number": document.number,
    }

    sent = hand_in(client, city.as_citizen("mei"), by_passport)
    outbox.deliver()

    assert (by_card.status_code, by_card.json["type"]) == (403, "/problems/guardian-needed")
    assert sent.status_code == 202
    after = stands(client, city.as_citizen("mei"))
    assert (after["reason"], after["refusal"]["type"]) == ("under_14", "/problems/guardian-needed")


def test_a_slip_of_the_finger_is_said_at_its_field(client, city):
    body = {
        "kind": "resident_card",
        "number": "11010519491231002０",
        "name": "李伟",
        "sensitive_consent": True,
    }

    refused = hand_in(client, city.as_citizen("li"), body)

    assert (refused.status_code, refused.json["type"]) == (422, "/problems/document-not-usable")
    assert [error["pointer"] for error in refused.json["errors"]] == ["/number"]
    assert "110105" not in refused.text
    assert stands(client, city.as_citizen("li")) == {"state": "none"}


def test_the_document_needs_an_agreement_of_its_own(client, city, db):
    body = {**card_of(resident(db)), "sensitive_consent": False}

    refused = hand_in(client, city.as_citizen("li"), body)

    assert refused.json["type"] == "/problems/sensitive-consent-needed"
    assert stands(client, city.as_citizen("li")) == {"state": "none"}


def test_one_person_has_one_verified_account(client, city, verified, outbox, db):
    document = passport()
    found = verified("li", more=[document])

    for body in (
        card_of(found),
        {**card_of(found), "number": card_of(found)["number"].replace("X", "x")},
        {**card_of(found), "kind": "passport", "issuing_state": "UTO", "number": document.number,
         "name": "ZHANG SAN"},
    ):  # fmt: skip
        sent = hand_in(client, city.as_citizen("thief"), body)
        assert sent.status_code == 202  # nothing is told before the register has confirmed
        outbox.deliver()

    after = stands(client, city.as_citizen("thief"))
    assert after["state"] == "refused"
    assert stands(client, city.as_citizen("li"))["state"] == "verified"


def test_the_second_account_is_told_why_and_the_desk_can_help(
    client, city, verified, outbox, parts
):
    found = verified("old")
    hand_in(client, city.as_citizen("new"), card_of(found))
    outbox.deliver()
    taken = stands(client, city.as_citizen("new"))

    document = found.documents[0][0]
    released = parts.database.run(
        lambda work: real_names.release(work, parts.keyring, document, evidence="DESK-7"), SYSTEM
    )
    hand_in(client, city.as_citizen("new"), card_of(found))
    outbox.deliver()

    assert (taken["reason"], taken["refusal"]["type"]) == ("taken", "/problems/real-name-taken")
    assert released == 1
    assert stands(client, city.as_citizen("old"))["reason"] == "released"
    assert stands(client, city.as_citizen("new"))["state"] == "verified"


def test_a_race_for_one_name_has_one_winner(client, city, db, parts):
    found, people = resident(db), [city.citizen(f"racer {n}") for n in range(6)]
    claims = []
    for person in people:
        assert hand_in(client, person.headers, card_of(found)).status_code == 202
        with db.reads() as connection:
            claims.append(
                connection.scalar(
                    text("SELECT id FROM identity_real_name WHERE person_id = :id"),
                    {"id": person.person_id},
                )
            )
    answer = Answer("match", "SIM-1", found.reference, found.born_on)

    def conclude(claim):
        db.run(
            lambda work: real_name_checks.conclude(
                work, parts.keyring, claim, answer, today=date(2026, 11, 24)
            ),
            SYSTEM,
        )

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(conclude, claims))

    states = [stands(client, person.headers) for person in people]
    assert sorted(s["state"] for s in states) == ["refused"] * 5 + ["verified"]
    assert {s["reason"] for s in states if s["state"] == "refused"} == {"taken"}


def test_one_document_at_a_time(client, city, db, outbox):
    li, found = city.as_citizen("li"), resident(db)
    hand_in(client, li, card_of(found))

    pending = hand_in(client, li, card_of(found))
    outbox.deliver()
    stands_already = hand_in(client, li, card_of(resident(db)))

    assert pending.json["type"] == "/problems/real-name-under-way"
    assert stands_already.json["type"] == "/problems/real-name-stands"


def test_parallel_submissions_of_one_person_are_one(client, app, city, db):
    li = city.citizen("li")
    bodies = [card_of(resident(db)) for _ in range(6)]

    with ThreadPoolExecutor(6) as pool:
        sent = list(pool.map(lambda body: hand_in(app.test_client(), li.headers, body), bodies))

    assert sorted(s.status_code for s in sent) == [202] + [409] * 5


def test_tries_are_limited(client, city, db, outbox, clock):
    li, found = city.as_citizen("li"), resident(db)
    wrong = {**card_of(found), "name": "王五"}

    for _ in range(5):
        assert hand_in(client, li, wrong).status_code == 202
        outbox.deliver()
    limited = hand_in(client, li, card_of(found))

    assert limited.status_code == 429
    assert int(limited.headers["Retry-After"]) > 11 * 3600
    clock.move(hours=12)
    assert hand_in(client, city.as_citizen("li"), card_of(found)).status_code in (202, 401)


def test_withdrawing_erases(client, city, verified, db):
    verified("li")
    li = city.citizen("li")

    withdrawn = client.delete(PATH, headers=li.headers)
    again = client.delete(PATH, headers=li.headers)

    assert (withdrawn.status_code, again.status_code) == (204, 404)
    assert again.json["type"] == "/problems/no-real-name"
    after = stands(client, li.headers)
    assert (after["state"], after["reason"]) == ("revoked", "withdrawn")
    assert "number" not in after
    assert "name" not in after
    with db.reads() as connection:
        left = connection.execute(
            text(
                "SELECT number_sealed, number_index, name_sealed, register_index,"
                " register_reference_sealed FROM identity_real_name WHERE person_id = :id"
            ),
            {"id": li.person_id},
        ).one()
    assert set(left) == {None}


def test_what_was_withdrawn_while_the_register_was_asked_stays_withdrawn(
    client, city, db, outbox, parts
):
    found = resident(db)
    hand_in(client, city.as_citizen("li"), card_of(found))

    class Slow:
        def check(self, inquiry):
            client.delete(PATH, headers=city.as_citizen("li"))
            return Answer("match", "SIM-1", found.reference)

    with asking(parts, Slow()):
        outbox.deliver()

    assert stands(client, city.as_citizen("li"))["state"] == "revoked"


class asking:  # noqa: N801 (reads as a phrase)
    """Let another register answer for a while."""

    def __init__(self, parts, register):
        self._parts, self._register = parts, register

    def __enter__(self):
        self._before = self._parts.of(real_name.population)
        self._parts._made[real_name.population] = self._register

    def __exit__(self, *_):
        self._parts._made[real_name.population] = self._before


def test_a_register_that_is_away_is_asked_again(client, city, db, parts):
    li, found = city.citizen("li"), resident(db)
    hand_in(client, li.headers, card_of(found))
    with db.reads() as connection:
        claim = connection.scalar(
            text("SELECT id FROM identity_real_name WHERE person_id = :id"), {"id": li.person_id}
        )
    event = identity.RealNameSubmitted(person_id=li.person_id, claim_id=claim)
    asked = []

    class Away:
        def check(self, inquiry):
            asked.append(inquiry.key)
            raise RegisterAway("status 503")

    with asking(parts, Away()):
        for _ in range(2):
            with pytest.raises(RegisterAway):
                real_name.ask_the_register(parts, event)
    between = stands(client, li.headers)
    real_name.ask_the_register(parts, event)
    real_name.ask_the_register(parts, event)  # and once more, as after a crash

    assert asked == [show("document", claim)] * 2
    assert between["state"] == "pending"
    assert stands(client, li.headers)["state"] == "verified"


def test_after_three_days_nobody_waits_any_more(client, city, db, clock, parts):
    li = city.citizen("li")
    hand_in(client, li.headers, card_of(resident(db)))

    clock.move(days=3, minutes=1)
    db.run(real_names.forget_old, SYSTEM)
    clock.move(days=-3, minutes=-1)

    after = stands(client, li.headers)
    assert (after["state"], after["reason"]) == ("refused", "register_away")
    assert "number" not in after


def test_a_strong_sign_in_of_a_verified_person_is_level_three(
    client, app, city, verified, db, parts
):
    li = city.citizen("li")
    with app.app_context():
        from hub.web import tokens

        issuer = tokens.issuer()

    def signed_in(acr, amr):
        return db.run(
            lambda work: identity.start(
                work,
                issuer,
                person_id=li.person_id,
                acr=acr,
                amr=amr,
                device_name="phone",
            ),
            SYSTEM,
        )

    def refreshed(token):
        sent = client.post("/v1/sign-in/refreshes", json={"refresh_token": token.refresh_token})
        return sent.json["acr"]

    before = signed_in(identity.LOA_STRONG, ["pwd", "otp", "mfa"])
    verified("li")
    weak = signed_in(identity.LOA_CODE, ["sms"])
    strong = signed_in(identity.LOA_STRONG, ["pwd", "otp", "mfa"])

    assert (before.acr, weak.acr, strong.acr) == (
        identity.LOA_STRONG,
        identity.LOA_CODE,
        identity.LOA_VERIFIED,
    )
    assert refreshed(before) == identity.LOA_VERIFIED
    client.delete(PATH, headers=li.headers)
    assert refreshed(strong) == identity.LOA_STRONG


def test_numbers_and_names_lie_sealed_and_travel_nowhere(
    client, city, verified, db, outbox, caplog
):
    found = verified("li", name="欧阳无名")
    plain, name = found.documents[0][0].number, found.name
    li = city.citizen("li")

    with db.reads() as connection:
        rows = {
            table: connection.execute(
                text(f"SELECT CAST(t AS text) FROM {table} AS t")
            ).scalars().all()
            for table in ("identity_real_name", "kernel_outbox", "audit_entry", "web_answer")
        }  # fmt: skip
    shown = json.dumps(stands(client, li.headers), ensure_ascii=False)

    for where, lines in {**rows, "answer": [shown], "log": [caplog.text]}.items():
        for line in lines:
            assert plain not in line, where
            assert name not in line, where
            assert plain.encode().hex() not in line, where


def test_without_a_register_nothing_is_taken(app, city, db, settings, parts):
    from dataclasses import replace

    from blueprints import SECTORS
    from hub.app import create_app
    from hub.parts import Parts

    plain = replace(settings, demo=False)
    alone = Parts(plain, db, parts.root, parts.watch, parts.keyring, parts.vault)
    client = create_app(plain, SECTORS, parts=alone).test_client()

    refused = hand_in(client, city.as_citizen("li"), card_of(resident(db)))

    assert (refused.status_code, refused.json["type"]) == (503, "/problems/real-names-not-offered")


def test_the_agreement_has_a_receipt_and_ends_with_the_name(client, city, verified):
    verified("li")
    li = city.citizen("li")

    given = client.get("/v1/me/consents", headers=li.headers).json["items"]
    receipt = client.get(f"/v1/me/consents/{given[0]['id']}/receipt", headers=li.headers)
    client.delete(PATH, headers=li.headers)
    after = client.get("/v1/me/consents", headers=li.headers).json["items"]

    assert [(one["recipient"], one["state"]) for one in given] == [("city:real_name", "live")]
    assert "sensitive personal information" in given[0]["purpose_text"]
    assert receipt.status_code == 200
    assert [one["state"] for one in after] == ["withdrawn"]


def test_taking_the_consent_back_ends_the_name(client, city, verified, outbox, db):
    verified("li")
    li = city.citizen("li")

    def take_back():
        for one in client.get("/v1/me/consents", headers=li.headers).json["items"]:
            client.delete(f"/v1/me/consents/{one['id']}", headers=li.headers)

    take_back()
    outbox.deliver()
    ended = stands(client, li.headers)
    again = resident(db)
    hand_in(client, li.headers, card_of(again))
    take_back()
    hand_in(client, li.headers, card_of(again))  # under way already: refused, nothing changes
    outbox.deliver()

    assert (ended["state"], "number" in ended) == ("revoked", False)
    assert stands(client, li.headers)["state"] == "revoked"


def test_who_agrees_anew_before_the_hub_reacts_keeps_the_name(client, city, verified, outbox, db):
    verified("li")
    li = city.citizen("li")

    client.delete(PATH, headers=li.headers)
    hand_in(client, li.headers, card_of(resident(db)))
    outbox.deliver()

    assert stands(client, li.headers)["state"] == "verified"


def test_an_account_that_was_closed_gives_the_name_back(
    client, city, verified, outbox, parts, clock
):
    found = verified("old")
    asked = client.post(
        "/v1/me/closure",
        json={},
        headers={**city.surely("old").headers, "Idempotency-Key": uuid4().hex},
    )
    clock.move(days=7, minutes=1)
    closure.close_accounts(parts)
    while access_log.seal(parts):
        pass
    clock.move(minutes=16)
    closure.close_accounts(parts)

    again = city.surely("new")
    hand_in(client, again.headers, card_of(found))
    outbox.deliver()

    assert asked.status_code == 202
    assert stands(client, again.headers)["state"] == "verified"
