"""What the registers hold: shown to whom it is about, read with a purpose, and with a trace."""

from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from datetime import date, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from blueprints.citizen import records
from hub import consent, databank
from hub.databank import ENTITLEMENTS, POPULATION, appeals, fetching, looking_up, taking_in
from hub.databank.errors import ConsentMissing, FieldOutsidePurpose, PurposeNotYours
from hub.databank.source_gateway import Delivery
from hub.identity import RegisterAway
from hub.kernel.errors import NotFound
from hub.kernel.work import SYSTEM, Actor
from tests.factories.residents import card_of, resident, say

RECORDS, ENTITLED = "/v1/me/records", "/v1/me/entitlements"
DAY = date(2026, 11, 24)


def keyed(headers):
    return {**headers, "Idempotency-Key": uuid4().hex}


@pytest.fixture
def known(client, city, db, outbox):
    """Makes a citizen whose name is verified, with what the registers hold already brought in."""

    def make(citizen, *entitlements, **more):
        found, somebody = resident(db, **more), city.citizen(citizen)
        for kind, state, details in entitlements:
            say(db, found, kind, state, **details)
        client.post("/v1/me/real-name", json=card_of(found), headers=keyed(somebody.headers))
        outbox.deliver()  # the register confirms the name
        outbox.deliver()  # and the records are brought in
        return somebody, found

    return make


STUDENT = (
    "student",
    "granted",
    {"valid_from": date(2026, 9, 1), "valid_until": date(2030, 6, 30)},
)
CARER = ("carer", "refused", {"reason": "No certificate of care was enclosed."})


def accesses(db, person_id):
    with db.reads() as connection:
        return connection.execute(
            text(
                "SELECT register, purpose, basis, fields, actor_kind, client_id FROM audit_access"
                " WHERE person_id = :id ORDER BY id"
            ),
            {"id": person_id},
        ).all()


def look(db, parts, actor, **asked):
    return db.run(lambda work: databank.look_up(work, parts.keyring, **asked), actor)


def test_a_person_sees_what_the_registers_hold_and_why(client, known, db):
    li, found = known("li", STUDENT, name="李伟")

    shown = client.get(RECORDS, headers={**li.headers, "Accept-Language": "zh-CN"}).json["items"]

    population = next(r for r in shown if r["register"] == "population")
    values = {v["field"]: v["value"] for v in population["records"][0]["values"]}
    assert values["name"] == "李伟"
    number = found.documents[0][0].number
    assert values["document"] == f"{number[:6]}********{number[-4:]}"
    assert values["born_on"] == "1990-05-17"
    assert population["records"][0]["version"] == 1
    assert population["source_away"] is False
    assert population["title"] == "人口登记"
    assert {p["slug"] for p in population["purposes"]} >= {"own_record", "age_check"}


def test_every_look_leaves_a_row_the_person_can_see(client, known, db):
    li, _ = known("li", STUDENT)
    before = len(accesses(db, li.person_id))

    client.get(RECORDS, headers=li.headers)
    client.get(ENTITLED, headers=li.headers)

    rows = accesses(db, li.person_id)[before:]
    assert [(r.register, r.purpose, r.basis) for r in rows] == [
        ("population", "own_record", "legal_duty"),
        ("entitlements", "own_record", "legal_duty"),
        ("entitlements", "own_record", "legal_duty"),
    ]
    assert rows[0].fields == ["name", "document", "born_on", "sex", "district"]
    assert {r.actor_kind for r in rows} == {"citizen"}
    seen = client.get("/v1/me/access-log", headers=li.headers).json["items"]
    assert [(one["register"], one["purpose"]) for one in seen[:3]] == [
        (r.register, r.purpose) for r in reversed(rows)
    ]


def test_before_the_name_is_verified_nothing_is_known(client, city):
    li = city.citizen("li")

    shown = client.get(RECORDS, headers=li.headers).json["items"]

    assert [r["records"] for r in shown] == [[], []]
    assert client.get(ENTITLED, headers=li.headers).json == {"items": [], "source_away": False}


