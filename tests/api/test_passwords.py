"""Passwords: choosing one, signing in with it, and what nobody learns from trying."""

import statistics
import threading
import time
import unicodedata
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from hub.identity import argon2_gateway, authenticator, ending
from tests.factories.authenticators import Authenticator

from .conftest import Phone
from .credentials import SENTENCE, SHORT, Member, a_number
from .test_passkeys import add


@pytest.fixture
def member(phone, a_telephone_number, clock):
    """A person who signed in by code a moment ago."""
    return Member(phone, a_telephone_number, clock)


def test_a_password_alone_signs_in_at_the_first_level(member):
    assert member.set_password(SENTENCE).status_code == 204

    entered = member.enter_password()

    assert entered.status_code == 200
    assert entered.headers["Cache-Control"] == "no-store"
    me = member.me(entered.json)
    assert (me["id"], me["acr"], me["amr"]) == (member.me()["id"], "urn:city:loa:1", ["pwd"])


def test_a_password_and_an_app_make_the_second_level(member):
    member.set_up_app()
    assert member.set_password(SHORT).status_code == 204

    first = member.enter_password()
    assert (first.status_code, first.json["type"]) == (403, "/problems/second-factor-needed")
    assert "access_token" not in first.json
    finished = member.second(first.json["login"], member.app_code())

    me = member.me(finished.json)
    assert (me["acr"], me["amr"]) == ("urn:city:loa:2", ["pwd", "otp", "mfa"])


@pytest.mark.parametrize(
    ("password", "says"),
    [
        ("tram-77-bell", "at least 15"),
        ("x" * 257, "longer than 256"),
        ("passwordpassword", "Attackers"),
        ("aaaaaaaaaaaaaaaa", "Attackers"),
        ("1234567890123456", "Attackers"),
        ("zyxwvutsrqponmlk", "Attackers"),
        ("Harbin harbin harbin", "made of your name"),
        ("Li Na Li Na 12345", None),
    ],
)
def test_what_is_guessed_first_is_not_taken(member, password, says):
    refused = member.set_password(password)

    if says is None:
        assert refused.status_code == 204
    else:
        assert (refused.status_code, refused.json["type"]) == (422, "/problems/password-not-taken")
        assert says in refused.json["errors"][0]["detail"]
        assert member.enter_password(password).status_code == 403


def test_the_persons_own_number_and_name_and_the_city_are_not_taken(member):
    headers = member.headers
    tag = member.phone.http.get("/v1/me", headers=headers).headers["ETag"]
    member.phone.http.patch(
        "/v1/me", json={"display_name": "Konstantin"}, headers={**headers, "If-Match": tag}
    )

    for poor in (f"{member.number} is mine", "Konstantin 1987!", "Harbin 2026 2026"):
        assert member.set_password(poor).status_code == 422


def test_one_password_from_every_keyboard(member):
    composed = "снежный ёлочный йогурт"
    assert member.set_password(unicodedata.normalize("NFD", composed)).status_code == 204

    assert member.enter_password(unicodedata.normalize("NFC", composed)).status_code == 200
    assert member.enter_password(composed.replace(" ", "\u00a0")).status_code == 200
    assert member.enter_password(composed.upper()).status_code == 403


def test_a_long_password_counts_to_its_last_letter(member):
    long = "".join(chr(0x4E00 + 37 * n) for n in range(256))
    assert member.set_password(long).status_code == 204

    assert member.enter_password(long).status_code == 200
    assert member.enter_password(long[:-1] + "x").status_code == 403


def test_nobody_learns_whether_there_is_an_account(member, app, parts):
    member.set_password(SENTENCE)
    stranger = Phone(app, parts)
    without = Member(Phone(app, parts), a_number(), member.clock)

    answers = [
        member.enter_password("not the one, surely", phone=stranger),
        member.enter_password("not the one, surely", phone=stranger, number=without.number),
        member.enter_password("not the one, surely", phone=stranger, number=a_number()),
    ]

    bodies = [{k: v for k, v in a.json.items() if k != "instance"} for a in answers]
    assert [a.status_code for a in answers] == [403, 403, 403]
    assert bodies[0] == bodies[1] == bodies[2]
    assert bodies[0]["type"] == "/problems/password-wrong"


