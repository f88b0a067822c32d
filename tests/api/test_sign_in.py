"""Signing in by a one-time code, as an app does it."""

import logging
import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from uuid import uuid4

import pytest
from sqlalchemy import text

from hub.identity import signing_in

from .conftest import Phone, bearer


def wrong(code):
    return f"{(int(code) + 1) % 10**6:06d}"


def test_a_citizen_signs_in_with_a_code_sent_to_their_telephone(phone, a_telephone_number):
    asked = phone.ask(a_telephone_number)
    tokens = phone.enter(
        asked.json["login"], phone.code(a_telephone_number), device_name="My phone"
    )

    assert (asked.status_code, tokens.status_code) == (202, 200)
    assert tokens.headers["Cache-Control"] == "no-store"
    me = phone.http.get("/v1/me", headers=bearer(tokens.json)).json
    assert me["phone"] == f"+86*********{a_telephone_number[-2:]}"
    assert (me["acr"], me["amr"]) == ("urn:city:loa:1", ["sms"])


def test_a_citizen_signs_in_by_e_mail_in_their_language(phone):
    address = f"li.na.{secrets.token_hex(4)}@例子.example"
    asked = phone.ask(address, "email", headers={"Accept-Language": "zh-CN"})
    ascii_address = address.replace("例子", "xn--fsqu00a")

    message = phone.messages(ascii_address)[0]

    assert asked.status_code == 202
    assert (message["channel"], "验证码" in message["text"]) == ("email", True)


def test_the_same_person_whatever_the_spelling_of_the_number(phone, a_telephone_number, clock):
    first = phone.sign_in(a_telephone_number).json
    clock.move(minutes=2)
    spelled = f"{a_telephone_number[:3]} ({a_telephone_number[3:6]}) {a_telephone_number[6:]}"
    login = phone.ask(spelled).json["login"]

    second = phone.enter(login, phone.code(a_telephone_number)).json

    people = {phone.http.get("/v1/me", headers=bearer(t)).json["id"] for t in (first, second)}
    assert len(people) == 1


def test_the_answer_is_the_same_whether_or_not_there_is_an_account(
    phone, a_telephone_number, clock
):
    stranger = phone.ask(a_telephone_number)
    phone.enter(stranger.json["login"], phone.code(a_telephone_number))
    clock.move(minutes=2)

    known = phone.ask(a_telephone_number)

    assert known.status_code == stranger.status_code == 202
    assert known.json.keys() == stranger.json.keys()
    assert len(known.data) == len(stranger.data)


def test_five_wrong_codes_end_the_sign_in_and_are_remembered(phone, a_telephone_number, db):
    login = phone.ask(a_telephone_number).json["login"]
    code = phone.code(a_telephone_number)

    answers = [phone.enter(login, wrong(code)) for _ in range(5)]

    assert [a.status_code for a in answers] == [403] * 5
    assert [a.json["tries_left"] for a in answers] == [4, 3, 2, 1, 0]
    late = phone.enter(login, code)
    assert (late.status_code, late.json["type"]) == (409, "/problems/sign-in-over")
    with db.reads() as connection:
        remembered = connection.scalar(
            text("SELECT count(*) FROM identity_login WHERE state = 'over' AND tries = 5")
        )
    assert remembered >= 1


def test_a_code_is_good_for_five_minutes(phone, a_telephone_number, clock):
    login = phone.ask(a_telephone_number).json["login"]
    code = phone.code(a_telephone_number)
    clock.move(minutes=5)

    assert phone.enter(login, code).json["type"] == "/problems/sign-in-over"


def test_a_code_is_good_once(phone, a_telephone_number):
    login = phone.ask(a_telephone_number).json["login"]
    code = phone.code(a_telephone_number)

    assert phone.enter(login, code).status_code == 200
    assert phone.enter(login, code).json["type"] == "/problems/sign-in-over"