def test_an_entitlement_has_source_term_and_evidence(client, known):
    li, _ = known("li", STUDENT, ("senior", "granted", {"valid_until": date(2020, 1, 1)}))

    items = {it["kind"]: it for it in client.get(ENTITLED, headers=li.headers).json["items"]}

    student = items["student"]
    assert (student["valid_from"], student["valid_until"]) == ("2026-09-01", "2030-06-30")
    assert student["evidence"] == "SYN-77"
    assert student["issuer"] == "Office of examples (invented)"
    assert student["source"] == "Civil affairs bureau"
    assert items["senior"]["valid_today"] is False  # granted once, over since 2020


def test_nobody_reads_for_a_purpose_that_is_not_theirs(known, db, parts):
    li, _ = known("li")
    asked = {"register": POPULATION, "subject": li.person_id, "fields": ("district",)}

    for actor, purpose in (
        (Actor("partner", "client_1"), "responsible_office"),
        (Actor("citizen", li.id), "responsible_office"),
        (Actor("system", "hub"), "own_record"),
        (Actor("nobody", "nobody"), "own_record"),
    ):
        with pytest.raises(PurposeNotYours):
            look(db, parts, actor, **asked, purpose=purpose)


def test_no_field_leaves_that_the_purpose_does_not_name(known, db, parts):
    li, _ = known("li")
    asked = {"register": POPULATION, "subject": li.person_id, "purpose": "responsible_office"}

    with pytest.raises(FieldOutsidePurpose):
        look(db, parts, SYSTEM, **asked, fields=("district", "name"))
    entry = look(db, parts, SYSTEM, **asked, fields=("district",))

    assert entry.records[0].values == {"district": "Nangang"}
    assert accesses(db, li.person_id)[-1].fields == ["district"]


def test_a_citizen_looks_up_themselves_only(known, city, db, parts):
    li, _ = known("li")
    curious = Actor("citizen", city.citizen("curious").id)

    with pytest.raises(NotFound):
        look(
            db,
            parts,
            curious,
            register=POPULATION,
            subject=li.person_id,
            purpose="own_record",
            fields=("name",),
        )
    assert all(r.actor_kind != "citizen" for r in accesses(db, li.person_id))


def test_a_purpose_on_consent_needs_one_that_stands(known, db, parts):
    li, _ = known("li", STUDENT)
    partner = Actor("partner", "client_museum")

    def entitled(recipient="client_museum", kind="student"):
        return db.run(
            lambda work: databank.entitled(
                work,
                parts.keyring,
                person=li.person_id,
                kind=kind,
                on=DAY,
                purpose="partner_check",
                recipient=recipient,
            ),
            partner,
        )

    with pytest.raises(ConsentMissing) as missing:
        entitled()
    given = db.run(
        lambda work: consent.give(
            work,
            parts.keyring,
            issuer="http://localhost:8000",
            person_id=li.person_id,
            recipient="client_museum",
            scopes=["entitlements.partner_check:read"],
            purpose_text="To give you the student price.",
            until=work.now + timedelta(days=30),
        ),
        Actor("citizen", li.id),
    )

    assert missing.value.extra == {"scope": "entitlements.partner_check:read"}
    assert entitled() is True
    assert entitled(kind="senior") is False
    with pytest.raises(ConsentMissing):
        entitled(recipient="client_other")
    row = accesses(db, li.person_id)[-1]
    assert (row.purpose, row.basis, row.client_id) == ("partner_check", "consent", "client_museum")
    db.run(
        lambda work: consent.withdraw(
            work, parts.keyring, given.id, issuer="http://localhost:8000"
        ),
        Actor("citizen", li.id),
    )
    with pytest.raises(ConsentMissing):
        entitled()
    with db.reads() as connection:  # the refused attempts are remembered
        noted = connection.scalar(
            text(
                "SELECT count(*) FROM audit_entry WHERE action = 'databank.consent_missing'"
                " AND subject = :subject"
            ),
            {"subject": li.id},
        )
    assert noted == 3