def test_it_takes_as_long_when_there_is_no_account(member, app, parts, monkeypatch):
    """The work done is the same: one Argon2id of the same parameters, whoever is asked for."""
    member.set_password(SENTENCE)
    stranger = Phone(app, parts)
    computed = []
    fits = argon2_gateway.fits

    def watched(encoded, password):
        began = time.perf_counter()
        try:
            return fits(encoded, password)
        finally:
            computed.append((encoded.rsplit("$", 2)[0], time.perf_counter() - began))

    monkeypatch.setattr(argon2_gateway, "fits", watched)
    for number in [member.number, a_number()] * 4:
        member.enter_password("not the one, surely", phone=stranger, number=number)

    assert {parameters for parameters, _ in computed} == {"$argon2id$v=19$m=65536,t=3,p=4"}
    there = statistics.median(seconds for _, seconds in computed[::2])
    away = statistics.median(seconds for _, seconds in computed[1::2])
    assert 0.2 < there / away < 5


def test_wrong_passwords_are_remembered_and_nobody_is_locked_out_for_good(member, app, parts):
    member.set_password(SENTENCE)
    thief = Phone(app, parts)

    wrong = [member.enter_password("a guess of a stranger", phone=thief) for _ in range(11)]

    assert [a.status_code for a in wrong] == [403] * 10 + [429]
    own = member.enter_password()
    assert own.status_code == 429  # even the right one, for whoever guesses would learn it
    member.clock.move(seconds=int(own.headers["Retry-After"]))
    assert member.enter_password().status_code == 200
    member.clock.move(minutes=2)
    assert member.phone.sign_in(member.number).status_code == 200  # the code was open all along


def test_one_network_cannot_try_one_password_on_everybody(phone, clock):
    statuses = [
        phone.post(
            "/v1/sign-in/passwords",
            {"channel": "sms", "address": a_number(), "password": "a common guess"},
        ).status_code
        for _ in range(42)
    ]

    assert statuses == [403] * 40 + [429] * 2


def test_fifty_sign_ins_at_once_all_get_in_or_are_told_to_wait(member, app, parts):
    """Two hashes at a time in a process: the others wait, and the memory stays where it is."""
    member.set_password(SENTENCE)
    at_once, most, lock = 0, 0, threading.Lock()
    verify = argon2_gateway._hasher

    class Counted:
        def __init__(self):
            self.inner = verify()

        def verify(self, encoded, password):
            nonlocal at_once, most
            with lock:
                at_once += 1
                most = max(most, at_once)
            try:
                return self.inner.verify(encoded, password)
            finally:
                with lock:
                    at_once -= 1

    argon2_gateway._hasher, before = Counted, argon2_gateway._hasher
    try:
        with ThreadPoolExecutor(10) as pool:
            answers = list(
                pool.map(lambda _: member.enter_password(phone=Phone(app, parts)), range(50))
            )
    finally:
        argon2_gateway._hasher = before

    statuses = [a.status_code for a in answers]
    assert most <= 2
    assert set(statuses) <= {200, 429, 503}
    assert statuses.count(200) >= 1
    for answer in answers:
        assert answer.status_code == 200 or int(answer.headers["Retry-After"]) > 0
    member.clock.move(minutes=3)
    assert member.enter_password().status_code == 200


def test_a_password_changed_while_another_was_tried_does_not_let_it_in(member, parts, monkeypatch):
    member.set_password(SENTENCE)
    fits = argon2_gateway.fits

    def slow(encoded, password):
        found = fits(encoded, password)
        monkeypatch.setattr(argon2_gateway, "fits", fits)
        assert member.set_password("quite another sentence").status_code == 204
        return found

    monkeypatch.setattr(argon2_gateway, "fits", slow)

    assert member.enter_password(SENTENCE).status_code == 403


def test_a_new_password_ends_the_other_sessions_and_keeps_this_one(member, app, parts):
    member.set_password(SENTENCE)
    other = member.enter_password(phone=Phone(app, parts)).json

    assert member.set_password("another sentence of mine").status_code == 204

    assert member.me()["id"]
    assert "id" not in member.me(other)
    assert member.enter_password(SENTENCE).status_code == 403


def test_the_others_stay_if_the_person_wants(member, app, parts):
    member.set_password(SENTENCE)
    other = member.enter_password(phone=Phone(app, parts)).json

    member.set_password("another sentence of mine", sign_out_elsewhere=False)

    assert member.me(other)["id"] == member.me()["id"]


