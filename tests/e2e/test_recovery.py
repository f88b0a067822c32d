"""Getting back in and stopping it, in a browser without scripts."""

import re
import secrets

import pytest

from blueprints import SECTORS
from blueprints.citizen.sending import send_codes
from hub import identity
from hub.kernel.work import NOBODY
from tests.city import Outbox

from .test_account import sign_in
from .test_pages import PHONE, broken_rules
from .test_security import set_up_app

pytestmark = pytest.mark.browser


def test_a_lost_app_is_recovered_or_stopped_by_its_link(visit, hub):
    hub.let_limits_refill()
    address = f"chen-{secrets.token_hex(5)}@example.org"
    owner = visit()
    sign_in(owner.page, hub, address)
    owner.page.wait_for_url("**/me")
    set_up_app(owner.page, hub)
    hub.let_limits_refill()

    other = visit(viewport=PHONE)
    page = other.page
    sign_in(page, hub, address)
    page.locator("h1", has_text="Second step").wait_for()
    assert broken_rules(page) == []
    page.get_by_role("button", name="Let me back in").click()
    page.locator("h1", has_text="Getting back in").wait_for()
    assert page.get_by_text("Come back after").is_visible()
    assert broken_rules(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]

    owner.open("/me/security")
    assert owner.page.get_by_role("button", name="Stop it").is_visible()
    assert broken_rules(owner.page) == []
    Outbox(hub.parts, SECTORS).deliver()
    while send_codes(hub.parts):
        pass
    shown = hub.parts.database.read(
        lambda reading: identity.shown_messages(reading, address=address), NOBODY
    )
    link = next(m[0] for each in shown if (m := re.search(r"/recoveries/cancel\S+", each.text)))

    mail = visit(java_script_enabled=False)
    mail.open(link)
    mail.page.get_by_role("button", name="Stop it").click()
    mail.page.get_by_role("heading", name="Stopped").wait_for()
    owner.open("/me/security")
    assert owner.page.get_by_role("button", name="Stop it").count() == 0
    seen = visit()
    seen.open(link)
    assert broken_rules(seen.page) == []


def test_a_code_is_asked_for_by_telephone(visit, hub):
    hub.let_limits_refill()
    page = visit().page
    page.goto(f"{hub.url}/sign-in")
    number = f"+86139{secrets.randbelow(10**8):08d}"
    page.get_by_label("Telephone number or e-mail address").fill(number)
    page.get_by_role("button", name="Call me and say the code").click()
    page.get_by_label("Code").wait_for()
    while send_codes(hub.parts):
        pass
    heard = hub.parts.database.read(
        lambda reading: identity.shown_messages(reading, address=number), NOBODY
    )[0]
    assert heard.channel == "voice"
    page.get_by_label("Code").fill("".join(c for c in heard.text if c.isdigit())[:6])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/me")
    assert page.get_by_text("by code", exact=False).first.is_visible()
