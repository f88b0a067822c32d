"""The person behind the token."""

from dataclasses import asdict
from datetime import UTC, datetime

import msgspec
import pytest

from blueprints.citizen.me import encode_me
from blueprints.citizen.schemas import Me
from hub.identity import Principal, Profile


def change(client, headers, changes, etag):
    given = {**headers, "If-Match": etag} if etag else headers
    return client.patch("/v1/me", json=changes, headers=given)


def test_who_am_i(client, city):
    li = city.citizen("Li Na")

    answer = client.get("/v1/me", headers=li.headers)

    assert answer.status_code == 200
    assert answer.json == {
        "id": li.id,
        "display_name": "Li Na",
        "language": "en",
        "phone": f"+86*********{li.phone[-2:]}",
        "second_factor": False,
        "acr": "urn:city:loa:1",
        "amr": ["sms"],
        "synthetic": True,
        "created_at": answer.json["created_at"],
    }
    assert answer.headers["Cache-Control"] == "private, no-cache"


def test_the_direct_encoder_writes_what_the_schema_says():
    person = Profile(
        id="person_0",
        display_name="Li Na",
        language="ru",
        phone="+86***78",
        email=None,
        second_factor=True,
        synthetic=False,
        created_at=datetime(2026, 11, 24, tzinfo=UTC),
        revision=3,
    )
    principal = Principal("citizen", "person_0", frozenset(), acr="urn:city:loa:1", amr=("sms",))

    written = msgspec.json.decode(encode_me(person, principal))

    assert written == Me().dump({**asdict(person), "acr": principal.acr, "amr": principal.amr})


def test_a_change_needs_the_state_that_was_seen(client, city):
    headers = city.as_citizen("li")
    etag = client.get("/v1/me", headers=headers).headers["ETag"]

    assert change(client, headers, {"display_name": "Li"}, None).status_code == 428
    assert change(client, headers, {"display_name": "Li"}, etag).status_code == 204
    stale = change(client, headers, {"language": "ru"}, etag)
    assert (stale.status_code, stale.json["type"]) == (412, "/problems/precondition-failed")
    me = client.get("/v1/me", headers=headers)
    assert (me.json["display_name"], me.json["language"]) == ("Li", "en")
    assert me.headers["ETag"] != etag


def test_a_name_can_be_taken_away(client, city):
    headers = city.as_citizen("li")
    etag = client.get("/v1/me", headers=headers).headers["ETag"]

    assert change(client, headers, {"display_name": None}, etag).status_code == 204
    assert "display_name" not in client.get("/v1/me", headers=headers).json


@pytest.mark.parametrize(
    "changes",
    [
        {},
        [],
        {"display_name": ""},
        {"display_name": "x" * 81},
        {"display_name": "a\nb"},
        {"display_name": "   "},
        {"display_name": 5},
        {"language": "fr"},
        {"language": None},
        {"id": "person_0"},
        {"synthetic": False},
        {"revision": 9},
    ],
)
def test_changes_that_are_none(client, city, changes):
    headers = city.as_citizen("li")
    etag = client.get("/v1/me", headers=headers).headers["ETag"]

    assert change(client, headers, changes, etag).status_code == 422


@pytest.mark.parametrize(
    "etag", ['"x"', '"1e9"', '"²"', '"99999999999999999999"', 'W/"1"', "nonsense"]
)
def test_states_that_nobody_saw(client, city, etag):
    headers = city.as_citizen("li")

    assert change(client, headers, {"language": "ru"}, etag).status_code in {412, 428}


def test_strangers_are_asked_to_sign_in(client):
    refused = client.get("/v1/me")

    assert (refused.status_code, refused.json["type"]) == (401, "/problems/unauthorized")
    assert refused.headers["WWW-Authenticate"].startswith("Bearer")
