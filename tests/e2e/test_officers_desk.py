"""The officers' desk, in a browser and without a script."""

import secrets
from datetime import timedelta

import pytest

from hub import identity
from hub.identity import sessions
from hub.kernel import ids
from hub.kernel.work import SYSTEM, Actor
from hub.web import issuer
from hub.web.offices import roles

from .test_account import sign_in
from .test_pages import PHONE, broken_rules

pytestmark = pytest.mark.browser


def appointed(work, declared, person_id, name):
    """An administrator."""
    return identity.officers.appoint(
        work,
        declared,
        person_id=person_id,
        role="identity:administrator",
        service_name=f"{name} (synthetic)",
        until=work.now + timedelta(days=9),
    )


def joined(work, keyring, name):
    address = identity.parse("email", f"{name}-{secrets.token_hex(5)}@example.org")
    return identity.join(work, keyring, [address], language="en", synthetic=True)


def asked_by_a_colleague(hub, declared):
    """What waits for a second administrator."""
    candidate = hub.parts.database.run(lambda work: joined(work, hub.parts.keyring, "c"), SYSTEM)
    first = hub.parts.database.run(
        lambda work: appointed(work, declared, joined(work, hub.parts.keyring, "f"), "First"),
        SYSTEM,
    )
    person = ids.show("person", candidate)
    payload = {"person": person, "service_name": "Candidate (synthetic)"}
    asked = hub.parts.database.run(
        lambda work: identity.approvals.ask(work, "identity.administrator", person, payload),
        Actor("officer", ids.show("officer", first.officer_id)),
    )
    return ids.show("approval", asked.id)


@pytest.mark.parametrize("language", ["en", "zh-CN", "ru"])
def test_a_duty_is_begun_something_decided_and_the_duty_ended(visit, hub, app, language):
    opened = visit(viewport=PHONE)
    page = opened.page
    sign_in(page, hub, f"officer-{secrets.token_hex(5)}@example.org")
    page.wait_for_url("**/me")
    me = ids.read("person", page.evaluate("fetch('/v1/me').then(r => r.json()).then(me => me.id)"))
    here = page.evaluate("fetch('/v1/me/sessions').then(r => r.json()).then(s => s.items[0].id)")
    with app.app_context():
        declared, issues = roles(), issuer()
    approval = asked_by_a_colleague(hub, declared)

    def surely(work):
        """Appointed, and shown by password and app just now."""
        appointed(work, declared, me, "Second")
        session, methods = ids.read("session", here), ["pwd", "otp", "mfa"]
        sessions.show_again(work, issues, session, acr=identity.LOA_STRONG, amr=methods)

    hub.parts.database.run(surely, SYSTEM)

    opened.open(f"/officers/duty?lang={language}")
    assert broken_rules(page) == []
    page.locator("form[action='/officers/duty'] button").click()
    page.wait_for_url("**/officers")
    assert broken_rules(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    form = page.locator(f"form[action$='{approval}']")
    form.locator("button[value=refused]").click()
    form.wait_for(state="detached")
    page.locator("form[action='/officers/duty/end'] button").click()
    page.wait_for_url(lambda url: not url.endswith("/officers"))
    assert opened.complaints == []