def test_a_code_talked_out_of_somebody_is_useless_elsewhere(phone, app, parts, a_telephone_number):
    login = phone.ask(a_telephone_number).json["login"]
    code = phone.code(a_telephone_number)
    thief = Phone(app, parts)
    own_login = thief.ask(f"+86139{secrets.randbelow(10**8):08d}").json["login"]

    assert thief.enter(own_login, code).status_code == 403
    assert phone.enter(login, code).status_code == 200


def test_fifty_guesses_at_once_count_as_fifty(phone, app, parts, a_telephone_number):
    login = phone.ask(a_telephone_number).json["login"]
    code = phone.code(a_telephone_number)
    guesses = [wrong(code)] * 45 + [code] * 5

    def guess(digits):
        return Phone(app, parts).enter(login, digits).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(guess, guesses))

    assert statuses.count(403) == 5
    assert statuses.count(409) == 45


def test_fifty_right_codes_at_once_sign_in_once(phone, app, parts, a_telephone_number, db):
    login = phone.ask(a_telephone_number).json["login"]
    code = phone.code(a_telephone_number)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: Phone(app, parts).enter(login, code), range(50)))

    assert sorted(a.status_code for a in answers) == [200] + [409] * 49


def test_two_first_sign_ins_of_one_number_make_one_person(app, parts, a_telephone_number, clock):
    phones = [Phone(app, parts) for _ in range(2)]
    logins, codes = [], []
    for each in phones:
        logins.append(each.ask(a_telephone_number).json["login"])
        codes.append(each.code(a_telephone_number))
        clock.move(seconds=61)

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda p, login, code: p.enter(login, code), phones, logins, codes))

    people = {phones[0].http.get("/v1/me", headers=bearer(a.json)).json["id"] for a in answers}
    assert [a.status_code for a in answers] == [200, 200]
    assert len(people) == 1


@pytest.mark.parametrize("known", [True, False], ids=["a citizen", "a newcomer"])
def test_fifty_parallel_sign_ins_of_one_person_all_get_in_and_no_guess_does(
    phone, app, parts, a_telephone_number, monkeypatch, clock, known
):
    """Each with a sign-in and a code of its own; how often one may ask is not the question here."""
    if known:
        phone.sign_in(a_telephone_number)
        clock.move(minutes=2)
    for name in ("RESEND", "CODES_PER_ADDRESS"):
        limit = getattr(signing_in, name)
        monkeypatch.setattr(signing_in, name, replace(limit, name=f"wide.{name}", capacity=50))
    begun = [Phone(app, parts) for _ in range(50)]
    entries = []
    for each in begun:
        login = each.ask(a_telephone_number).json["login"]
        code = each.code(a_telephone_number)
        entries.append((each, login, code, uuid4().hex))
    off = Barrier(100)

    def enter(each, login, code, key):
        off.wait()
        return each.enter(login, code, key=key).status_code

    def guess(_, login, code, key):
        off.wait()
        return Phone(app, parts).enter(login, wrong(code)).status_code

    with ThreadPoolExecutor(100) as pool:
        right = [pool.submit(enter, *entry) for entry in entries]
        guesses = [pool.submit(guess, *entry) for entry in entries]

    # Who was told to wait for a connection or a lock sends the same request again.
    assert {each.result() for each in right} <= {200, 409, 503}
    assert {each.result() for each in guesses} <= {403, 409, 503}
    answers = [each.enter(login, code, key=key) for each, login, code, key in entries]
    assert [a.status_code for a in answers] == [200] * 50
    assert len({a.json["session"] for a in answers}) == 50
    people = {phone.http.get("/v1/me", headers=bearer(a.json)).json["id"] for a in answers}
    assert len(people) == 1


