"""The page of what the registers hold, and the appeal form on it."""

from datetime import date

import pytest

from tests.factories.residents import card_of, resident, say

PAGE = "/me/records"


@pytest.fixture
def known(signed_in, db, outbox):
    """A browser of somebody with a verified name, a student, refused as a carer."""
    found = resident(db, "李伟")
    say(db, found, "student", valid_from=date(2020, 9, 1), valid_until=date(2099, 6, 30))
    say(db, found, "carer", "refused", reason="No certificate was enclosed.")
    signed_in.send("/me/real-name", **{**card_of(found), "sensitive_consent": "yes"})
    outbox.deliver()
    outbox.deliver()
    return signed_in


def test_before_a_name_is_verified_the_page_says_how(signed_in):
    shown = signed_in.get(PAGE)

    assert shown.status_code == 200
    assert "Nothing is known of you here." in shown.text
    assert 'href="/me/real-name"' in shown.text


def test_the_page_shows_what_is_held_from_where_and_who_may_see_it(known):
    shown = known.get(PAGE).text

    assert "李伟" in shown
    assert "valid today" in shown
    assert "No certificate was enclosed." in shown
    assert "Kept by: Public security bureau" in shown
    assert "partners, with your consent (PIPL article 13 (1))" in shown


@pytest.mark.parametrize(("language", "word"), [("zh-CN", "人口登记"), ("ru", "Реестр населения")])
def test_the_page_speaks_the_readers_language(known, language, word):
    shown = known.get(PAGE, headers={"Accept-Language": language}).text

    assert word in shown
    assert "Population register" not in shown
    assert "PIPL" not in shown


def test_an_appeal_is_filed_on_the_page(known):
    action = next(
        part.split('"')[0]
        for part in known.get(PAGE).text.split('action="')
        if part.startswith("/me/entitlements/")
    )

    empty = known.send(action, statement=" ")
    filed = known.send(action, statement="Here it is.")
    after = known.get(filed.location).text
    again = known.send(action, statement="Here it is.")

    assert (empty.status_code, filed.status_code) == (303, 303)
    assert "Your appeal is filed." in after
    assert "Your appeal is with the office." in after
    assert again.status_code == 409
    assert "There is no refusal to appeal against" in again.text


def test_the_access_log_says_in_words_who_looked_at_what_and_why(known):
    known.get(PAGE)

    shown = known.get("/me/access-log").text

    assert "You yourself" in shown
    assert "Another citizen" not in shown
    assert "To show you what the register holds about you." in shown
    assert "To verify your real name." in shown
    assert "District of the household" in shown
    assert "own_record" not in shown
