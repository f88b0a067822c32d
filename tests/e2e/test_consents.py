"""The page of consents, in a browser."""

import secrets
from types import SimpleNamespace

import pytest

from hub.kernel import ids
from tests.factories.consents import given

from .test_account import sign_in
from .test_pages import PHONE, broken_rules

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("language", ["en", "zh-CN", "ru"])
def test_a_consent_is_read_and_taken_back_without_a_script(visit, hub, language):
    opened = visit(viewport=PHONE)
    page = opened.page
    sign_in(page, hub, f"li-{secrets.token_hex(5)}@example.org")
    page.wait_for_url("**/me")
    person_id = page.evaluate("fetch('/v1/me').then(r => r.json()).then(me => me.id)")
    person = SimpleNamespace(id=person_id, person_id=ids.read("person", person_id))
    given(hub.parts, person, recipient_name="Songhua Tours")

    opened.open(f"/me/consents?lang={language}")

    assert page.get_by_role("heading", name="Songhua Tours").is_visible()
    assert broken_rules(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.locator("form[action*='/withdraw'] button").click()
    page.locator("[role=status]").wait_for()
    assert page.locator("form[action*='/withdraw']").count() == 0
    assert broken_rules(page) == []
    assert opened.complaints == []
