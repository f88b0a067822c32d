"""The second factor: an authenticator app on top of the one-time code."""

import secrets
from concurrent.futures import ThreadPoolExecutor

import pyotp
import pytest
from sqlalchemy import text

from .conftest import Phone, bearer


def app_code(secret, clock):
    return pyotp.TOTP(secret).at(clock())


def set_up(phone, headers, clock):
    """Turn the second factor on; the secret."""
    secret = phone.post("/v1/me/authenticators", headers=headers).json["secret"]
    confirmed = phone.post(
        "/v1/me/authenticators/confirmations", {"code": app_code(secret, clock)}, headers=headers
    )
    assert confirmed.status_code == 204
    clock.move(minutes=2)
    return secret


@pytest.fixture
def protected(phone, a_telephone_number, clock):
    """A person with an authenticator app, signed in; and its secret."""
    tokens = phone.sign_in(a_telephone_number).json
    return tokens, set_up(phone, bearer(tokens), clock)


def begin(phone, number):
    login = phone.ask(number).json["login"]
    return login, phone.enter(login, phone.code(number))


def second(phone, login, code):
    return phone.post("/v1/sign-in/second-factors", {"login": login, "code": code})


def test_a_protected_account_asks_for_one_more_step(phone, a_telephone_number, protected, clock):
    _, secret = protected

    login, first = begin(phone, a_telephone_number)
    finished = second(phone, login, app_code(secret, clock))

    assert (first.status_code, first.json["type"]) == (403, "/problems/second-factor-needed")
    assert finished.status_code == 200
    me = phone.http.get("/v1/me", headers=bearer(finished.json)).json
    assert (me["amr"], me["acr"], me["second_factor"]) == (["sms", "otp"], "urn:city:loa:1", True)


def test_an_app_turned_on_by_a_mailboxs_owner_is_shown_too(phone, clock):
    """RFC 8176 calls a mailbox's code and an app's the same; two of them are two."""
    tokens = phone.sign_in(f"wang-{secrets.token_hex(5)}@example.org", "email").json
    set_up(phone, bearer(tokens), clock)

    paper = phone.post("/v1/me/recovery-codes", headers=bearer(tokens))

    assert paper.status_code == 201


def test_the_code_that_was_sent_is_not_enough(phone, a_telephone_number, protected):
    login, _ = begin(phone, a_telephone_number)

    again = phone.enter(login, "000000")

    assert again.json["type"] == "/problems/second-factor-needed"
    assert "access_token" not in again.json


def test_the_second_step_cannot_come_first(phone, a_telephone_number, protected, clock):
    _, secret = protected
    login = phone.ask(a_telephone_number).json["login"]

    assert second(phone, login, app_code(secret, clock)).json["type"] == "/problems/sign-in-over"


def test_a_code_of_the_app_is_good_once(phone, a_telephone_number, protected, clock):
    _, secret = protected
    code = app_code(secret, clock)
    login, _ = begin(phone, a_telephone_number)
    assert second(phone, login, code).status_code == 200
    clock.move(seconds=61)  # when a second sign-in may be begun
    login, _ = begin(phone, a_telephone_number)
    clock.move(seconds=-61)

    replayed = second(phone, login, code)

    assert (replayed.status_code, replayed.json["type"]) == (403, "/problems/code-wrong")


def test_one_code_of_the_app_raced_signs_in_once(
    phone, app, parts, a_telephone_number, protected, clock
):
    _, secret = protected
    code = app_code(secret, clock)
    logins = []
    for _ in range(3):
        login, _ = begin(phone, a_telephone_number)
        logins.append(login)
        clock.move(seconds=61)
    clock.move(seconds=-183)

    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda login: second(Phone(app, parts), login, code), logins))

    assert sorted(a.status_code for a in answers) == [200, 403, 403]


def test_five_wrong_second_codes_end_the_sign_in(phone, a_telephone_number, protected, clock):
    _, secret = protected
    login, _ = begin(phone, a_telephone_number)
    wrong = f"{(int(app_code(secret, clock)) + 1) % 10**6:06d}"

    tries = [second(phone, login, wrong).json.get("tries_left") for _ in range(5)]

    assert tries == [4, 3, 2, 1, 0]
    over = second(phone, login, app_code(secret, clock))
    assert over.json["type"] == "/problems/sign-in-over"


def test_wrong_second_codes_are_limited_per_person(phone, a_telephone_number, protected, clock):
    tokens, secret = protected
    wrong = f"{(int(app_code(secret, clock)) + 1) % 10**6:06d}"

    def remove(code):
        return phone.post(
            "/v1/me/authenticators/removals", {"code": code}, headers=bearer(tokens)
        ).status_code

    assert [remove(wrong) for _ in range(11)] == [403] * 10 + [429]
    assert remove(app_code(secret, clock)) == 429
    clock.move(minutes=3)
    assert remove(app_code(secret, clock)) == 204


def test_a_slow_clock_is_forgiven_by_one_step(phone, a_telephone_number, protected, clock):
    _, secret = protected
    login, _ = begin(phone, a_telephone_number)

    late = pyotp.TOTP(secret).at(clock(), counter_offset=-1)
    too_late = pyotp.TOTP(secret).at(clock(), counter_offset=-3)

    assert second(phone, login, too_late).status_code == 403
    assert second(phone, login, late).status_code == 200


def test_setting_up_counts_only_when_confirmed(phone, a_telephone_number, clock):
    headers = bearer(phone.sign_in(a_telephone_number).json)
    first = phone.post("/v1/me/authenticators", headers=headers).json
    second_try = phone.post("/v1/me/authenticators", headers=headers).json
    clock.move(minutes=2)

    _, answer = begin(phone, a_telephone_number)

    assert first["secret"] != second_try["secret"]
    assert second_try["uri"].startswith("otpauth://totp/")
    assert answer.status_code == 200
    assert phone.http.get("/v1/me", headers=headers).json["second_factor"] is False


def test_a_second_app_only_after_the_first_was_removed(phone, protected, clock):
    tokens, secret = protected
    headers = bearer(tokens)

    assert phone.post("/v1/me/authenticators", headers=headers).status_code == 409
    removed = phone.post(
        "/v1/me/authenticators/removals", {"code": app_code(secret, clock)}, headers=headers
    )
    assert removed.status_code == 204
    assert phone.http.get("/v1/me", headers=headers).json["second_factor"] is False
    assert phone.post("/v1/me/authenticators", headers=headers).status_code == 201


def test_nothing_to_confirm_and_nothing_to_remove(phone, city):
    headers = city.as_citizen("li")

    for path in ("confirmations", "removals"):
        refused = phone.post(f"/v1/me/authenticators/{path}", {"code": "123456"}, headers=headers)
        assert refused.json["type"] == "/problems/no-authenticator"


def test_the_secret_lies_sealed(phone, protected, db):
    _, secret = protected
    with db.reads() as connection:
        sealed = connection.scalars(text("SELECT secret_sealed FROM identity_authenticator")).all()

    assert all(secret.encode() not in each for each in sealed)