@pytest.mark.parametrize(
    ("on", "answer"),
    [
        (date(2026, 8, 31), False),
        (date(2026, 9, 1), True),
        (date(2030, 6, 30), True),
        (date(2030, 7, 1), False),
    ],
)
def test_an_entitlement_is_good_from_its_first_to_its_last_day(known, db, parts, on, answer):
    li, _ = known("li", STUDENT)

    def entitled(work):
        return databank.entitled(
            work,
            parts.keyring,
            person=li.person_id,
            kind="student",
            on=on,
            purpose="reduced_fare",
        )

    assert db.run(entitled, SYSTEM) is answer


def fetch(parts, somebody, source=None):
    databank.fetch(
        parts.database, parts.keyring, source or parts.of(records.source), somebody.person_id
    )


def versions(db, somebody, key):
    with db.reads() as connection:
        return connection.execute(
            text(
                "SELECT version, origin FROM databank_record WHERE person_id = :id AND key = :key"
                " ORDER BY version"
            ),
            {"id": somebody.person_id, "key": key},
        ).all()


def test_what_the_register_says_anew_is_a_version_and_the_old_one_stays(client, known, db, parts):
    li, found = known("li", STUDENT)

    fetch(parts, li)
    unchanged = versions(db, li, "student")
    say(db, found, "student", "ended", valid_until=date(2026, 10, 1))
    fetch(parts, li)

    assert [tuple(v) for v in unchanged] == [(1, "register")]
    assert [tuple(v) for v in versions(db, li, "student")] == [(1, "register"), (2, "register")]
    shown = client.get(ENTITLED, headers=li.headers).json["items"]
    assert [(it["kind"], it["state"]) for it in shown] == [("student", "ended")]


def test_what_the_register_no_longer_holds_has_ended(client, known, db, parts):
    li, found = known("li", STUDENT)
    with parts.database.engine.begin() as connection:
        connection.execute(
            text("DELETE FROM simulator_entitlements.entitlement WHERE person = :person"),
            {"person": found.reference},
        )

    fetch(parts, li)
    fetch(parts, li)

    shown = client.get(ENTITLED, headers=li.headers).json["items"]
    assert [(it["kind"], it["state"]) for it in shown] == [("student", "ended")]
    assert len(versions(db, li, "student")) == 2


def test_parallel_deliveries_make_one_version(known, db, parts):
    from concurrent.futures import ThreadPoolExecutor

    li, found = known("li", STUDENT)
    say(db, found, "student", "ended")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: fetch(parts, li), range(4)))

    assert [tuple(v) for v in versions(db, li, "student")] == [(1, "register"), (2, "register")]


class Away:
    def records(self, register, person):
        raise RegisterAway("status 503")


def test_while_the_register_is_away_its_last_word_stands_with_its_time(
    client, known, db, parts, clock
):
    li, _ = known("li", STUDENT)
    before = client.get(ENTITLED, headers=li.headers).json

    clock.move(minutes=5)
    with pytest.raises(RegisterAway):
        fetch(parts, li, Away())
    away = client.get(ENTITLED, headers=li.headers).json
    fetch(parts, li)
    after = client.get(ENTITLED, headers=li.headers).json

    assert (before["source_away"], away["source_away"], after["source_away"]) == (
        False,
        True,
        False,
    )
    assert before["as_of"] == away["as_of"] < after["as_of"]
    assert [it["kind"] for it in away["items"]] == ["student"]


def test_records_are_confirmed_anew_each_day(known, db, parts, clock):
    li, _ = known("li")

    def waits():
        return li.person_id in db.run(lambda work: databank.due(work, limit=10_000), SYSTEM)

    fresh = waits()
    clock.move(hours=21)
    stale = waits()
    records.refresh_records(parts)

    assert (fresh, stale, waits()) == (False, True, False)


