"""One person lets another act for them: both confirm, either ends it, and nothing goes beyond."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import text

from hub import audit
from hub.identity import mandates
from hub.kernel import ids
from hub.kernel.work import SYSTEM, Actor
from tests.factories.feeds import published
from tests.factories.gtfs import town_zip

from .mandates import KEEPS, SEES, Somebody


@pytest.fixture(scope="module")
def feed(db):
    return published(db, town_zip())


@pytest.fixture
def people(app, db, city):
    return lambda name: Somebody(app, db, city.citizen(name))


@pytest.fixture
def wang(people):
    """A senior who lets others help."""
    return people("wang")


@pytest.fixture
def li(people):
    return people("li")


def problem(answer):
    return (answer.status_code, answer.json["type"].removeprefix("/problems/"))


def test_both_confirm_and_then_one_acts_for_the_other(wang, li, feed):
    offered = wang.offer()
    assert problem(li.favourites(wang.id)) == (403, "no-mandate")
    li.accept(offered.json["code"])

    kept = li.keep(f"{feed}:1001", wang.id)

    assert kept.status_code == 201
    assert [one["target"] for one in wang.favourites().json["items"]] == [f"{feed}:1001"]
    assert li.favourites(wang.id).json == wang.favourites().json
    assert li.favourites().json["items"] == []
    assert li.delete(f"/v1/me/favourites/{kept.json['id']}", wang.id).status_code == 204
    assert wang.favourites().json["items"] == []


def test_each_side_sees_the_mandate_from_its_side(wang, li):
    mandate = wang.lets(li, kind="care", acts_limit=3)

    given, held = wang.mandate(mandate), li.mandate(mandate)

    assert (given["part"], held["part"]) == ("giver", "holder")
    assert (given["holder"]["name"], held["giver"]["name"]) == ("li", "wang")
    assert (given["state"], given["kind"], given["acts_limit"]) == ("active", "care", 3)
    assert (given["offered_through"], given["accepted_through"]) == ("app", "app")
    assert wang.get("/v1/me/mandates").json["items"] == [given]
    assert li.get("/v1/me/mandates").json["items"] == [held]


def test_a_mandate_is_offered_to_a_person_by_their_id(wang, li, people):
    offered = wang.offer(to=li.id).json
    assert "code" not in offered
    assert "name" not in wang.mandate(offered["id"])["holder"]
    assert li.mandate(offered["id"])["giver"]["name"] == "wang"

    assert people("zhao").accept(mandate=offered["id"]).status_code == 404
    assert li.accept(mandate=offered["id"]).status_code == 201
    assert li.favourites(wang.id).status_code == 200


def test_nobody_acts_for_a_stranger(wang, li):
    unknown = f"person_{'0' * 26}"

    for whom in (wang.id, unknown, "person_x", "x", ""):
        assert problem(li.favourites(whom)) == (403, "no-mandate")


def test_a_mandate_covers_its_scopes_and_no_more(wang, li, feed):
    wang.lets(li, scopes=[SEES])

    assert li.favourites(wang.id).status_code == 200
    assert problem(li.keep(f"{feed}:1001", wang.id)) == (403, "no-mandate")
    assert problem(li.get("/v1/me", wang.id)) == (403, "no-mandate")


def test_the_profile_is_read_for_the_other(wang, li):
    wang.lets(li, scopes=["citizen.profile:read"])

    told = li.get("/v1/me", wang.id).json

    assert (told["id"], told["display_name"]) == (wang.id, "wang")
    assert li.get("/v1/me").json["id"] == li.id


def test_what_is_for_oneself_alone_is_refused_for_others(wang, li):
    wang.lets(li)

    for path in ("/v1/me/sessions", "/v1/me/consents", "/v1/me/mandates"):
        assert problem(li.get(path, wang.id)) == (403, "not-for-others")
    assert problem(li.delete(f"/v1/me/mandates/mandate_{'0' * 26}", wang.id)) == (
        403,
        "not-for-others",
    )


def test_naming_oneself_is_acting_for_oneself(li, feed):
    assert li.keep(f"{feed}:1002", li.id).status_code == 201
    assert li.favourites(li.id).json == li.favourites().json


@pytest.mark.parametrize("who", ["giver", "holder"])
def test_whoever_ends_it_ends_it_for_the_next_request(wang, li, feed, who):
    mandate = wang.lets(li)
    assert li.keep(f"{feed}:1001", wang.id).status_code == 201

    ends = wang if who == "giver" else li
    assert ends.end(mandate).status_code == 204

    assert problem(li.favourites(wang.id)) == (403, "no-mandate")
    assert problem(li.keep(f"{feed}:1002", wang.id)) == (403, "no-mandate")
    told = wang.mandate(mandate)
    assert told["state"] == "ended"
    assert told["ended_because"] == ("withdrawn" if who == "giver" else "given_up")
    assert ends.end(mandate).status_code == 204


def test_a_stored_answer_is_not_given_out_after_the_end(wang, li, feed):
    mandate = wang.lets(li)
    body = {"kind": "stop", "target": f"{feed}:1001"}
    li.post("/v1/me/favourites", body, wang.id, key="acting-for-wang-once")
    again = li.post("/v1/me/favourites", body, wang.id, key="acting-for-wang-once")
    assert again.headers["Idempotent-Replayed"] == "true"
    assert wang.mandate(mandate)["acts_done"] == 1

    wang.end(mandate)

    last = li.post("/v1/me/favourites", body, wang.id, key="acting-for-wang-once")
    assert problem(last) == (403, "no-mandate")


def test_a_mandate_holds_from_its_first_moment_to_its_last(wang, li, clock, city):
    begins = clock() + timedelta(minutes=2)
    ends = clock() + timedelta(minutes=5)
    wang.lets(li, starts_at=begins.isoformat(), until=ends.isoformat())
    assert problem(li.favourites(wang.id)) == (403, "no-mandate")

    clock.move(minutes=3)
    assert li.favourites(wang.id).status_code == 200

    clock.move(minutes=3)
    assert problem(li.favourites(wang.id)) == (403, "no-mandate")
    assert wang.get("/v1/me/mandates").json["items"][0]["state"] == "over"


def test_a_closed_account_ends_its_mandates(wang, li, people, db):
    for whose in ("giver", "holder"):
        giver, holder = people(f"{whose}-g"), people(f"{whose}-h")
        giver.lets(holder)
        closed = giver if whose == "giver" else holder
        close(db, closed)

        assert problem(holder.favourites(giver.id)) == (403, "no-mandate")


def close(db, person):
    """As erasing an account will."""
    closed = text("UPDATE identity_person SET state = 'closed' WHERE id = :id")
    db.run(lambda work: work.session.execute(closed, {"id": person.person_id}), SYSTEM)


def test_no_self_mandate_and_no_circle(wang, li, people):
    zhao = people("zhao")
    assert problem(wang.offer(to=wang.id)) == (422, "mandate-to-oneself")
    assert problem(wang.accept(wang.offer().json["code"])) == (422, "mandate-to-oneself")
    first = wang.lets(li)
    li.lets(zhao)

    assert problem(li.offer(to=wang.id)) == (409, "mandate-loop")
    assert problem(wang.accept(zhao.offer().json["code"])) == (409, "mandate-loop")

    wang.end(first)
    assert zhao.lets(wang)


def test_circles_are_not_closed_by_two_at_once(app, db, city, people):
    """A lets B, C lets D; B to C and D to A together would close the circle: one is refused."""
    a, b, c, d = (people(name) for name in "abcd")
    a.lets(b)
    c.lets(d)
    codes = {c: b.offer().json["code"], a: d.offer().json["code"]}

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda each: each[0].accept(each[1]), codes.items()))

    assert sorted(answer.status_code for answer in answers) == [201, 409]
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert problem(refused) == (409, "mandate-loop")


def test_an_invitation_is_accepted_once(wang, people):
    code = wang.offer().json["code"]
    helpers = [people(f"helper{n}") for n in range(8)]

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda helper: helper.accept(code), helpers))

    assert sorted(answer.status_code for answer in answers) == [201, *[403] * 7]
    able = [helper for helper in helpers if helper.favourites(wang.id).status_code == 200]
    assert len(able) == 1
    (winner,) = able
    assert problem(winner.accept(code)) == (409, "mandate-over")


def test_accepted_or_withdrawn_never_both(wang, people):
    """Whoever is first, a withdrawal that was answered with 204 has ended the mandate."""
    for turn in range(6):
        helper = people(f"racer{turn}")
        offered = wang.offer().json
        with ThreadPoolExecutor(2) as pool:
            accepting = pool.submit(helper.accept, offered["code"])
            ending = pool.submit(wang.end, offered["id"])
            assert ending.result().status_code == 204
            assert accepting.result().status_code in {201, 409}

        assert wang.mandate(offered["id"])["state"] == "ended"
        assert problem(helper.favourites(wang.id)) == (403, "no-mandate")


def test_eight_at_once_do_no_more_acts_than_allowed(wang, li, feed):
    mandate = wang.lets(li, acts_limit=3)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: li.keep(f"{feed}:1001", wang.id, label=str(n)), range(8)))

    assert sorted(answer.status_code for answer in answers) == [*[201] * 3, *[403] * 5]
    assert wang.mandate(mandate)["acts_done"] == 3
    assert li.favourites(wang.id).status_code == 200  # reading is not counted
    acts = wang.get(f"/v1/me/mandates/{mandate}/acts").json["items"]
    assert [act["changes"] for act in acts] == [False, True, True, True]


def test_what_was_refused_afterwards_counts_as_no_act(wang, li, feed):
    mandate = wang.lets(li, acts_limit=1)

    assert li.keep(f"{feed}:NO", wang.id).status_code == 404
    assert wang.mandate(mandate)["acts_done"] == 0
    assert li.keep(f"{feed}:1001", wang.id).status_code == 201


def test_every_act_and_read_is_shown_to_both(wang, li, people, feed, db):
    mandate = wang.lets(li)
    li.keep(f"{feed}:1001", wang.id)
    li.favourites(wang.id)

    acts = wang.get(f"/v1/me/mandates/{mandate}/acts").json["items"]

    assert [(act["scope"], act["changes"], act["by"]) for act in acts] == [
        (SEES, False, li.id),
        (KEEPS, True, li.id),
    ]
    assert li.get(f"/v1/me/mandates/{mandate}/acts").json["items"] == acts
    first = wang.get(f"/v1/me/mandates/{mandate}/acts", limit=1).json
    second = wang.get(f"/v1/me/mandates/{mandate}/acts", limit=1, after=first["next"]).json
    assert first["items"] + second["items"] == acts
    assert people("zhao").get(f"/v1/me/mandates/{mandate}/acts").status_code == 404
    with db.reads() as connection:
        stamped = connection.execute(
            text("SELECT DISTINCT actor_id, act FROM audit_entry WHERE subject = :m AND act != ''"),
            {"m": mandate},
        ).all()
    assert [tuple(row) for row in stamped] == [(wang.id, li.id)]


def test_events_of_an_act_name_both(wang, li, db):
    """Handing on is an act for another that emits: its event shows for whom and by whom."""
    wang.lets(li, may_delegate=True)
    offered = li.hand_on(wang.id).json

    with db.reads() as connection:
        row = connection.execute(
            text("SELECT actor_id, act FROM kernel_outbox WHERE subject = :m"),
            {"m": offered["id"]},
        ).one()

    assert tuple(row) == (wang.id, li.id)


def test_only_what_may_be_handed_on_is_and_one_step(wang, li, people, feed):
    zhao, qian = people("zhao"), people("qian")
    wang.lets(li, scopes=[SEES])
    assert problem(li.hand_on(wang.id)) == (403, "no-mandate")

    held = wang.lets(li, may_delegate=True, acts_limit=5)
    assert problem(li.hand_on(wang.id)) == (422, "mandate-not-valid")  # acts without a limit
    assert problem(li.hand_on(wang.id, may_delegate=True, acts_limit=1)) == (
        422,
        "mandate-not-valid",
    )
    longer = li.offer(wang.id, days=40, acts_limit=1)
    assert problem(longer) == (422, "mandate-not-valid")
    part = zhao.accept(li.hand_on(wang.id, scopes=[KEEPS], acts_limit=2).json["code"]).json
    assert zhao.keep(f"{feed}:1001", wang.id).status_code == 201
    assert problem(zhao.hand_on(wang.id, acts_limit=1)) == (403, "no-mandate")
    assert problem(qian.favourites(wang.id)) == (403, "no-mandate")
    told = wang.mandate(part["id"])
    assert (told["part"], told["handed_on"], told["acts_done"]) == ("giver", True, 1)
    assert li.mandate(part["id"])["part"] == "between"

    wang.end(held)

    assert problem(zhao.keep(f"{feed}:1001", wang.id)) == (403, "no-mandate")
    assert wang.mandate(part["id"])["ended_because"] == "ended_with_another"


def test_what_is_handed_on_uses_up_the_acts_it_is_handed_on_from(wang, li, people, feed):
    helpers = [people("zhao"), people("qian")]
    held = wang.lets(li, may_delegate=True, acts_limit=4)
    for helper in helpers:  # each is an act of its own
        helper.accept(li.hand_on(wang.id, acts_limit=2).json["code"])

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda who: who.keep(f"{feed}:1001", wang.id), [*helpers] * 2))

    assert sorted(answer.status_code for answer in answers) == [201, 201, 403, 403]
    assert wang.mandate(held)["acts_done"] == 4
    assert problem(li.keep(f"{feed}:1001", wang.id)) == (403, "no-mandate")
    assert helpers[0].favourites(wang.id).status_code == 200


def test_wrong_codes_are_limited_and_remembered(li):
    answers = [li.accept(f"{n:012d}") for n in range(11)]

    assert [answer.status_code for answer in answers] == [403] * 10 + [429]
    assert problem(answers[0]) == (403, "invitation-wrong")


def test_an_offer_lapses_after_a_week(wang, li, clock):
    code = wang.offer().json["code"]

    clock.move(days=7)

    assert problem(li.signed_in_anew().accept(code)) == (409, "mandate-over")


def test_offers_are_declined(wang, li):
    offered = wang.offer(to=li.id).json

    assert li.end(offered["id"]).status_code == 204

    assert wang.mandate(offered["id"])["ended_because"] == "declined"
    assert problem(li.accept(mandate=offered["id"])) == (409, "mandate-over")


def test_somebody_elses_mandate_is_not_found(wang, li, people):
    mandate, zhao = wang.lets(li), people("zhao")

    assert zhao.get(f"/v1/me/mandates/{mandate}").status_code == 404
    assert zhao.end(mandate).status_code == 404
    assert li.favourites(wang.id).status_code == 200


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"scopes": []}, "/scopes"),
        ({"scopes": ["citizen.session:manage"]}, "/scopes"),
        ({"scopes": ["*"]}, "/scopes"),
        ({"scopes": ["citizen.mandate:manage"]}, "/scopes"),
        ({"until": "2020-01-01T00:00:00Z"}, "/until"),
        ({"until": "2999-01-01T00:00:00Z"}, "/until"),
        ({"starts_at": "2020-01-01T00:00:00Z"}, "/until"),
        ({"kind": "guardianship"}, "/kind"),
        ({"until": None}, "/until"),
        ({"acts_limit": 0}, "/acts_limit"),
        ({"amount_limit": {"amount": -1, "currency": "CNY"}}, "/amount_limit/amount"),
        ({"amount_limit": {"amount": 1, "currency": "USD"}}, "/amount_limit/currency"),
        ({"to": "li"}, "/to"),
    ],
)
def test_what_makes_no_sense_is_not_offered(wang, wrong, pointer):
    answer = wang.offer(**wrong)

    assert answer.status_code == 422
    assert pointer in [error["pointer"] for error in answer.json["errors"]]


def test_nobody_gives_more_mandates_than_they_can_watch(wang, people, monkeypatch):
    monkeypatch.setattr(mandates, "MOST_GIVEN", 2)
    for n in range(2):
        wang.lets(people(f"helper{n}"))

    last = people("one-too-many").accept(wang.offer().json["code"])

    assert problem(last) == (409, "too-many-mandates")


def test_amounts_stay_within_the_mandate(wang, li, db):
    """For the verbs that will move money: within one act no more than the giver allowed."""
    mandate = wang.lets(li, amount_limit={"amount": 20_000, "currency": "CNY"})
    acting = Actor("citizen", wang.id, act=li.id, mandate=mandate)

    def pay(amount):
        db.run(lambda work: mandates.afford(work, amount), acting)

    pay(20_000)
    with pytest.raises(mandates.AmountBeyondMandate) as refused:
        pay(20_001)
    assert refused.value.extra == {"limit": 20_000}
    assert wang.mandate(mandate)["amount_limit"] == {"amount": 20_000, "currency": "CNY"}


def test_the_verb_for_other_capabilities_answers_the_same(wang, li, db):
    def asked(scope):
        return db.run(
            lambda work: mandates.allows(
                work, principal_person=wang.person_id, acting_person=li.person_id, scope=scope
            ),
            SYSTEM,
        )

    assert asked(KEEPS) is None
    mandate = wang.lets(li)

    assert ids.show("mandate", asked(KEEPS).id) == mandate
    assert asked("citizen.profile:read") is None


def test_the_other_may_read_the_favourites_and_nothing_of_their_own_is_mixed_in(wang, li, feed):
    li.keep(f"{feed}:1002")
    wang.keep(f"{feed}:1001")
    wang.lets(li)

    assert [one["target"] for one in li.favourites(wang.id).json["items"]] == [f"{feed}:1001"]
    own = li.favourites().json["items"][0]["id"]
    assert li.delete(f"/v1/me/favourites/{own}", wang.id).status_code == 404


def test_a_read_of_a_databank_by_a_mandate_names_who_read(wang, li, db):
    mandate = wang.lets(li)
    acting = Actor("citizen", wang.id, act=li.id, mandate=mandate)
    db.run(
        lambda work: audit.read(
            work,
            about=wang.person_id,
            register="population",
            purpose="test",
            basis="consent",
            fields=["name"],
        ),
        acting,
    )

    (row,) = wang.get("/v1/me/access-log").json["items"]

    assert (row["who"]["id"], row["for_whom"]) == (li.id, wang.id)


def test_mandates_are_forgotten_three_years_after_their_end(wang, li, people, db):
    ended, offered = wang.lets(li), wang.offer().json["id"]
    kept = wang.lets(people("zhao"))
    wang.end(ended)

    def forget(**later):
        db.run(mandates.forget_old, SYSTEM, now=db.clock() + timedelta(**later))
        return [one["id"] for one in wang.get("/v1/me/mandates").json["items"]]

    assert set(forget(days=8)) == {ended, offered, kept}
    assert set(forget(days=15)) == {ended, kept}
    assert set(forget(days=3 * 365 + 1)) == {kept}
    assert forget(days=3 * 365 + 31) == []


def test_what_was_over_is_not_ended_once_more_and_forgotten_in_its_turn(wang, li, people, db):
    """A part that outlived in the tables what it stands on would keep all from being forgotten."""
    zhao = people("zhao")
    wang.lets(li, may_delegate=True)
    part = zhao.accept(li.hand_on(wang.id).json["code"]).json["id"]
    both_over = db.clock() + timedelta(days=40)

    db.run(
        lambda work: mandates.end(work, ids.read("mandate", part), zone="Asia/Shanghai"),
        Actor("citizen", zhao.id),
        now=both_over,
    )
    told = zhao.mandate(part)
    db.run(mandates.forget_old, SYSTEM, now=both_over + timedelta(days=3 * 365 - 5))

    assert "ended_at" not in told
    assert wang.get("/v1/me/mandates").json["items"] == []
