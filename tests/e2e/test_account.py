"""Signing in and the account, with and without scripts."""

import secrets
from datetime import UTC, datetime, timedelta

import pyotp
import pytest

from .test_pages import PHONE, broken_rules
from .town import FEED

pytestmark = pytest.mark.browser

STOP = f"{FEED}:1-3"


def sign_in(page, hub, address: str) -> None:
    page.goto(f"{hub.url}/sign-in")
    page.get_by_label("Telephone number or e-mail address").fill(address)
    page.get_by_role("button", name="Send me a code").click()
    page.get_by_label("Code").wait_for()
    page.get_by_label("Code").fill(hub.code_for(address))
    page.get_by_role("button", name="Sign in", exact=True).click()


@pytest.fixture
def address() -> str:
    return f"li-{secrets.token_hex(5)}@example.org"


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_a_citizen_signs_in_keeps_a_stop_and_signs_out(visit, hub, address, scripts):
    opened = visit(java_script_enabled=scripts)
    page = opened.page
    sign_in(page, hub, address)
    page.wait_for_url("**/me")
    assert page.get_by_role("heading", name="Where I am signed in").is_visible()

    opened.open(f"/stops/{STOP}")
    page.get_by_role("button", name="Add to favourites").click()
    page.get_by_role("button", name="Remove from favourites").wait_for()
    opened.open("/favourites")
    assert page.get_by_role("link", name="Expo Centre").is_visible()
    if scripts:
        assert broken_rules(page) == []

    opened.open("/me/records")
    assert page.get_by_role("heading", name="Population register").is_visible()
    if scripts:
        assert broken_rules(page) == []

    opened.open("/me/real-name")
    assert page.get_by_role("button", name="Verify my name").is_visible()
    if scripts:
        assert broken_rules(page) == []

    opened.open("/me")
    if scripts:
        assert broken_rules(page) == []
    page.get_by_role("button", name="Sign out here").click()
    page.wait_for_url(hub.url + "/")
    opened.open("/me")
    assert "/sign-in" in page.url
    assert opened.complaints == []


def test_a_wrong_code_is_said_beside_the_field(visit, hub, address):
    page = visit().page
    page.goto(f"{hub.url}/sign-in")
    page.get_by_label("Telephone number or e-mail address").fill(address)
    page.get_by_role("button", name="Send me a code").click()
    page.get_by_label("Code").wait_for()
    right = hub.code_for(address)
    page.get_by_label("Code").fill("000000" if right != "000000" else "111111")
    page.get_by_role("button", name="Sign in", exact=True).click()

    error = page.locator("#code-error")
    error.wait_for()
    assert "The code is not right" in error.inner_text()
    assert "4 tries left" in error.inner_text()
    assert page.get_by_label("Code").get_attribute("aria-describedby") == "code-error"
    assert broken_rules(page) == []


def test_the_second_factor_is_turned_on_asked_for_and_turned_off(visit, hub, address):
    opened = visit(viewport=PHONE)
    page = opened.page
    sign_in(page, hub, address)
    page.wait_for_url("**/me")
    opened.open("/me/second-factor")
    page.get_by_role("button", name="Set up an authenticator app").click()
    secret = pyotp.TOTP(page.locator("ol code").inner_text())
    assert broken_rules(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.get_by_label("Code of the app").fill(secret.now())
    page.get_by_role("button", name="Turn on").click()
    page.get_by_text("The second factor is on. Each sign-in asks for it now.").wait_for()

    # Each code works once: the app's next one signs in elsewhere.
    hub.let_limits_refill()
    other = visit().page
    sign_in(other, hub, address)
    other.locator("h1", has_text="Second step").wait_for()
    other.get_by_label("Code").fill(secret.at(datetime.now(UTC) + timedelta(seconds=30)))
    other.get_by_role("button", name="Sign in", exact=True).click()
    other.wait_for_url("**/me")
    assert other.get_by_text("this one").count() == 1


def test_a_form_from_elsewhere_changes_nothing(visit, hub, address):
    opened = visit()
    sign_in(opened.page, hub, address)
    opened.page.wait_for_url("**/me")

    answer = opened.context.request.post(f"{hub.url}/me", form={"display_name": "Mallory"})

    assert answer.status == 403
    opened.open("/me")
    assert opened.page.get_by_label("What we may call you").input_value() == ""
