"""My security in a browser: password, app, paper, and showing once more who one is."""

import secrets
from datetime import UTC, datetime, timedelta

import pyotp
import pytest

from .test_account import sign_in
from .test_pages import PHONE, broken_rules

pytestmark = pytest.mark.browser


@pytest.fixture
def address() -> str:
    return f"wang-{secrets.token_hex(5)}@example.org"


def set_up_app(page, hub) -> pyotp.TOTP:
    page.goto(f"{hub.url}/me/second-factor")
    page.get_by_role("button", name="Set up an authenticator app").click()
    secret = pyotp.TOTP(page.locator("ol code").inner_text())
    page.get_by_label("Code of the app").fill(secret.now())
    page.get_by_role("button", name="Turn on").click()
    page.get_by_text("The second factor is on.").wait_for()
    return secret


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_password_app_and_paper(visit, hub, address, scripts):
    """Everything is a form: it works without scripts. axe looks only where scripts may run."""
    opened = visit(java_script_enabled=scripts, viewport=PHONE)
    page = opened.page

    def is_fine():
        if scripts:
            assert broken_rules(page) == []
            assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]

    sign_in(page, hub, address)
    page.wait_for_url("**/me")
    set_up_app(page, hub)
    page.goto(f"{hub.url}/me/security")
    is_fine()
    page.get_by_role("button", name="Make ten new codes").click()
    is_fine()
    paper = page.locator("ol.codes code").all_inner_texts()
    assert len(paper) == 10
    page.get_by_role("link", name="I have kept them").click()
    page.get_by_role("link", name="Set a password").click()
    page.get_by_label("New password").fill("short")
    page.get_by_role("button", name="Save").click()
    assert "at least 8 characters" in page.locator("#password-error").inner_text()
    is_fine()
    page.get_by_label("New password").fill("tram 77 bell")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("The new password works from now on.").wait_for()

    hub.let_limits_refill()
    other = visit(java_script_enabled=scripts)
    page = other.page
    page.goto(f"{hub.url}/sign-in")
    page.get_by_role("link", name="Sign in with a password").click()
    page.get_by_label("Telephone number or e-mail address").fill(address)
    page.get_by_label("Password").fill("not this one")
    page.get_by_role("button", name="Sign in", exact=True).click()
    assert "The address or the password is not right" in page.get_by_role("alert").inner_text()
    page.get_by_label("Password").fill("tram 77 bell")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.locator("h1", has_text="Second step").wait_for()
    page.get_by_label("Code of the app, or a recovery code").fill(paper[0].upper())
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/me")
    page.goto(f"{hub.url}/me/security")
    assert page.get_by_text("9 unused codes.").is_visible()
    assert [said for said in opened.complaints if "422" not in said] == []


def test_a_change_asks_who_one_is_and_goes_on(visit, hub, address):
    """A first-level session of a person with password and app is shown the step-up first."""
    opened = visit()
    page = opened.page
    sign_in(page, hub, address)
    page.wait_for_url("**/me")
    secret = set_up_app(page, hub)
    page.goto(f"{hub.url}/me/password")
    page.get_by_label("New password").fill("tram 77 bell")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("The new password works from now on.").wait_for()

    page.get_by_role("link", name="Change the password").click()
    page.locator("h1", has_text="Show that it is you").wait_for()
    assert broken_rules(page) == []
    page.get_by_label("Password").fill("tram 77 bell")
    later = datetime.now(UTC) + timedelta(seconds=30)
    page.get_by_label("Code of the app, or a recovery code").fill(secret.at(later))
    page.get_by_role("button", name="Go on").click()

    page.wait_for_url("**/me/password")
    assert page.get_by_label("New password").is_visible()
    assert opened.complaints == []


def test_a_form_from_elsewhere_cannot_sign_a_browser_in_by_password(hub):
    import httpx

    refused = httpx.post(
        f"{hub.url}/sign-in/password",
        data={"address": "a@example.org", "password": "x"},
        headers={"Origin": "https://evil.example", "Accept": "text/html"},
    )

    assert refused.status_code == 403
