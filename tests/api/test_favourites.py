"""The stops and lines that a citizen keeps at hand."""

from uuid import uuid4

import pytest

from tests.factories.feeds import published
from tests.factories.gtfs import town_zip


@pytest.fixture(scope="module")
def feed(db):
    return published(db, town_zip())


@pytest.fixture
def li(client, as_citizen):
    return Person(client, as_citizen("li"))


@pytest.fixture
def wang(client, as_citizen):
    return Person(client, as_citizen("wang"))


class Person:
    def __init__(self, client, headers):
        self._client, self._headers = client, headers

    def keep(self, kind, target, **more):
        headers = {**self._headers, "Idempotency-Key": uuid4().hex}
        return self._client.post(
            "/v1/me/favourites", json={"kind": kind, "target": target, **more}, headers=headers
        )

    def list(self, **query):
        return self._client.get("/v1/me/favourites", query_string=query, headers=self._headers).json

    def drop(self, favourite):
        return self._client.delete(f"/v1/me/favourites/{favourite}", headers=self._headers)


def test_a_stop_and_a_line_are_kept_in_order(li, feed):
    stop = li.keep("stop", f"{feed}:1001", label="Home")
    line = li.keep("route", f"{feed}:L1")

    assert (stop.status_code, line.status_code) == (201, 201)
    assert stop.json["label"] == "Home"
    assert "label" not in line.json
    assert li.list() == {"items": [stop.json, line.json], "next": None}


def test_keeping_it_again_only_changes_the_label(li, feed):
    first = li.keep("stop", f"{feed}:1001", label="Home").json
    again = li.keep("stop", f"{feed}:1001", label="Grandmother").json

    assert again == {**first, "label": "Grandmother"}
    assert len(li.list()["items"]) == 1


def test_what_is_not_in_the_timetable_cannot_be_kept(li, feed):
    for kind, target, problem in (
        ("stop", f"{feed}:NO", "no-stop"),
        ("route", f"{feed}:1001", "no-route"),
        ("stop", "atlantis:1", "no-stop"),
    ):
        answer = li.keep(kind, target)
        assert (answer.status_code, answer.json["type"]) == (404, f"/problems/{problem}")


def test_nobody_sees_or_drops_what_is_somebody_elses(li, wang, feed):
    kept = li.keep("stop", f"{feed}:1002").json

    assert wang.list()["items"] == []
    assert wang.drop(kept["id"]).status_code == 404
    assert li.drop(kept["id"]).status_code == 204
    assert li.drop(kept["id"]).status_code == 404
    assert li.list()["items"] == []


def test_pages_hold_everything_once(li, feed):
    for key in ("1001", "1002", "1003", "1004"):
        li.keep("stop", f"{feed}:{key}")

    first = li.list(limit=3)
    second = li.list(limit=3, after=first["next"])

    targets = [kept["target"] for kept in first["items"] + second["items"]]
    assert targets == [f"{feed}:{key}" for key in ("1001", "1002", "1003", "1004")]
    assert second["next"] is None


def test_a_list_has_an_end(li, feed, db, monkeypatch):
    from hub.transit import favourites

    monkeypatch.setattr(favourites, "MOST", 2)
    li.keep("stop", f"{feed}:1001")
    li.keep("stop", f"{feed}:1002")

    answer = li.keep("stop", f"{feed}:1003")

    assert (answer.status_code, answer.json["type"]) == (422, "/problems/too-many-favourites")
    assert len(li.list()["items"]) == 2


@pytest.mark.parametrize(
    "wanted",
    [
        {"kind": "moon", "target": "harbin:1"},
        {"kind": "stop", "target": "1001"},
        {"kind": "stop", "target": "harbin:1", "label": ""},
        {"kind": "stop", "target": "harbin:1", "colour": "red"},
        {"kind": "stop"},
    ],
)
def test_what_makes_no_sense_is_invalid(client, as_citizen, wanted):
    headers = {**as_citizen("li"), "Idempotency-Key": uuid4().hex}

    answer = client.post("/v1/me/favourites", json=wanted, headers=headers)

    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")


def test_favourites_need_somebody(client):
    assert client.get("/v1/me/favourites").status_code == 401
