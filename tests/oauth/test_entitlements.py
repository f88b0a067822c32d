"""A partner asks whether somebody is entitled: yes or no, with consent, with a trace."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from tests.factories.residents import card_of, resident, say

from .conftest import Browser

SCOPE = "entitlements.partner_check:read"
PATH = "/v1/partner/entitlements"


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def student(app, parts, client, city, db, outbox):
    """A citizen with a verified name who is a student, in a browser."""
    found, somebody = resident(db), city.citizen("student")
    until = date.today() + timedelta(days=300)
    say(db, found, "student", valid_until=until)
    say(db, found, "carer", "refused", reason="No certificate.")
    client.post(
        "/v1/me/real-name",
        json=card_of(found),
        headers={**somebody.headers, "Idempotency-Key": uuid4().hex},
    )
    outbox.deliver()
    outbox.deliver()
    return Browser(app, parts, somebody)


@pytest.fixture
def museum(register):
    return register(scopes=("openid", SCOPE))


def tokens_of(museum, browser, scope=SCOPE):
    asked, verifier = museum.question(scope=f"openid {scope}".strip())
    return museum.redeem(browser.allow(asked)["code"], verifier).json["access_token"]


def test_yes_or_no_and_nothing_else(client, museum, student):
    token = tokens_of(museum, student)

    yes = client.get(f"{PATH}/student", headers=bearer(token))
    no = client.get(f"{PATH}/senior", headers=bearer(token))
    refused = client.get(f"{PATH}/carer", headers=bearer(token))

    assert yes.status_code == 200
    assert set(yes.json) == {"kind", "entitled", "on"}
    assert [a.json["entitled"] for a in (yes, no, refused)] == [True, False, False]
    assert client.get(f"{PATH}/king", headers=bearer(token)).status_code == 404


def test_the_person_sees_which_partner_asked(client, museum, student, db):
    client.get(f"{PATH}/student", headers=bearer(tokens_of(museum, student)))

    with db.reads() as connection:
        row = connection.execute(
            text(
                "SELECT register, purpose, basis, client_id, fields FROM audit_access"
                " WHERE person_id = :id ORDER BY id DESC LIMIT 1"
            ),
            {"id": student.somebody.person_id},
        ).one()
    assert (row.register, row.purpose, row.basis) == ("entitlements", "partner_check", "consent")
    assert row.client_id == museum.id
    assert row.fields == ["kind", "state", "valid_from", "valid_until"]


def test_without_the_scope_and_without_the_consent_there_is_no_answer(client, museum, student):
    other = tokens_of(museum, student, scope="")
    unasked = client.get(f"{PATH}/student", headers=bearer(other))
    token = tokens_of(museum, student)
    agreed = client.get(f"{PATH}/student", headers=bearer(token))
    headers = student.somebody.headers
    for consent in client.get("/v1/me/consents", headers=headers).json["items"]:
        client.delete(f"/v1/me/consents/{consent['id']}", headers=headers)

    withdrawn = client.get(f"{PATH}/student", headers=bearer(token))

    assert (unasked.status_code, unasked.json["scope"]) == (403, SCOPE)
    assert agreed.status_code == 200
    assert withdrawn.status_code in (401, 403)


def test_the_city_and_the_record_are_no_way_around(client, museum, student):
    """The person's own app does not ask as a partner; a partner's app does not read the record."""
    at_home = client.get(f"{PATH}/student", headers=student.somebody.headers)
    token = tokens_of(museum, student)

    assert at_home.json["type"] == "/problems/purpose-not-yours"
    for path in ("/v1/me/records", "/v1/me/entitlements", "/v1/me/real-name"):
        assert client.get(path, headers=bearer(token)).status_code == 403
