"""The page of the person's copy and of closing the account, without a script."""

import re

import pytest

from hub import identity

PAGE = "/me/data"


def test_strangers_are_shown_the_way_in(client):
    assert client.get(PAGE).location == "/sign-in?next=%2Fme%2Fdata"


@pytest.mark.parametrize(
    ("language", "word"),
    [("zh-CN", "注销我的账户"), ("en", "Close my account"), ("ru", "Закрыть мою")],
)
def test_the_page_speaks_three_languages(signed_in, language, word):
    shown = signed_in.get(PAGE, headers={"Accept-Language": language})

    assert shown.status_code == 200
    assert word in shown.text
    assert shown.headers["Cache-Control"] == "no-store"


def test_asking_waiting_and_fetching(signed_in, outbox):
    asked = signed_in.send(PAGE + "/exports")
    waiting = signed_in.get(asked.location).text
    outbox.deliver()
    link = re.search(r"/me/data/exports/\w+", signed_in.get(PAGE).text)[0]
    copy = signed_in.get(link)

    assert "Your copy is being made" in waiting
    assert copy.mimetype == "application/zip"
    assert copy.data[:2] == b"PK"


def test_closing_and_changing_ones_mind(signed_in):
    signed_in.send(PAGE + "/closure")
    untouched = signed_in.get(PAGE).text
    signed_in.send(PAGE + "/closure", understood="yes")
    again = signed_in.send(PAGE + "/closure", understood="yes")
    closing, home = signed_in.get(PAGE).text, signed_in.get("/me").text
    kept = signed_in.send(PAGE + "/closure/cancel")

    assert "will be closed on" not in untouched
    assert again.location == PAGE
    assert "will be closed on" in closing
    assert "will be closed on" in home
    assert "Your account stays." in signed_in.get(kept.location).text
    assert "will be closed on" not in signed_in.get("/me").text


def test_closing_can_sign_out_everywhere_at_once(signed_in):
    closed = signed_in.send(PAGE + "/closure", understood="yes", sign_out_everywhere="yes")

    assert closed.location == "/"
    assert signed_in.get(PAGE).status_code == 303


def test_whoever_signed_in_long_ago_shows_who_they_are_and_comes_back(client, parts, clock, city):
    li = city.citizen("li")
    clock.move(minutes=11)
    given = {"refresh_token": li.tokens.refresh_token}
    fresh = client.post("/v1/sign-in/refreshes", json=given).json["access_token"]
    client.set_cookie("hub_access", fresh)
    form = {
        "csrf_token": identity.csrf_value(parts.keyring, li.tokens.session_id),
        "understood": "yes",
    }

    asked = client.post(PAGE + "/exports", data=form)
    closed = client.post(PAGE + "/closure", data=form)

    assert client.get(PAGE).status_code == 200
    assert asked.location == closed.location == "/step-up?next=/me/data"


def test_a_form_of_another_site_is_refused(signed_in):
    assert signed_in.post(PAGE + "/closure", data={"understood": "yes"}).status_code == 403