def test_a_withdrawn_name_takes_the_copies_along(client, known, db, outbox, parts):
    li, _ = known("li", STUDENT)

    client.delete("/v1/me/real-name", headers=li.headers)
    outbox.deliver()
    fetch(parts, li)  # as a job that comes late

    shown = client.get(RECORDS, headers=li.headers).json["items"]
    assert [r["records"] for r in shown] == [[], []]
    with db.reads() as connection:
        assert connection.scalar(
            text("SELECT count(*) FROM databank_record WHERE person_id = :id"),
            {"id": li.person_id},
        ) == 0  # fmt: skip


class Meanwhile:
    """A register; somebody withdraws their name while it is asked."""

    def __init__(self, withdraw, answer):
        self._withdraw, self._answer = withdraw, answer

    def records(self, register, person):
        self._withdraw()
        return self._answer()


@pytest.mark.parametrize("away", [True, False])
def test_who_withdraws_while_the_register_is_asked_is_not_asked_about_again(
    client, known, db, outbox, parts, clock, away
):
    li, _ = known("li", STUDENT)

    def withdraw():
        client.delete("/v1/me/real-name", headers=li.headers)
        outbox.deliver()

    def answer():
        if away:
            raise RegisterAway
        return Delivery(db.clock(), {"student": {"kind": "student", "state": "granted"}})

    with suppress(RegisterAway):
        databank.fetch(db, parts.keyring, Meanwhile(withdraw, answer), li.person_id)

    clock.move(hours=21)
    assert li.person_id not in db.run(lambda work: databank.due(work, limit=10_000), SYSTEM)
    assert versions(db, li, "student") == []


def test_who_withdraws_while_an_answer_is_taken_in_keeps_no_copy(
    app, known, db, outbox, parts, monkeypatch
):
    li, found = known("li")
    say(db, found, "student")
    waits = text("SELECT count(*) FROM pg_stat_activity WHERE :pid = ANY (pg_blocking_pids(pid))")
    answers = []

    def take_in_meanwhile(work, *asked, **more):
        pid = work.session.scalar(text("SELECT pg_backend_pid()"))
        elsewhere = pool.submit(
            lambda: app.test_client().delete("/v1/me/real-name", headers=li.headers)
        )
        answers.append(elsewhere)
        with db.reads() as connection:
            while not (elsewhere.done() or connection.scalar(waits, {"pid": pid})):
                wait([elsewhere], 0.01)
        if elsewhere.done():
            outbox.deliver()
        return taking_in.take_in(work, *asked, **more)

    with ThreadPoolExecutor(1) as pool, monkeypatch.context() as patched:
        patched.setattr(fetching, "take_in", take_in_meanwhile)
        fetching._fetch_one(db, parts.keyring, parts.of(records.source), li.person_id, ENTITLEMENTS)
    outbox.deliver()

    assert [answer.result().status_code for answer in answers] == [204]
    assert versions(db, li, "student") == []


def appeal(client, somebody, entitlement, statement="The certificate is here."):
    return client.post(
        f"{ENTITLED}/{entitlement}/appeals",
        json={"statement": statement},
        headers=keyed(somebody.headers),
    )


