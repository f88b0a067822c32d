"""The pages of mandates: given, accepted, seen and ended with forms alone."""

import re

import pytest

from tests.factories.feeds import published
from tests.factories.gtfs import town_zip

EN = {"Accept-Language": "en"}


@pytest.fixture(scope="module")
def feed(db):
    return published(db, town_zip())


class Browser:
    """A signed-in browser without scripts."""

    def __init__(self, app, somebody):
        self.http, self.id = app.test_client(), somebody.id
        self.http.set_cookie("hub_access", somebody.tokens.access_token)

    def open(self, path, language="en"):
        return self.http.get(path, headers={"Accept-Language": language}).text

    def send(self, path, **form):
        token = re.search(r'name="csrf_token" value="(\w+)"', self.open("/me/mandates"))[1]
        return self.http.post(path, data={"csrf_token": token, **form}, headers=EN)


@pytest.fixture
def browser(app, city):
    return lambda name: Browser(app, city.citizen(name))


@pytest.fixture
def wang(browser):
    return browser("wang")


@pytest.fixture
def li(browser):
    return browser("li")


WANTED = {"scope": ["traffic.favourite:manage", "traffic.favourite:read"], "term": "30"}


def code_of(answer):
    return re.search(r"<code>([\d ]+)</code>", answer.text)[1]


def mandate_of(browser):
    return re.search(r"/me/mandates/(mandate_\w+)", browser.open("/me/mandates"))[1]


def test_from_the_form_to_the_end(wang, li, feed):
    shown = wang.send("/me/mandates/new", **WANTED, kind="care", acts_limit="5")
    accepted = li.send("/me/mandates/accept", code=code_of(shown))
    assert accepted.headers["Location"] == "/me/mandates?done=accepted"
    mandate = mandate_of(li)
    assert "li acts for wang" in li.open(f"/me/mandates/{mandate}")

    kept = li.send(
        "/favourites", **{"for": wang.id}, kind="stop", target=f"{feed}:1001", label="Clinic"
    )
    assert kept.status_code == 303
    assert "Clinic" in wang.open("/favourites")
    assert "Clinic" not in li.open("/favourites")
    assert "Clinic" in li.open(f"/favourites?for={wang.id}")
    told = wang.open(f"/me/mandates/{mandate}")
    assert "1 of at most 5" in told
    assert told.index("looked at") < told.index("changed")

    assert wang.send(f"/me/mandates/{mandate}/end").status_code == 303
    refused = li.http.get(f"/favourites?for={wang.id}", headers=EN)
    assert (refused.status_code, refused.json["type"]) == (403, "/problems/no-mandate")
    assert "Ended." in wang.open(f"/me/mandates/{mandate}")


def test_what_was_wrong_is_said_beside_the_form(wang, li):
    nothing = wang.send("/me/mandates/new", term="30")
    assert nothing.status_code == 422
    assert "Name what can be done for others." in nothing.text

    wrong = li.send("/me/mandates/accept", code="0000 0000 0000")
    assert wrong.status_code == 403
    assert 'id="code-error">This code opens nothing' in wrong.text

    adult = li.send("/me/children", display_name="Ming", born_on="1990-01-01")
    assert adult.status_code == 422
    assert "This is not a child&#39;s date of birth" in adult.text
    assert 'value="Ming"' in adult.text
    assert li.send("/me/children", display_name="Ming", born_on="yesterday").status_code == 422


def test_an_offer_to_a_person_waits_on_their_page(wang, li):
    wang.send("/me/mandates/new", **WANTED, to=li.id)
    page = li.open("/me/mandates")
    assert "Somebody asks you to act for them" in page
    mandate = re.search(r'name="mandate" value="(\w+)"', page)[1]

    li.send("/me/mandates/accept", mandate=mandate)

    assert "Somebody asks you" not in li.open("/me/mandates")
    assert "li acts for wang" in wang.open(f"/me/mandates/{mandate}")


def test_a_child_is_entered_and_keeps_its_guardian(wang):
    done = wang.send("/me/children", display_name="Ming", born_on="2020-05-31")
    assert done.headers["Location"] == "/me/mandates?done=child"
    page = wang.open("/me/mandates")
    assert "Ming" in page
    assert "Everything that can be done for others here" in page

    refused = wang.send(f"/me/mandates/{mandate_of(wang)}/end")

    assert refused.status_code == 409
    assert "The child would have no guardian" in refused.text


@pytest.mark.parametrize(
    ("language", "heading"),
    [("en", "Who may act for me"), ("zh-CN", "谁可以代我办事"), ("ru", "Кто может действовать")],
)
def test_it_is_said_in_the_readers_language(wang, language, heading):
    assert heading in wang.open("/me/mandates", language)


def test_a_strangers_mandate_is_not_found(wang, li, browser):
    wang.send("/me/mandates/new", **WANTED, to=li.id)
    mandate = mandate_of(wang)

    answer = browser("zhao").http.get(f"/me/mandates/{mandate}", headers=EN)

    assert answer.status_code == 404


def test_nobody_opens_the_favourites_of_a_stranger(wang, li):
    for whom in (wang.id, "person_x", "x"):
        assert li.http.get(f"/favourites?for={whom}", headers=EN).status_code == 403
