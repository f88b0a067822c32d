"""Children exist with a guardian, who acts for them; at fourteen they may sign in, at eighteen
guardianship is over."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest

from blueprints.citizen import closure
from hub.identity import day_in
from tests.city import a_phone
from tests.factories.feeds import published
from tests.factories.gtfs import town_zip
from tests.factories.planted import in_full

from .mandates import SEES, Somebody


@pytest.fixture(scope="module")
def feed(db):
    return published(db, town_zip())


@pytest.fixture
def people(app, db, city):
    return lambda name: Somebody(app, db, city.citizen(name))


@pytest.fixture
def mother(people):
    return people("mother")


def problem(answer):
    return (answer.status_code, answer.json["type"].removeprefix("/problems/"))


def born(clock_or_db, years, *, days=0):
    """A birth date ``years`` ago; ``days`` more and the birthday is still to come."""
    today = day_in("Asia/Shanghai", clock_or_db())
    return date(today.year - years, today.month, min(today.day, 28)) + timedelta(days=days)


def test_a_guardian_acts_for_the_child_in_whatever_can_be_done_for_others(mother, db, feed):
    child = mother.child(born(db.clock, 7)).json

    me = mother.get("/v1/me", child["id"]).json
    kept = mother.keep(f"{feed}:1001", child["id"], label="School")
    changed = mother.http.patch(
        "/v1/me",
        json={"display_name": "Ming"},
        headers={**mother.headers, "X-Acting-For": child["id"], "If-Match": '"1"'},
    )

    assert (me["id"], me["display_name"]) == (child["id"], "Xiaoming")
    assert kept.status_code == 201
    assert changed.status_code == 204
    assert mother.get("/v1/me", child["id"]).json["display_name"] == "Ming"
    assert mother.favourites().json["items"] == []
    (held,) = mother.get("/v1/me/mandates").json["items"]
    assert (held["id"], held["kind"], held["part"]) == (child["mandate"], "guardianship", "holder")
    assert held["acts_done"] == 2


def test_nobody_else_acts_for_the_child(mother, people, db):
    child = mother.child(born(db.clock, 7)).json

    assert problem(people("stranger").get("/v1/me", child["id"])) == (403, "no-mandate")


def test_an_adult_is_no_child_and_nobody_is_born_tomorrow(mother, db):
    for wrong in (born(db.clock, 18), born(db.clock, 40), born(db.clock, 0, days=40)):
        assert problem(mother.child(wrong)) == (422, "birth-date-not-valid")


def test_a_child_under_fourteen_has_no_sign_in_of_its_own(mother, db, phone):
    child = mother.child(born(db.clock, 14, days=5)).json
    address = a_phone()
    login = phone.ask(address).json["login"]
    entry = {"login": login, "code": phone.code(address)}

    answer = mother.post(f"/v1/me/children/{child['id']}/addresses", entry)

    assert problem(answer) == (409, "too-young")


def test_at_fourteen_it_may_sign_in_and_is_the_same_person(mother, clock, phone, feed):
    child = mother.child(born(clock, 14, days=5)).json
    mother.keep(f"{feed}:1001", child["id"])
    clock.move(days=6)
    mother.signed_in_anew()
    address = a_phone()
    login = phone.ask(address).json["login"]
    entry = {"login": login, "code": phone.code(address)}

    opened = mother.post(f"/v1/me/children/{child['id']}/addresses", entry)

    assert opened.status_code == 204
    clock.move(minutes=2)
    tokens = phone.sign_in(address).json
    own = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert phone.http.get("/v1/me", headers=own).json["id"] == child["id"]
    kept = phone.http.get("/v1/me/favourites", headers=own).json["items"]
    assert [one["target"] for one in kept] == [f"{feed}:1001"]
    (seen,) = phone.http.get("/v1/me/mandates", headers=own).json["items"]
    assert (seen["part"], seen["giver"]["name"], seen["holder"]["name"]) == (
        "giver",
        "Xiaoming",
        "mother",
    )
    ended = phone.http.delete(f"/v1/me/mandates/{child['mandate']}", headers=own)
    assert problem(ended) == (403, "under-guardianship")
    assert mother.get("/v1/me", child["id"]).status_code == 200


def test_an_address_of_somebody_else_becomes_nobodys_child(mother, people, clock, phone):
    child = mother.child(born(clock, 15)).json
    stranger = people("stranger").phone
    login = phone.ask(stranger).json["login"]
    entry = {"login": login, "code": phone.code(stranger)}

    answer = mother.post(f"/v1/me/children/{child['id']}/addresses", entry)

    assert problem(answer) == (409, "address-taken")


def test_only_the_guardian_opens_the_sign_in(mother, people, db, phone):
    child = mother.child(born(db.clock, 15)).json
    address = a_phone()
    entry = {"login": phone.ask(address).json["login"], "code": phone.code(address)}

    answer = people("stranger").post(f"/v1/me/children/{child['id']}/addresses", entry)

    assert problem(answer) == (404, "no-child")


def test_at_eighteen_guardianship_is_over(mother, clock):
    child = mother.child(born(clock, 18, days=5)).json
    assert mother.get("/v1/me", child["id"]).status_code == 200

    clock.move(days=6)
    mother.signed_in_anew()

    assert problem(mother.get("/v1/me", child["id"])) == (403, "no-mandate")
    assert mother.mandate(child["mandate"])["state"] == "over"


def test_a_child_never_loses_its_last_guardian(mother, people, db):
    child = mother.child(born(db.clock, 7)).json
    assert problem(mother.end(child["mandate"])) == (409, "last-guardian")
    father = people("father")
    offered = mother.post("/v1/me/mandates", {"kind": "guardianship"}, child["id"])
    joint = father.accept(offered.json["code"])

    assert joint.status_code == 201
    assert father.get("/v1/me", child["id"]).json["id"] == child["id"]
    assert mother.end(child["mandate"]).status_code == 204
    assert problem(mother.get("/v1/me", child["id"])) == (403, "no-mandate")
    assert problem(father.end(joint.json["id"])) == (409, "last-guardian")


def test_a_grandmother_gets_a_part_of_it_from_the_guardian(mother, people, db, feed):
    child = mother.child(born(db.clock, 7)).json
    grandmother = people("grandmother")
    offered = mother.offer(child["id"], scopes=[SEES])

    grandmother.accept(offered.json["code"])

    assert grandmother.favourites(child["id"]).status_code == 200
    assert problem(grandmother.keep(f"{feed}:1001", child["id"])) == (403, "no-mandate")
    assert problem(grandmother.offer(child["id"])) == (403, "no-mandate")


def test_guardians_are_adults(mother, clock, phone):
    child = mother.child(born(clock, 15)).json
    address = a_phone()
    entry = {"login": phone.ask(address).json["login"], "code": phone.code(address)}
    mother.post(f"/v1/me/children/{child['id']}/addresses", entry)
    clock.move(minutes=2)
    tokens = phone.sign_in(address).json
    own = {"Authorization": f"Bearer {tokens['access_token']}"}

    answer = phone.post(
        "/v1/me/children",
        {"display_name": "Baby", "born_on": born(clock, 1).isoformat()},
        headers=own,
    )

    assert problem(answer) == (403, "guardian-too-young")


def test_nobody_enters_children_without_end(mother, db, monkeypatch):
    from hub.identity import children

    monkeypatch.setattr(children, "MOST_CHILDREN", 1)
    assert mother.child(born(db.clock, 3)).status_code == 201

    assert problem(mother.child(born(db.clock, 5))) == (409, "too-many-mandates")


def test_the_last_guardian_keeps_the_account(app, parts, city, db, mother):
    child = mother.child(born(db.clock, 7)).json
    sure = in_full(app, parts, city.citizen("mother"))
    headers = {**sure.headers, "Idempotency-Key": "closing-mothers-account"}

    answer = mother.http.post("/v1/me/closure", json={}, headers=headers)

    assert problem(answer) == (409, "last-guardian")
    assert mother.get("/v1/me", child["id"]).status_code == 200


@pytest.fixture
def parents(mother, people, db):
    """A child with two guardians: the child, and the mandate of each."""
    child = mother.child(born(db.clock, 7)).json
    father = people("father")
    offered = mother.post("/v1/me/mandates", {"kind": "guardianship"}, child["id"])
    joint = father.accept(offered.json["code"]).json["id"]
    return child, father, joint


def test_no_guardian_ends_the_others_guardianship(mother, parents):
    child, father, joint = parents

    assert problem(mother.end(joint)) == (403, "under-guardianship")
    assert father.get("/v1/me", child["id"]).status_code == 200
    assert father.end(joint).status_code == 204
    assert mother.mandate(joint)["ended_because"] == "given_up"


def test_whoever_gave_it_up_makes_nobody_else_a_guardian(mother, people, parents):
    child, _, _ = parents
    offered = mother.post("/v1/me/mandates", {"kind": "guardianship"}, child["id"]).json

    assert mother.end(child["mandate"]).status_code == 204

    assert problem(people("uncle").accept(offered["code"])) == (409, "mandate-over")


def test_a_guardian_who_leaves_takes_the_other_one_not_along(
    app, parts, city, clock, mother, parents
):
    child, father, joint = parents
    headers = in_full(app, parts, city.citizen("mother")).headers
    mother.http.post(
        "/v1/me/closure", json={}, headers={**headers, "Idempotency-Key": "closing-of-mother-only"}
    )
    clock.move(days=7, minutes=1)

    closure.close_accounts(parts)

    assert father.signed_in_anew().get("/v1/me", child["id"]).status_code == 200
    assert father.mandate(joint)["state"] == "active"
    assert father.mandate(joint)["part"] == "holder"


def problem_of_refreshing(somebody):
    sent = {"refresh_token": somebody.refresh_token}
    with somebody.http.post("/v1/sign-in/refreshes", json=sent) as answer:
        if answer.status_code == 200:
            somebody.refresh_token = answer.json["refresh_token"]
        return answer.status_code != 200


def test_two_guardians_who_both_close_their_accounts_do_not_both_go(
    app, parts, city, clock, mother, people, parents
):
    child, father, _ = parents
    for name in ("mother", "father"):
        headers = in_full(app, parts, city.citizen(name)).headers
        asked = mother.http.post(
            "/v1/me/closure", json={}, headers={**headers, "Idempotency-Key": f"closing-of-{name}"}
        )
        assert asked.status_code == 202
    clock.move(days=7, minutes=1)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: closure.close_accounts(parts), range(2)))

    gone = [one for one in (mother, father) if problem_of_refreshing(one)]
    assert len(gone) == 1

    (last,) = {mother, father} - {*gone}
    last.signed_in_anew()
    assert last.get("/v1/me", child["id"]).status_code == 200
    aunt = people("aunt")
    offered = last.post("/v1/me/mandates", {"kind": "guardianship"}, child["id"])
    assert aunt.accept(offered.json["code"]).status_code == 201
    closure.close_accounts(parts)
    assert last.get("/v1/me").status_code == 401
    assert aunt.get("/v1/me", child["id"]).status_code == 200
