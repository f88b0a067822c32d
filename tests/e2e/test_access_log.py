"""The page "who saw my data", in a browser."""

import json
import secrets

import pytest

from blueprints.citizen import access_log
from hub import audit
from hub.audit.checking import check
from hub.kernel import ids
from hub.kernel.work import Actor

from .test_account import sign_in
from .test_pages import PHONE, broken_rules

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("language", ["en", "zh-CN", "ru"])
def test_a_citizen_sees_who_read_and_saves_the_proof(visit, hub, language):
    opened = visit(viewport=PHONE)
    page = opened.page
    sign_in(page, hub, f"li-{secrets.token_hex(5)}@example.org")
    page.wait_for_url("**/me")
    person = page.evaluate("fetch('/v1/me').then(r => r.json()).then(me => me.id)")
    opened.open(f"/me/access-log?lang={language}")
    assert broken_rules(page) == []
    hub.parts.database.run(
        lambda work: audit.read(
            work,
            about=ids.read("person", person),
            register="entitlements",
            purpose="senior fare",
            basis="consent",
            fields=["kind", "valid_until"],
        ),
        Actor("officer", "officer_01k9z3m8q4v7x2c5n1b6h0j8rt"),
    )
    while access_log.seal(hub.parts):
        pass

    opened.open("/me/access-log")

    assert broken_rules(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    with page.expect_download() as saved:
        page.locator("a[href$='/proof']").click()
    proof = saved.value.path().read_bytes()
    keys = json.dumps(hub.parts.keyring.jwks()).encode()
    row, _ = check(proof, keys)
    assert row["about"] == person
    assert opened.complaints == []