def test_a_password_is_set_only_soon_after_signing_in(member, clock):
    clock.move(minutes=11)
    tokens = member.phone.refresh(member.tokens["refresh_token"]).json
    member.tokens = tokens

    refused = member.set_password(SENTENCE)

    assert refused.status_code == 401
    assert refused.json["type"] == "/problems/stronger-sign-in-needed"
    challenge = refused.headers["WWW-Authenticate"]
    assert 'error="insufficient_user_authentication"' in challenge
    assert 'max_age="600"' in challenge


def test_a_session_that_was_ended_elsewhere_changes_nothing_any_more(member, monkeypatch):
    """Another process ended it a moment ago, and this one has not heard of it."""
    monkeypatch.setattr(ending, "announce", lambda *_: None)
    member.post("/v1/me/sign-out-everywhere")

    assert member.set_password(SENTENCE).status_code == 401


def test_a_short_password_keeps_the_second_factor_in_place(member):
    member.set_up_app()
    member.set_password(SHORT)
    member.tokens = member.in_full().json
    member.clock.move(seconds=60)

    kept = member.post("/v1/me/authenticators/removals", {"code": member.app_code()})
    assert (kept.status_code, kept.json["type"]) == (409, "/problems/password-too-short-alone")

    assert member.set_password(SENTENCE).status_code == 204
    gone = member.post("/v1/me/authenticators/removals", {"code": member.app_code()})
    assert gone.status_code == 204


def test_app_and_passkey_removed_at_once_leave_no_short_password_alone(member, monkeypatch):
    member.set_up_app()
    member.set_password(SHORT)
    member.tokens = member.in_full().json
    member.clock.move(seconds=60)
    passkey = add(member, Authenticator()).json["id"]
    check = authenticator.check

    def meanwhile(*entered):
        check(*entered)
        path = f"/v1/me/passkeys/{passkey}"
        assert member.phone.http.delete(path, headers=member.headers).status_code == 204

    monkeypatch.setattr(authenticator, "check", meanwhile)
    kept = member.post("/v1/me/authenticators/removals", {"code": member.app_code()})

    assert (kept.status_code, kept.json["type"]) == (409, "/problems/password-too-short-alone")


def test_a_short_password_set_while_the_app_is_removed_never_stands_alone(member, app, parts):
    member.set_up_app()
    member.set_password(SENTENCE)
    member.tokens = member.in_full().json
    member.clock.move(seconds=60)
    code = member.app_code()

    with ThreadPoolExecutor(2) as pool:
        removed = pool.submit(member.post, "/v1/me/authenticators/removals", {"code": code})
        chosen = pool.submit(member.set_password, SHORT)

    statuses = removed.result().status_code, chosen.result().status_code
    assert statuses in {(204, 422), (409, 204), (204, 401)}


def test_a_password_can_be_done_without_again(member):
    member.set_password(SENTENCE)

    gone = member.phone.http.delete("/v1/me/password", headers=member.headers)
    again = member.phone.http.delete("/v1/me/password", headers=member.headers)

    assert (gone.status_code, again.status_code) == (204, 404)
    assert member.enter_password(SENTENCE).status_code == 403


def test_the_database_keeps_nothing_to_guess_at(member, db, caplog, capsys):
    member.set_password(SENTENCE)
    member.enter_password()
    with db.reads() as connection:
        sealed = connection.scalars(text("SELECT hash_sealed FROM identity_password")).all()
        told = connection.scalars(text("SELECT details::text FROM audit_entry")).all()

    assert all(b"argon2" not in each and SENTENCE.encode() not in each for each in sealed)
    printed = capsys.readouterr()
    assert SENTENCE not in caplog.text + printed.out + printed.err + " ".join(told)


@pytest.mark.parametrize("password", ["", None, 5, ["x" * 15], "x" * 600, "a\ud800b"])
def test_passwords_that_are_none(member, password):
    if password == "a\ud800b":
        refused = member.phone.http.put(
            "/v1/me/password",
            data=b'{"password": "a\\ud800bcdefghijklmnop"}',
            content_type="application/json",
            headers=member.headers,
        )
    else:
        refused = member.set_password(password)

    assert refused.status_code in {400, 422}