def test_a_refusal_has_a_reason_and_can_be_appealed_against(client, known, db, parts, outbox):
    li, found = known("li", CARER)
    refused = client.get(ENTITLED, headers=li.headers).json["items"][0]

    filed = appeal(client, li, refused["id"])
    again = appeal(client, li, refused["id"])
    waiting = client.get(ENTITLED, headers=li.headers).json["items"][0]
    appeal_id = identity_of(filed)
    db.run(
        lambda work: appeals.decide(
            work, parts.keyring, appeal_id, outcome="upheld", answer="It had been overlooked."
        ),
        Actor("system", "desk"),
    )
    granted = client.get(ENTITLED, headers=li.headers).json["items"][0]
    fetch(parts, li)  # the register says what it said before: the correction stands
    stands = client.get(ENTITLED, headers=li.headers).json["items"][0]
    say(db, found, "carer", "granted", valid_until=date(2027, 1, 1))
    fetch(parts, li)  # now the register has corrected itself
    corrected = client.get(ENTITLED, headers=li.headers).json["items"][0]

    assert (refused["state"], refused["reason"]) == ("refused", CARER[2]["reason"])
    assert (filed.status_code, filed.json["state"]) == (201, "filed")
    assert again.json["type"] == "/problems/nothing-to-appeal"
    assert waiting["appeal"]["state"] == "filed"
    assert (granted["state"], "reason" in granted) == ("granted", False)
    assert stands["id"] == granted["id"]
    assert corrected["valid_until"] == "2027-01-01"
    assert [tuple(v) for v in versions(db, li, "carer")] == [
        (1, "register"),
        (2, "appeal"),
        (3, "register"),
    ]
    assert ("appeal", "legal_duty") in {(r.purpose, r.basis) for r in accesses(db, li.person_id)}
    assert outbox.of(filed.json["id"]) == ["databank.appeal_filed", "databank.appeal_decided"]


def identity_of(filed):
    from hub.kernel import ids

    return ids.read("appeal", filed.json["id"])


def test_a_dismissed_appeal_is_answered_and_the_refusal_stands(client, known, db, parts):
    li, _ = known("li", CARER)
    refused = client.get(ENTITLED, headers=li.headers).json["items"][0]
    appeal_id = identity_of(appeal(client, li, refused["id"]))

    def decide(outcome):
        db.run(
            lambda work: appeals.decide(
                work, parts.keyring, appeal_id, outcome=outcome, answer="It had run out."
            ),
            SYSTEM,
        )

    decide("dismissed")
    with pytest.raises(NotFound):
        decide("upheld")

    shown = client.get(ENTITLED, headers=li.headers).json["items"][0]
    assert (shown["state"], shown["appeal"]["state"]) == ("refused", "dismissed")
    assert shown["appeal"]["answer"] == "It had run out."


def test_appeals_are_against_ones_own_refusals(client, known, city):
    li, _ = known("li", STUDENT, CARER)
    items = {it["kind"]: it for it in client.get(ENTITLED, headers=li.headers).json["items"]}

    granted = appeal(client, li, items["student"]["id"])
    foreign = appeal(client, city.citizen("wang"), items["carer"]["id"])
    nonsense = appeal(client, li, "record_00000000000000000000000000")

    assert granted.json["type"] == "/problems/nothing-to-appeal"
    assert (foreign.status_code, nonsense.status_code) == (404, 404)


def test_contents_lie_sealed_and_versions_cannot_be_changed(known, db, parts):
    li, found = known("li", CARER, name="欧阳无名")
    with db.reads() as connection:
        rows = connection.scalars(
            text("SELECT CAST(r AS text) FROM databank_record AS r WHERE person_id = :id"),
            {"id": li.person_id},
        ).all()

    for secret in (found.name, found.documents[0][0].number, CARER[2]["reason"]):
        assert all(secret not in row and secret.encode().hex() not in row for row in rows)
    assert looking_up.CONTENT == taking_in.CONTENT


def test_definitions_that_contradict_themselves_are_refused():
    field = databank.Field(slug="reason", title="Reason", sensitivity="sensitive")

    def register(**purpose):
        declared = databank.Purpose(
            **{
                "slug": "p",
                "sentence": "s",
                "source": "x",
                "askers": ("system",),
                "basis": "legal_duty",
                "fields": ("reason",),
                **purpose,
            }
        )
        return databank.Register(
            slug="r", title="t", keeper="k", fields=(field,), purposes=(declared,)
        )

    assert register().purpose("p").fields == ("reason",)
    with pytest.raises(ValueError, match="not there"):
        register(fields=("name",))
    with pytest.raises(ValueError, match="sensitive"):
        register(basis="contract")
    assert ENTITLEMENTS.scope(ENTITLEMENTS.purpose("partner_check")) == (
        "entitlements.partner_check:read"
    )
