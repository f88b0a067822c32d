"""The page of the real name, without a browser: three languages, errors beside their field."""

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.factories.residents import card_of, resident

PAGE = "/me/real-name"


def form_of(found):
    body = card_of(found)
    body["sensitive_consent"] = "yes"
    return body


@pytest.mark.parametrize(
    ("language", "word"), [("zh-CN", "居民身份证"), ("en", "Foreign passport"), ("ru", "паспорт")]
)
def test_the_form_speaks_three_languages(signed_in, language, word):
    shown = signed_in.get(PAGE, headers={"Accept-Language": language})

    assert shown.status_code == 200
    assert word in shown.text
    assert shown.headers["Cache-Control"] == "no-store"


def test_strangers_are_shown_the_way_in(client):
    answer = client.get(PAGE)

    where = urlsplit(answer.location)
    assert (answer.status_code, where.path) == (303, "/sign-in")
    assert parse_qs(where.query)["next"] == [PAGE]


def test_handing_in_looking_and_withdrawing(signed_in, db, outbox):
    found = resident(db, "李伟")
    number = found.documents[0][0].number

    sent = signed_in.send(PAGE, **form_of(found))
    waiting = signed_in.get(PAGE).text
    outbox.deliver()
    verified = signed_in.get(PAGE).text
    agreed = signed_in.get("/me/consents").text
    withdrawn = signed_in.send(PAGE + "/withdraw")
    after = signed_in.get(PAGE).text

    assert (sent.status_code, withdrawn.status_code) == (303, 303)
    assert "register is being asked" in waiting
    assert "Your real name is verified." in verified
    assert "Check name and number of your document" in agreed
    assert "citizen.real_name" not in agreed
    assert f"********{number[-4:]}" in verified
    assert number not in waiting + verified + after
    assert "Number and name were erased." in after


def test_what_is_wrong_is_said_beside_its_field_and_nothing_typed_is_lost(signed_in, db):
    found = resident(db)
    wrong = {**form_of(found), "number": "110105194912310020"}

    shown = signed_in.send(PAGE, **wrong)

    assert shown.status_code == 422
    assert 'id="number-error"' in shown.text
    assert 'aria-invalid="true"' in shown.text
    assert 'value="110105194912310020"' in shown.text


def test_without_the_agreement_nothing_is_sent(signed_in, db):
    form = form_of(resident(db))
    form.pop("sensitive_consent")

    shown = signed_in.send(PAGE, **form)

    assert shown.status_code == 422
    assert "Please agree to the use of your document" in shown.text
    assert "register is being asked" not in signed_in.get(PAGE).text


def test_a_refused_document_says_what_to_do(signed_in, db, outbox):
    signed_in.send(PAGE, **{**form_of(resident(db)), "name": "王五"})
    outbox.deliver()

    shown = signed_in.get(PAGE).text

    assert "does not know this name under this number" in shown
    assert "letter by letter" in shown
    assert 'name="number"' in shown  # and the form to try again


def test_a_form_of_another_site_is_refused(signed_in, db):
    refused = signed_in.post(PAGE, data=form_of(resident(db)))

    assert refused.status_code == 403
