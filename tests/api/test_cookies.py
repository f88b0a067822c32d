"""A browser's sign-in: cookies, their renewal, and what protects forms."""

import dataclasses

import pytest
from flask import Flask

from hub import identity
from hub.parts import Parts
from hub.web import (
    Blueprint,
    Schema,
    forget_cookies,
    from_our_own_page,
    keep_in_cookies,
    principal_of,
    problems,
    public,
    request,
    requires,
    tokens,
    transaction,
    visitor,
)
from hub.web.openapi import Api


def town_hall(parts: Parts) -> Flask:
    """A little application with a sign-in page, so that cookies are tested without our pages."""
    bp = Blueprint("hall", __name__)

    @bp.post("/hall/enter")
    @public
    @transaction()
    @bp.response(204)
    def enter(work):
        person = identity.join(work, parts.keyring, [], language="en")
        keep_in_cookies(
            identity.start(
                work,
                tokens.issuer(),
                person_id=person,
                acr=identity.LOA_CODE,
                amr=["sms"],
                device_name=None,
            )
        )

    @bp.post("/hall/leave")
    @requires("hall.room:use")
    @transaction()
    @bp.response(204)
    def leave(work):
        identity.end(work, principal_of().session_id)
        forget_cookies()

    @bp.get("/hall/room")
    @requires("hall.room:use")
    @bp.response(200, Schema)
    def look():
        return {}

    @bp.post("/hall/room")
    @requires("hall.room:use")
    @transaction()
    @bp.response(204)
    def move_in(work):
        return None

    @bp.get("/hall/door")
    @public
    def door():
        somebody = visitor()
        return {"who": somebody.id if somebody else None, "own": from_our_own_page()}

    app = Flask("hall")
    request.install(app, parts)
    tokens.install(app, parts)
    problems.register(app)
    Api(app).register_blueprint(bp)
    return app


@pytest.fixture(scope="module")
def hall(parts, app):
    return town_hall(dataclasses.replace(parts, _made={}))


@pytest.fixture
def browser(hall):
    browser = hall.test_client()
    assert browser.post("/hall/enter").status_code == 204
    return browser


def csrf(browser):
    return browser.get_cookie("hub_csrf").value


def test_a_browser_is_signed_in_by_cookies_that_scripts_cannot_read(hall):
    answer = hall.test_client().post("/hall/enter")

    cookies = {c.split("=")[0]: c for c in answer.headers.getlist("Set-Cookie")}
    assert set(cookies) == {"hub_access", "hub_refresh", "hub_csrf"}
    for name in ("hub_access", "hub_refresh"):
        assert "HttpOnly" in cookies[name]
    for cookie in cookies.values():
        assert "SameSite=Lax" in cookie
        assert "Path=/" in cookie
        assert "Domain" not in cookie
    assert "no-store" in answer.headers["Cache-Control"]


def test_under_https_the_cookies_are_bound_to_host_and_tls(parts, app):
    settings = dataclasses.replace(parts.settings, url="https://hub.example")
    secure = town_hall(dataclasses.replace(parts, settings=settings, _made={}))

    answer = secure.test_client().post("/hall/enter", base_url="https://hub.example")

    for cookie in answer.headers.getlist("Set-Cookie"):
        assert cookie.startswith("__Host-hub_")
        assert "Secure" in cookie


def test_reading_needs_the_cookie_and_writing_the_csrf_value_as_well(browser):
    assert browser.get("/hall/room").status_code == 200

    bare = browser.post("/hall/room")
    assert (bare.status_code, bare.json["type"]) == (403, "/problems/csrf-missing")
    assert browser.post("/hall/room", headers={"X-CSRF-Token": "guess"}).status_code == 403
    assert browser.post("/hall/room", headers={"X-CSRF-Token": csrf(browser)}).status_code == 204
    assert browser.post("/hall/room", data={"csrf_token": csrf(browser)}).status_code == 204
    assert browser.post("/hall/room", data={"csrf_token": "\u00e9"}).status_code == 403


def test_somebody_elses_csrf_value_does_not_help(hall, browser):
    other = hall.test_client()
    other.post("/hall/enter")

    assert browser.post("/hall/room", headers={"X-CSRF-Token": csrf(other)}).status_code == 403


def test_a_browser_is_renewed_on_the_way(browser, clock):
    form_opened_with = csrf(browser)
    before = browser.get_cookie("hub_refresh").value
    clock.move(minutes=30)

    written = browser.post("/hall/room", headers={"X-CSRF-Token": form_opened_with})

    assert written.status_code == 204
    assert browser.get_cookie("hub_refresh").value != before
    assert browser.get("/hall/room").status_code == 200


def test_renewal_does_not_go_around_the_csrf_value(browser, clock):
    clock.move(minutes=30)

    assert browser.post("/hall/room").status_code == 403


def test_two_tabs_renewed_at_once_stay_signed_in(hall, browser, clock):
    tab = hall.test_client()
    for name in ("hub_access", "hub_refresh", "hub_csrf"):
        tab.set_cookie(name, browser.get_cookie(name).value)
    clock.move(minutes=30)

    assert browser.get("/hall/room").status_code == 200
    assert tab.get("/hall/room").status_code == 200
    assert tab.get_cookie("hub_refresh").value == browser.get_cookie("hub_refresh").value


def test_a_copied_browser_is_signed_out(hall, browser, clock):
    copy = hall.test_client()
    copy.set_cookie("hub_refresh", browser.get_cookie("hub_refresh").value)
    clock.move(minutes=30)
    assert browser.get("/hall/room").status_code == 200
    clock.move(minutes=1)

    assert copy.get("/hall/room").status_code == 401
    assert copy.get_cookie("hub_refresh") is None
    assert browser.get("/hall/room").status_code == 401


def test_leaving_takes_the_cookies_away(browser):
    left = browser.post("/hall/leave", headers={"X-CSRF-Token": csrf(browser)})

    assert left.status_code == 204
    assert browser.get_cookie("hub_access") is None
    assert browser.get("/hall/room").status_code == 401


def test_a_page_for_everybody_greets_whom_it_knows(hall, browser, clock):
    assert browser.get("/hall/door").json["who"].startswith("person_")
    assert hall.test_client().get("/hall/door").json["who"] is None

    stale = hall.test_client()
    stale.set_cookie("hub_access", "nonsense")
    stale.set_cookie("hub_refresh", "nonsense")
    assert stale.get("/hall/door").json["who"] is None


def test_a_header_that_is_wrong_is_not_mended_by_a_cookie(browser):
    assert browser.get("/hall/room", headers={"Authorization": "Bearer x"}).status_code == 401


@pytest.mark.parametrize(
    ("headers", "own"),
    [
        ({}, True),
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Origin": "http://localhost"}, True),
        ({"Origin": "http://evil.example"}, False),
        ({"Origin": "null"}, False),
    ],
)
def test_forms_before_sign_in_come_from_our_own_pages(hall, headers, own):
    assert hall.test_client().get("/hall/door", headers=headers).json["own"] is own