def test_another_code_only_after_a_minute(phone, a_telephone_number, clock):
    assert phone.ask(a_telephone_number).status_code == 202
    soon = phone.ask(a_telephone_number)
    assert (soon.status_code, soon.json["type"]) == (429, "/problems/asked-too-often")
    assert 0 < int(soon.headers["Retry-After"]) <= 60
    assert soon.headers["RateLimit"].startswith('"code.again";r=0')

    clock.move(seconds=int(soon.headers["Retry-After"]))

    assert phone.ask(a_telephone_number).status_code == 202


def test_one_number_gets_a_few_codes_and_then_one_in_a_quarter_of_an_hour(
    app, parts, a_telephone_number, clock
):
    for _ in range(6):
        assert Phone(app, parts).ask(a_telephone_number).status_code == 202
        clock.move(seconds=60)

    refused = Phone(app, parts).ask(a_telephone_number)

    assert refused.status_code == 429
    assert 300 < int(refused.headers["Retry-After"]) <= 900


def test_one_address_cannot_guess_its_way_through_the_city(phone, clock):
    refusals = []
    for _ in range(9):
        number = f"+86139{secrets.randbelow(10**8):08d}"
        login = phone.ask(number).json["login"]
        code = phone.code(number)
        refusals += [phone.enter(login, wrong(code)).status_code for _ in range(5)]

    assert refusals == [403] * 40 + [429] * 5


def test_a_lost_answer_comes_again_without_a_second_code(phone, a_telephone_number):
    key = uuid4().hex
    first, again = (phone.ask(a_telephone_number, key=key) for _ in range(2))

    assert first.json == again.json
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(phone.messages(a_telephone_number)) == 1


def test_a_strangers_idempotency_key_shows_nothing_of_theirs(phone, app, parts, a_telephone_number):
    key = uuid4().hex
    phone.ask(a_telephone_number, key=key)

    stranger = Phone(app, parts).ask(a_telephone_number, key=key)

    assert stranger.status_code == 429  # the number was asked for a moment ago
    assert "login" not in stranger.json


def test_a_lost_sign_in_answer_comes_again(phone, a_telephone_number):
    login = phone.ask(a_telephone_number).json["login"]
    entry, key = {"login": login, "code": phone.code(a_telephone_number)}, uuid4().hex

    first, again = (phone.post("/v1/sign-in/tokens", entry, key=key) for _ in range(2))

    assert first.status_code == 200
    assert first.json == again.json


@pytest.mark.parametrize(
    ("channel", "address", "problem"),
    [
        ("sms", "+8610123456", "address-not-usable"),
        ("sms", "13800138000", "address-not-usable"),
        ("sms", "+861012345678", "address-not-usable"),  # a landline of Beijing
        ("sms", "+8613800138000;ext=5", "address-not-usable"),
        ("sms", "+999999999999", "address-not-usable"),
        ("sms", "+" + "9" * 200, "address-not-usable"),
        ("sms", "li@example.org", "address-not-usable"),
        ("email", "+8613800138000", "address-not-usable"),
        ("email", "li@localhost", "address-not-usable"),
        ("email", "li@127.0.0.1", "address-not-usable"),
        ("email", "li na@example.org", "address-not-usable"),
        ("email", "li@example.org\r\nBcc: all@example.org", "address-not-usable"),
        ("email", "@example.org", "address-not-usable"),
        ("email", "a" * 65 + "@example.org", "address-not-usable"),
        ("email", "li@" + "a" * 64 + ".org", "address-not-usable"),
        ("fax", "+8613800138000", "invalid"),
        ("sms", "", "invalid"),
        ("sms", 8613800138000, "invalid"),
        ("sms", None, "invalid"),
        ("sms", ["+8613800138000"], "invalid"),
    ],
)
def test_addresses_that_no_code_can_be_sent_to(phone, channel, address, problem):
    refused = phone.ask(address, channel)

    assert (refused.status_code, refused.json["type"]) == (422, f"/problems/{problem}")


