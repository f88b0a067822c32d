"""The person sees who read what about them, and keeps a proof that holds without the hub."""

import json

import pytest

from blueprints.citizen import access_log
from hub import audit
from hub.audit.checking import check
from hub.audit.merkle import continues
from hub.kernel import ids
from hub.kernel.work import Actor

from .conftest import bearer

OFFICER = Actor("officer", "officer_01k9z3m8q4v7x2c5n1b6h0j8rt")


@pytest.fixture
def li(city):
    return city.citizen("li")


@pytest.fixture
def an_officer_reads(parts, li):
    def read(about=None, **more):
        given = {
            "about": about or li.person_id,
            "register": "entitlements",
            "purpose": "senior fare",
            "basis": "consent",
            "fields": ["kind", "valid_until"],
            **more,
        }
        parts.database.run(lambda work: audit.read(work, **given), OFFICER)

    return read


@pytest.fixture
def sealed(parts):
    def seal():
        while access_log.seal(parts):
            pass

    return seal


def log_of(client, somebody, **query):
    answer = client.get("/v1/me/access-log", headers=somebody.headers, query_string=query)
    assert answer.status_code == 200
    return answer.json


def proof_of(client, somebody, row):
    return client.get(f"/v1/me/access-log/{row['id']}/proof", headers=somebody.headers)


def test_the_person_sees_who_read_what_and_why(client, li, an_officer_reads, sealed):
    an_officer_reads(for_whom="person_1", client_id="transit-desk")
    [row] = log_of(client, li)["items"]

    assert row == {
        "id": row["id"],
        "at": row["at"],
        "who": {"kind": "officer", "id": OFFICER.id},
        "for_whom": "person_1",
        "client_id": "transit-desk",
        "register": "entitlements",
        "purpose": "senior fare",
        "legal_basis": "consent",
        "fields": ["kind", "valid_until"],
        "sealed": False,
    }
    sealed()
    assert log_of(client, li)["items"][0]["sealed"]


def test_the_log_comes_in_pages_newest_first(client, li, an_officer_reads):
    for number in range(5):
        an_officer_reads(purpose=f"{number}")

    first = log_of(client, li, limit=3)
    second = log_of(client, li, limit=3, after=first["next"])

    assert [row["purpose"] for row in first["items"] + second["items"]] == list("43210")
    assert second["next"] is None


def test_others_see_nothing_of_it(client, city, li, an_officer_reads, sealed):
    an_officer_reads()
    sealed()
    [row] = log_of(client, li)["items"]
    wang = city.citizen("wang")

    assert log_of(client, wang) == {"items": [], "next": None}
    assert proof_of(client, wang, row).status_code == 404
    assert client.get(f"/v1/me/access-log/{row['id']}/proof").status_code == 401
    assert client.get("/v1/me/access-log").status_code == 401


def test_a_proof_that_was_kept_holds_without_the_hub(client, li, an_officer_reads, sealed):
    an_officer_reads()
    [row] = log_of(client, li)["items"]
    early = proof_of(client, li, row)
    assert (early.status_code, early.json["type"]) == (409, "/problems/not-sealed-yet")
    assert early.headers["Retry-After"] == "2"
    sealed()

    kept = proof_of(client, li, row)
    keys = client.get("/.well-known/jwks.json").data
    said, statement = check(kept.data, keys)

    assert kept.headers["Content-Disposition"] == f'attachment; filename="{row["id"]}.json"'
    assert kept.headers["Cache-Control"] == "no-store"
    assert (said["id"], said["purpose"]) == (row["id"], "senior fare")
    assert statement.origin == "localhost:8000/access-log"


@pytest.mark.parametrize(
    "unknown", ["access_", "access_01k9z3m8q4v7x2c5n1b6h0j8rt", "person_1", "x" * 500]
)
def test_rows_that_are_none(client, li, unknown):
    answer = client.get(f"/v1/me/access-log/{unknown}/proof", headers=li.headers)

    assert answer.status_code == 404


def test_the_checkpoint_is_public_and_says_nothing_about_anybody(
    client, li, an_officer_reads, sealed
):
    an_officer_reads()
    sealed()
    answer = client.get("/v1/audit/checkpoint")
    again = client.get("/v1/audit/checkpoint", headers={"If-None-Match": answer.headers["ETag"]})

    assert answer.json["text"].split("\n")[1:3] == [str(answer.json["size"]), answer.json["root"]]
    assert set(answer.json) == {"text", "kid", "signature", "size", "root", "signed_at"}
    assert again.status_code == 304


def test_todays_log_begins_with_the_one_that_somebody_kept(client, li, an_officer_reads, sealed):
    from base64 import b64decode

    an_officer_reads()
    sealed()
    kept = client.get("/v1/audit/checkpoint").json
    for _ in range(3):
        an_officer_reads()
    sealed()
    today = client.get("/v1/audit/checkpoint").json

    shown = client.get(f"/v1/audit/consistency?from={kept['size']}").json

    assert (shown["old_size"], shown["new_size"]) == (kept["size"], today["size"])
    assert (shown["old_root"], shown["new_root"]) == (kept["root"], today["root"])
    assert continues(
        kept["size"],
        today["size"],
        b64decode(kept["root"]),
        b64decode(today["root"]),
        [b64decode(step) for step in shown["path"]],
    )
    between = f"/v1/audit/consistency?from={kept['size']}&to={today['size']}"
    assert client.get(between).json == shown


@pytest.mark.parametrize(
    "query",
    ["", "from=0", "from=-1", "from=x", "from=2&to=1", "from=99999999999", "from=1&to=9999999999",
     "from=1&to=1&more=1", "from=9223372036854775808"],
)  # fmt: skip
def test_states_that_the_log_never_had(client, li, an_officer_reads, sealed, query):
    an_officer_reads()
    sealed()

    assert client.get(f"/v1/audit/consistency?{query}").status_code == 422


def test_what_was_sealed_is_written_outside_of_the_database(parts, li, an_officer_reads, sealed):
    an_officer_reads()
    sealed()

    lines = [
        json.loads(line)
        for path in sorted((parts.settings.home / audit.FOLDER).glob("*.jsonl"))
        for line in path.read_text().splitlines()
    ]
    assert [line["number"] for line in lines] == sorted({line["number"] for line in lines})
    assert len(lines[-1]["leaves"]) >= 1
    assert li.id not in str(lines)


def test_the_page_shows_it_in_words(client, phone, an_officer_reads, sealed, a_telephone_number):
    tokens = phone.sign_in(a_telephone_number).json
    person = phone.http.get("/v1/me", headers=bearer(tokens)).json["id"]
    headers = {**bearer(tokens), "Accept": "text/html"}
    empty = phone.http.get("/me/access-log", headers=headers)
    an_officer_reads(ids.read("person", person))
    fresh = phone.http.get("/me/access-log", headers=headers)
    sealed()
    shown = phone.http.get("/me/access-log", headers=headers)

    assert "Nobody has read anything about you yet." in empty.text
    assert "An officer of the city" in fresh.text
    assert "/proof" not in fresh.text
    assert "You had agreed" in shown.text
    assert "senior fare" in shown.text
    assert '/proof" download' in shown.text
    assert shown.headers["Cache-Control"] == "no-store"
    assert 'href="/me/access-log"' in phone.http.get("/me", headers=headers).text
