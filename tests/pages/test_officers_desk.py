"""The officers' desk in a browser: a citizen's or an officer's, never both."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest

from hub.identity import ending

ADMINISTRATOR = "identity:administrator"


class Browser:
    """Somebody's browser; its CSRF value is read from the page, as a form has it."""

    def __init__(self, app, tokens):
        self.http = app.test_client()
        self.http.set_cookie("hub_access", tokens.access_token)

    def get(self, path):
        self.shown = self.http.get(path)
        return self.shown

    def press(self, path, **form):
        (csrf, *_) = re.findall(r'name="csrf_token" value="([^"]+)"', self.shown.text)
        return self.http.post(path, data={"csrf_token": csrf, **form})


@pytest.fixture
def asked(client, city, clock):
    """An administrator whom the first officer wants."""
    body = {
        "person": city.citizen("sun").id,
        "role": ADMINISTRATOR,
        "service_name": "Sun Li (synthetic)",
        "until": (clock() + timedelta(days=9)).isoformat(),
    }
    headers = {"Idempotency-Key": uuid4().hex, **city.officer(ADMINISTRATOR).headers}
    made = client.post("/v1/officers/appointments", json=body, headers=headers)
    return made.json["approval"]["id"]


def test_a_browser_goes_on_duty_decides_and_goes_off(app, client, city, asked):
    second = city.surely("second")
    city.appoint(second, ADMINISTRATOR)
    browser = Browser(app, second.tokens)
    assert browser.get("/officers").headers["Location"] == "/officers/duty"

    browser.get("/officers/duty")
    assert browser.press("/officers/duty").headers["Location"] == "/officers"
    assert client.get("/v1/me", headers=second.headers).status_code == 401
    assert browser.get("/me").headers["Location"].startswith("/sign-in")
    shown = browser.get("/officers").text
    assert "Sun Li (synthetic)" in shown
    assert f"/officers/approvals/{asked}" in shown
    path = f"/officers/approvals/{asked}"
    assert browser.http.post(path, data={"decision": "approved"}).status_code == 403
    assert browser.press(path, decision="approved").status_code == 303
    assert browser.press(path, decision="approved").status_code == 409
    assert city.on_duty(city.surely("sun"))

    browser.get("/officers")
    assert browser.press("/officers/duty/end").headers["Location"] == "/"
    assert browser.get("/officers").headers["Location"] == "/officers/duty"


def test_a_duty_that_was_ended_elsewhere_decides_nothing_any_more(
    app, client, city, asked, monkeypatch
):
    """Another process ended it a moment ago, and this one has not heard of it."""
    second = city.officer(ADMINISTRATOR, "second")
    browser = Browser(app, second.tokens)
    browser.get("/officers")
    monkeypatch.setattr(ending, "announce", lambda *_: None)
    client.delete("/v1/officers/duties/current", headers=second.headers)

    pressed = browser.press(f"/officers/approvals/{asked}", decision="approved")

    assert pressed.headers["Location"] == "/officers/duty"
    assert (
        "Sun Li (synthetic)"
        in Browser(app, city.officer(ADMINISTRATOR, "third").tokens).get("/officers").text
    )


def test_ones_own_wish_has_no_buttons(app, city, asked):
    browser = Browser(app, city.officer(ADMINISTRATOR).tokens)

    shown = browser.get("/officers").text

    assert "You asked for this; a colleague decides." in shown
    assert f"/officers/approvals/{asked}" not in shown
    refused = browser.press(f"/officers/approvals/{asked}", decision="approved")
    assert refused.status_code == 403
    assert "Somebody else must do this" in refused.text


def test_whoever_holds_no_office_or_signed_in_weakly_gets_no_duty(app, city):
    nobody = Browser(app, city.surely("nobody").tokens)
    nobody.get("/officers/duty")
    assert "You hold no office" in nobody.press("/officers/duty").text
    weak = city.citizen("weak")
    city.appoint(weak, ADMINISTRATOR)
    browser = Browser(app, weak.tokens)
    browser.get("/officers/duty")
    assert browser.press("/officers/duty").headers["Location"] == "/step-up?next=/officers/duty"


@pytest.mark.parametrize("language", ["en", "zh-CN", "ru"])
def test_the_desk_speaks_three_languages(app, city, asked, language):
    browser = Browser(app, city.officer(ADMINISTRATOR, "Other").tokens)

    shown = browser.http.get("/officers", headers={"Accept-Language": language})

    assert shown.headers["Content-Language"] == language
    assert shown.headers["Cache-Control"] == "no-store"


def test_no_citizen_comes_to_the_desk(app, city):
    browser = Browser(app, city.citizen("li").tokens)

    assert browser.get("/officers").headers["Location"] == "/officers/duty"
