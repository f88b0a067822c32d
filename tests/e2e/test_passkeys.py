"""Passkeys in Chromium, with its virtual authenticator: the page's script, the browser's API, the
hub's answer."""

import secrets

import pytest

from .test_account import sign_in
from .test_pages import PHONE, broken_rules

pytestmark = pytest.mark.browser


def give_authenticator(page):
    """A platform authenticator that verifies its user; the handle to ask it by."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    added = session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    return session, added["authenticatorId"]


def test_an_account_is_opened_left_and_entered_again(visit, hub):
    hub.let_limits_refill()
    opened = visit(viewport=PHONE)
    page = opened.page
    session, device = give_authenticator(page)
    page.goto(f"{hub.url}/sign-in")
    page.get_by_role("button", name="Open an account with a passkey").click()
    page.wait_for_url("**/me")
    kept = session.send("WebAuthn.getCredentials", {"authenticatorId": device})["credentials"]
    assert [each["rpId"] for each in kept] == ["localhost"]
    assert kept[0]["isResidentCredential"]
    page.get_by_role("button", name="Sign out here").click()
    page.wait_for_url(hub.url + "/")

    page.goto(f"{hub.url}/sign-in?next=/me/security")
    assert broken_rules(page) == []
    page.get_by_role("button", name="Sign in with a passkey").click()

    page.wait_for_url(f"{hub.url}/me/security")
    assert page.get_by_role("heading", name="Passkeys").is_visible()
    assert broken_rules(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert opened.complaints == []


def test_a_passkey_is_added_and_then_asked_for(visit, hub):
    hub.let_limits_refill()
    opened = visit()
    page = opened.page
    give_authenticator(page)
    sign_in(page, hub, f"zhao-{secrets.token_hex(5)}@example.org")
    page.wait_for_url("**/me")
    page.goto(f"{hub.url}/me/passkeys/new")
    assert broken_rules(page) == []
    page.get_by_label("What you call it").fill("My laptop")
    page.get_by_role("button", name="Make the passkey").click()
    page.get_by_text("The passkey works from now on.").wait_for()
    assert page.get_by_text("My laptop", exact=True).first.is_visible()
    assert page.get_by_text("Off: your passkey is the second step.").is_visible()
    page.goto(f"{hub.url}/me")
    assert page.get_by_text("each sign-in by code also asks for your passkey").is_visible()

    page.goto(f"{hub.url}/step-up?next=/me/password")
    assert broken_rules(page) == []
    page.get_by_role("button", name="Show your passkey").click()
    page.wait_for_url(f"{hub.url}/me/password")

    page.goto(f"{hub.url}/me/security")
    page.get_by_text("Rename or remove").click()
    page.get_by_role("button", name="Remove this passkey").click()
    page.get_by_text("That passkey opens nothing any more.").wait_for()
    assert opened.complaints == []


def test_a_device_that_does_not_know_its_user_opens_nothing(visit, hub):
    hub.let_limits_refill()
    page = visit().page
    session, device = give_authenticator(page)
    page.goto(f"{hub.url}/sign-in")
    page.get_by_role("button", name="Open an account with a passkey").click()
    page.wait_for_url("**/me")
    page.get_by_role("button", name="Sign out here").click()
    page.wait_for_url(hub.url + "/")
    session.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})

    page.goto(f"{hub.url}/sign-in")
    page.get_by_role("button", name="Sign in with a passkey").click()

    page.get_by_text("Nothing came of it.").first.wait_for()
    page.goto(f"{hub.url}/me")
    assert "/sign-in" in page.url


def test_without_scripts_no_button_that_does_nothing(visit, hub):
    page = visit(java_script_enabled=False).page
    page.goto(f"{hub.url}/sign-in")

    assert page.get_by_role("button", name="Send me a code").is_visible()
    assert page.get_by_role("button", name="Sign in with a passkey").count() == 0