@pytest.mark.parametrize(
    "code",
    [
        "",
        "12345",
        "1234567",
        "１２３４５６",
        "١٢٣٤٥٦",
        "12345x",
        123456,
        None,
        "9" * 10**5,
        "123456\n",
    ],
)
def test_codes_that_are_none(phone, a_telephone_number, code):
    login = phone.ask(a_telephone_number).json["login"]

    refused = phone.enter(login, code)

    assert refused.status_code in {403, 422}
    assert phone.enter(login, phone.code(a_telephone_number)).status_code == 200


@pytest.mark.parametrize(
    "login", ["", "login_", "login_" + "x" * 43, "login_\ud800", 5, "x" * 10**5]
)
def test_logins_that_are_none(phone, login):
    body = b'{"login": "login_\\ud800", "code": "123456"}' if login == "login_\ud800" else None
    if body:
        refused = phone.http.post(
            "/v1/sign-in/tokens",
            data=body,
            headers={"Idempotency-Key": uuid4().hex},
            content_type="application/json",
        )
    else:
        refused = phone.enter(login, "123456")

    assert refused.status_code in {400, 409, 422}


def test_the_code_is_kept_for_checking_and_erased_for_reading(phone, a_telephone_number, db):
    phone.ask(a_telephone_number)
    code = phone.code(a_telephone_number)

    with db.reads() as connection:
        rows = connection.execute(
            text(
                "SELECT d.state, d.address_sealed, d.code_sealed, l.code_hmac,"
                " l.address_sealed AS kept"
                " FROM identity_code_delivery d JOIN identity_login l ON l.id = d.login_id"
                " ORDER BY d.id DESC LIMIT 1"
            )
        ).one()

    assert (rows.state, rows.address_sealed, rows.code_sealed) == ("sent", None, None)
    assert len(rows.code_hmac) == 32
    assert code.encode() not in rows.code_hmac
    assert a_telephone_number.encode() not in rows.kept


def test_a_sign_in_writes_nothing_personal_into_the_log(phone, a_telephone_number, caplog, capsys):
    caplog.set_level(logging.DEBUG)
    asked = phone.ask(a_telephone_number).json
    code = phone.code(a_telephone_number)
    phone.enter(asked["login"], wrong(code))
    tokens = phone.enter(asked["login"], code, device_name="Secret device").json
    phone.http.get("/v1/me", headers=bearer(tokens))
    phone.refresh(tokens["refresh_token"])

    printed = capsys.readouterr()
    told = caplog.text + printed.out + printed.err
    private = [
        a_telephone_number[1:],
        code,
        asked["login"],
        tokens["access_token"].split(".")[2],
        tokens["refresh_token"],
        "Secret device",
        phone.http.environ_base["REMOTE_ADDR"],
    ]
    assert [word for word in private if word in told] == []


def test_the_audit_knows_what_happened_and_nobodys_number(phone, a_telephone_number, db):
    tokens = phone.sign_in(a_telephone_number, device_name="Secret device").json

    with db.reads() as connection:
        rows = connection.execute(
            text(
                "SELECT action, actor_id, subject, details::text FROM audit_entry"
                " ORDER BY id DESC LIMIT 20"
            )
        ).all()

    actions = {row.action for row in rows}
    assert {"identity.code_asked", "identity.session_started", "identity.person_joined"} <= actions
    told = " ".join(str(tuple(row)) for row in rows)
    assert a_telephone_number[1:] not in told
    assert phone.http.environ_base["REMOTE_ADDR"] not in told
    assert "Secret device" not in told
    assert tokens["session"] in told


def test_the_viewer_shows_messages_only_on_this_machine(app):
    here = app.test_client()
    assert here.get("/demo/messages").status_code == 200
    assert here.get("/demo/messages.json").status_code == 200

    assert here.get("/demo/messages", environ_base={"REMOTE_ADDR": "10.0.0.9"}).status_code == 404
    assert (
        here.get("/demo/messages.json", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 404
    )
    assert here.get("/demo/messages", headers={"Host": "evil.example"}).status_code == 404
