"""Appeals and releases as officers decide them."""

from uuid import uuid4

import pytest

from tests.factories.residents import card_of, resident, say

APPEALS = "/v1/databank/appeals"
RELEASES = "/v1/officers/real-names/releases"


def keyed(headers):
    return {**headers, "Idempotency-Key": uuid4().hex}


@pytest.fixture
def appealed(client, city, db, outbox):
    """Makes a citizen who appealed against a refusal; the appeal's id and the citizen."""

    def make(citizen, statement="Here is the certificate."):
        found, somebody = resident(db), city.citizen(citizen)
        say(db, found, "carer", "refused", reason="No certificate.")
        client.post("/v1/me/real-name", json=card_of(found), headers=keyed(somebody.headers))
        outbox.deliver()
        outbox.deliver()
        refused = client.get("/v1/me/entitlements", headers=somebody.headers).json["items"][0]
        filed = client.post(
            f"/v1/me/entitlements/{refused['id']}/appeals",
            json={"statement": statement},
            headers=keyed(somebody.headers),
        )
        return filed.json["id"], somebody

    return make


def decide(client, officer, appeal, outcome="upheld"):
    return client.post(
        f"{APPEALS}/{appeal}/decisions",
        json={"outcome": outcome, "answer": "It had been overlooked."},
        headers=keyed(officer),
    )


def test_an_officer_reads_and_decides_and_the_person_sees_both(client, city, appealed):
    appeal, li = appealed("li")
    officer = city.as_officer("databank:caseworker")

    brief = client.get(f"{APPEALS}/{appeal}", headers=officer).json
    decided = decide(client, officer, appeal)
    again = decide(client, officer, appeal, "dismissed")

    assert (brief["kind"], brief["reason"]) == ("carer", "No certificate.")
    assert brief["statement"] == "Here is the certificate."
    assert (decided.status_code, again.status_code) == (204, 404)
    now = client.get("/v1/me/entitlements", headers=li.headers).json["items"][0]
    assert (now["state"], now["valid_today"]) == ("granted", True)
    seen = client.get("/v1/me/access-log", headers=li.headers).json["items"]
    assert [(one["who"]["kind"], one["purpose"]) for one in seen[1:3]] == [
        ("officer", "appeal"),
        ("officer", "appeal"),
    ]


def test_waiting_appeals_come_in_pages_the_oldest_first(client, city, appealed):
    filed = [appealed(f"citizen {n}")[0] for n in range(3)]
    officer = city.as_officer("databank:caseworker")

    found, after = [], None
    while True:
        query = {"limit": 2, **({"after": after} if after else {})}
        page = client.get(APPEALS, query_string=query, headers=officer).json
        found += [one["id"] for one in page["items"]]
        after = page["next"]
        if after is None:
            break

    assert [one for one in found if one in filed] == filed
    assert len(found) == len(set(found))


def test_who_looks_through_the_waiting_appeals_is_in_the_access_log(client, city, appealed):
    _, li = appealed("li")
    before = client.get("/v1/me/access-log", headers=li.headers).json["items"]
    after, officer = None, city.as_officer("databank:caseworker")
    while True:
        query = {"limit": 100, **({"after": after} if after else {})}
        after = client.get(APPEALS, query_string=query, headers=officer).json["next"]
        if after is None:
            break

    (line, *rest) = client.get("/v1/me/access-log", headers=li.headers).json["items"]

    assert rest == before
    assert (line["who"]["kind"], line["register"], line["purpose"], line["fields"]) == (
        "officer",
        "entitlements",
        "appeal",
        ["statement"],
    )


def test_opening_one_appeal_is_noted_too(client, city, appealed):
    appeal, li = appealed("li")
    officer = city.as_officer("databank:caseworker")
    before = len(client.get("/v1/me/access-log", headers=li.headers).json["items"])

    assert client.get(f"{APPEALS}/{appeal}", headers=officer).status_code == 200

    lines = client.get("/v1/me/access-log", headers=li.headers).json["items"]
    assert ["statement"] in [line["fields"] for line in lines[: len(lines) - before]]


def test_nobody_decides_their_own_appeal(client, city, appealed):
    appeal, li = appealed("li")
    city.appoint(city.surely("li"), "databank:caseworker")
    duty = client.post(
        "/v1/officers/duties", json={}, headers=keyed(city.surely("li").headers)
    ).json
    herself = {"Authorization": f"Bearer {duty['access_token']}"}

    read = client.get(f"{APPEALS}/{appeal}", headers=herself)
    decided = decide(client, herself, appeal)

    assert read.json["type"] == decided.json["type"] == "/problems/own-deed"
    waiting = client.get("/v1/me/entitlements", headers=li.headers).json["items"][0]
    assert waiting["appeal"]["state"] == "filed"


def test_only_caseworkers_see_appeals(client, city, appealed):
    appeal, li = appealed("li")

    for headers in (li.headers, city.as_officer("identity:auditor")):
        assert client.get(f"{APPEALS}/{appeal}", headers=headers).status_code == 403
        assert decide(client, headers, appeal).status_code == 403


def test_an_attendant_releases_a_document_that_they_have_seen(client, city, db, outbox):
    found, old, new = resident(db), city.citizen("old"), city.citizen("new")
    for somebody in (old, new):
        client.post("/v1/me/real-name", json=card_of(found), headers=keyed(somebody.headers))
        outbox.deliver()
    seen = {
        "kind": "resident_card",
        "number": found.documents[0][0].number,
        "evidence": "DESK-7",
    }

    def release(headers):
        return client.post(RELEASES, json=seen, headers=keyed(headers))

    refused = [release(h).status_code for h in (new.headers, city.as_officer("identity:auditor"))]
    attendant = city.as_officer("identity:attendant")
    released, again = release(attendant), release(attendant)
    client.post("/v1/me/real-name", json=card_of(found), headers=keyed(new.headers))
    outbox.deliver()

    assert refused == [403, 403]
    assert (released.json, again.json) == ({"released": 1}, {"released": 0})
    states = [
        client.get("/v1/me/real-name", headers=somebody.headers).json["state"]
        for somebody in (old, new)
    ]
    assert states == ["revoked", "verified"]
