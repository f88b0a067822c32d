"""Sessions: refreshing, signing out, and the list of devices."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from .conftest import Phone, bearer


@pytest.fixture
def signed_in(phone, a_telephone_number):
    return phone.sign_in(a_telephone_number, device_name="My phone").json


def status(phone, tokens):
    return phone.http.get("/v1/me", headers=bearer(tokens)).status_code


def test_a_refresh_token_gives_new_tokens_and_is_used_up(phone, signed_in, clock):
    refreshed = phone.refresh(signed_in["refresh_token"])

    assert refreshed.status_code == 200
    assert refreshed.json["refresh_token"] != signed_in["refresh_token"]
    assert status(phone, refreshed.json) == 200


def test_a_lost_refresh_answer_comes_again_within_ten_seconds(phone, signed_in, clock):
    first = phone.refresh(signed_in["refresh_token"]).json
    clock.move(seconds=9)

    again = phone.refresh(signed_in["refresh_token"])

    assert again.status_code == 200
    assert again.json["refresh_token"] == first["refresh_token"]


def test_a_copied_refresh_token_ends_the_session_for_both(phone, signed_in, clock, db):
    current = phone.refresh(signed_in["refresh_token"]).json
    clock.move(seconds=11)

    replayed = phone.refresh(signed_in["refresh_token"])

    assert (replayed.status_code, replayed.json["type"]) == (
        401,
        "/problems/refresh-token-replayed",
    )
    assert phone.refresh(current["refresh_token"]).json["type"] == "/problems/refresh-token-refused"
    assert status(phone, current) == 401
    with db.reads() as connection:
        because = connection.scalars(
            text("SELECT revoked_because FROM identity_session ORDER BY id DESC LIMIT 1")
        ).one()
    assert because == "refresh_token_replayed"


def test_within_ten_seconds_but_after_the_successor_was_used_it_is_a_copy(phone, signed_in, clock):
    second = phone.refresh(signed_in["refresh_token"]).json
    phone.refresh(second["refresh_token"])

    assert (
        phone.refresh(signed_in["refresh_token"]).json["type"] == "/problems/refresh-token-replayed"
    )


def test_eight_refreshes_at_once_have_one_successor(phone, app, parts, signed_in):
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda _: Phone(app, parts).refresh(signed_in["refresh_token"]), range(8))
        )

    assert [a.status_code for a in answers] == [200] * 8
    assert len({a.json["refresh_token"] for a in answers}) == 1
    assert phone.refresh(answers[0].json["refresh_token"]).status_code == 200


def test_an_idle_month_ends_the_session(phone, signed_in, clock):
    clock.move(days=30, seconds=1)

    assert (
        phone.refresh(signed_in["refresh_token"]).json["type"] == "/problems/refresh-token-refused"
    )


def test_no_session_outlives_ninety_days(phone, signed_in, clock):
    tokens = signed_in
    for _ in range(4):
        clock.move(days=22, hours=11)
        tokens = phone.refresh(tokens["refresh_token"]).json
    clock.move(days=1)

    assert phone.refresh(tokens["refresh_token"]).status_code == 401


@pytest.mark.parametrize(
    "token", ["", "x", "x" * 43, "x" * 10**5, 5, None, {"$ne": ""}, "\u0660" * 43]
)
def test_refresh_tokens_that_are_none(phone, token):
    refused = phone.refresh(token)

    assert refused.status_code in {401, 422}


def test_signing_out_ends_access_and_refresh(phone, signed_in):
    out = phone.post("/v1/sign-out", headers=bearer(signed_in))

    assert out.status_code == 204
    assert status(phone, signed_in) == 401
    assert phone.refresh(signed_in["refresh_token"]).status_code == 401


def test_signing_out_everywhere(phone, a_telephone_number, clock):
    sessions = []
    for name in ("phone", "tablet", "kitchen"):
        sessions.append(phone.sign_in(a_telephone_number, device_name=name).json)
        clock.move(minutes=2)

    out = phone.post("/v1/me/sign-out-everywhere", headers=bearer(sessions[0]))

    assert (out.status_code, out.json) == (200, {"ended": 3})
    assert [status(phone, tokens) for tokens in sessions] == [401] * 3


def test_the_list_of_devices(phone, a_telephone_number, clock):
    first = phone.sign_in(a_telephone_number, device_name="Old phone").json
    clock.move(minutes=2)
    second = phone.sign_in(a_telephone_number, device_name="New phone").json

    page = phone.http.get("/v1/me/sessions?limit=1", headers=bearer(second)).json
    rest = phone.http.get(f"/v1/me/sessions?after={page['next']}", headers=bearer(second)).json

    assert [item["device_name"] for item in page["items"]] == ["New phone"]
    assert page["items"][0]["current"] is True
    assert [(i["id"], i["current"]) for i in rest["items"]] == [(first["session"], False)]
    assert rest["next"] is None


def test_one_device_is_ended_from_another(phone, a_telephone_number, clock):
    lost = phone.sign_in(a_telephone_number, device_name="Lost").json
    clock.move(minutes=2)
    mine = phone.sign_in(a_telephone_number, device_name="Mine").json

    for _ in range(2):  # twice is harmless
        ended = phone.http.delete(f"/v1/me/sessions/{lost['session']}", headers=bearer(mine))
        assert ended.status_code == 204

    assert (status(phone, lost), status(phone, mine)) == (401, 200)


def test_somebody_elses_session_does_not_exist(phone, app, parts, signed_in, city):
    stranger = city.citizen("wang")

    refused = phone.http.delete(f"/v1/me/sessions/{signed_in['session']}", headers=stranger.headers)

    assert refused.status_code == 404
    assert status(phone, signed_in) == 200


@pytest.mark.parametrize("session", ["x", "session_", "session_" + "z" * 26, "person_" + "0" * 26])
def test_sessions_that_are_none(phone, signed_in, session):
    refused = phone.http.delete(f"/v1/me/sessions/{session}", headers=bearer(signed_in))

    assert refused.status_code == 404


@pytest.mark.parametrize("after", ["x", "WyJ4Il0", "WzVd", "W10", "W251bGxd"])
def test_places_that_are_none(phone, signed_in, after):
    refused = phone.http.get(f"/v1/me/sessions?after={after}", headers=bearer(signed_in))

    assert refused.status_code in {404, 422}


def test_events_tell_of_sessions(phone, signed_in, outbox):
    person = phone.http.get("/v1/me", headers=bearer(signed_in)).json["id"]
    phone.post("/v1/sign-out", headers=bearer(signed_in))

    assert outbox.of(person) == [
        "identity.person_joined",
        "identity.session_started",
        "identity.session_ended",
    ]
