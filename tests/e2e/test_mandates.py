"""Mandates in a browser: two people, their pages, axe, a telephone's width."""

import secrets

import pytest

from .test_account import sign_in
from .test_pages import PHONE, broken_rules

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("language", ["en", "zh-CN", "ru"])
def test_one_lets_another_act_and_ends_it(visit, hub, language):
    giver, holder = (visit(viewport=PHONE) for _ in range(2))
    for opened in (giver, holder):
        sign_in(opened.page, hub, f"li-{secrets.token_hex(5)}@example.org")
        opened.page.wait_for_url("**/me")
        hub.let_limits_refill()

    def looks_right(opened):
        assert broken_rules(opened.page) == []
        assert opened.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]

    giver.open(f"/me/mandates/new?lang={language}")
    looks_right(giver)
    giver.page.locator("[value='traffic.favourite:read']").check()
    giver.page.locator("main form button").click()
    code = giver.page.locator("main code").inner_text()
    looks_right(giver)

    holder.open(f"/me/mandates?lang={language}")
    holder.page.locator("#code").fill(code)
    holder.page.locator("form[action='/me/mandates/accept'] button").click()
    holder.page.locator("[role=status]").wait_for()
    looks_right(holder)
    holder.page.locator("a[href*='/me/mandates/mandate_']").click()
    holder.page.locator("a[href*='/favourites?for=']").click()
    holder.page.locator("[role=note]").wait_for()
    looks_right(holder)

    giver.open("/me/mandates")
    giver.page.locator("a[href*='/me/mandates/mandate_']").click()
    giver.page.locator("#acts").wait_for()
    assert giver.page.locator(".rows__row").count() == 1
    looks_right(giver)
    giver.page.locator("form[action$='/end'] button").click()
    giver.page.locator("[role=status]").wait_for()
    assert giver.complaints == holder.complaints == []
