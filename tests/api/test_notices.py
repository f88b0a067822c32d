"""What people are told of their accounts, devices seen before, and codes that are read out."""

import json
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from zoneinfo import ZoneInfo

import pytest

from blueprints.citizen.sending import offered
from hub import identity
from hub.identity import Message, VoiceGateway

from .conftest import Phone, bearer
from .credentials import SENTENCE, Member


@pytest.fixture
def member(phone, a_telephone_number, clock):
    return Member(phone, a_telephone_number, clock)


def texts(member):
    return [message["text"] for message in member.phone.messages(member.number)]


def test_a_new_device_is_told_and_a_known_one_is_not(member, app, parts, clock, outbox):
    member.set_password(SENTENCE, sign_out_elsewhere=False)
    outbox.deliver()
    before = len(texts(member))
    elsewhere = Phone(app, parts)
    entry = {"channel": "sms", "address": member.number, "password": SENTENCE}
    first = elsewhere.post("/v1/sign-in/passwords", {**entry, "device_name": "Strange phone"}).json
    outbox.deliver()
    after = texts(member)
    assert len(after) == before + 1
    assert "Strange phone" in after[0]
    assert "/me/security" in after[0]

    known = elsewhere.post("/v1/sign-in/passwords", {**entry, "device": first["device"]}).json
    outbox.deliver()

    assert known["device"] == first["device"]
    assert len(texts(member)) == before + 1


def test_the_first_sign_in_of_all_is_no_news(member, outbox):
    outbox.deliver()

    assert len(texts(member)) == 1  # the code itself


def test_every_change_of_how_one_signs_in_is_told(member, outbox):
    member.set_up_app()
    member.set_password(SENTENCE)
    outbox.deliver()
    outbox.deliver()

    told = texts(member)
    assert sum("authenticator app was set up" in each for each in told) == 1
    assert sum("A password was set" in each for each in told) == 1


def test_notices_speak_the_persons_language(phone, a_telephone_number, clock, outbox):
    login = phone.ask(a_telephone_number, headers={"Accept-Language": "ru"}).json["login"]
    tokens = phone.enter(login, phone.code(a_telephone_number)).json
    phone.http.put("/v1/me/password", json={"password": SENTENCE}, headers=bearer(tokens))
    outbox.deliver()

    assert "Задан пароль" in phone.messages(a_telephone_number)[0]["text"]


def test_a_copy_that_is_ready_is_told_once(member, outbox, clock):
    assert member.post("/v1/me/exports").status_code == 202
    outbox.deliver()  # the copy is made
    outbox.deliver()  # and told of
    outbox.deliver()

    told = [text for text in texts(member) if "the copy of what is kept about you" in text]
    until = (clock() + timedelta(days=7)).astimezone(ZoneInfo("Asia/Shanghai"))
    assert len(told) == 1
    assert f"until {until:%Y-%m-%d %H:%M}: http://localhost:8000/me " in told[0]


def test_a_closure_is_told_to_every_address_while_it_can_be_stopped(member, outbox, clock):
    assert member.post("/v1/me/closure", {}).status_code == 202
    outbox.deliver()
    outbox.deliver()

    told = [text for text in texts(member) if "your account will be closed" in text]
    due = (clock() + timedelta(days=7)).astimezone(ZoneInfo("Asia/Shanghai"))
    assert len(told) == 1
    assert f"closed on {due:%Y-%m-%d %H:%M}" in told[0]
    assert told[0].endswith("http://localhost:8000/me")


def test_a_list_says_how_and_ends_one_or_all_others(member, app, parts, clock):
    member.set_up_app()
    member.set_password(SENTENCE)
    begun = member.enter_password(phone=Phone(app, parts)).json
    other = member.second(begun["login"], member.app_code()).json
    listed = member.phone.http.get("/v1/me/sessions", headers=member.headers).json["items"]
    assert [(s["acr"], s["amr"], s["current"]) for s in listed] == [
        ("urn:city:loa:2", ["pwd", "otp", "mfa"], False),
        ("urn:city:loa:1", ["sms", "otp"], True),
    ]

    ended = member.post("/v1/me/sign-out-elsewhere")

    assert ended.json == {"ended": 1}
    assert member.phone.http.get("/v1/me", headers=bearer(other)).status_code == 401
    assert member.me()["id"]


# Codes that are read out


@pytest.mark.parametrize(("language", "said"), [("en", "Once more"), ("zh-CN", "再说一遍")])
def test_a_code_is_read_out_digit_by_digit_and_twice(phone, a_telephone_number, language, said):
    asked = phone.ask(a_telephone_number, "voice", headers={"Accept-Language": language})
    assert asked.status_code == 202

    heard = phone.messages(a_telephone_number)[0]

    assert heard["channel"] == "voice"
    assert said in heard["text"]
    digits = [c for c in heard["text"] if c.isdigit()]
    assert digits[:6] == digits[6:12]
    assert ", ".join(digits[:6]) in heard["text"]
    tokens = phone.enter(asked.json["login"], "".join(digits[:6]))
    assert tokens.status_code == 200
    assert phone.http.get("/v1/me", headers=bearer(tokens.json)).json["amr"] == ["tel"]


def test_a_line_without_messages_can_be_called(phone):
    landline = "+861012345678"
    refused = phone.ask(landline)
    called = phone.ask(landline, "voice")

    assert refused.json["type"] == "/problems/address-not-usable"
    assert called.status_code == 202


def test_a_number_that_earns_by_being_called_is_not(phone):
    for premium in ("+19005550199", "+443301234567890", "+4990012345678"):
        assert phone.ask(premium, "voice").json["type"] == "/problems/address-not-usable"


def test_call_or_message_the_person_is_the_same(member, app, parts, clock):
    clock.move(minutes=2)
    elsewhere = Phone(app, parts)
    login = elsewhere.ask(member.number, "voice").json["login"]
    heard = elsewhere.messages(member.number)[0]["text"]
    code = "".join(c for c in heard if c.isdigit())[:6]

    tokens = elsewhere.enter(login, code).json

    assert member.me(tokens)["id"] == member.me()["id"]


def test_call_and_message_share_the_limits_of_a_number(phone, a_telephone_number):
    assert phone.ask(a_telephone_number).status_code == 202
    assert phone.ask(a_telephone_number, "voice").status_code == 429


def test_what_the_provider_of_calls_is_told():
    told = []

    class Provider(BaseHTTPRequestHandler):
        def do_POST(self):
            told.append(
                (self.headers, json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            )
            self.send_response(202)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Provider)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    gateway = VoiceGateway(f"http://127.0.0.1:{server.server_port}/calls", "key")
    try:
        gateway.send("+861012345678", Message("", "4, 9, 3", "zh-CN"), key="delivery_1")
    finally:
        gateway.close()
        server.shutdown()
        thread.join()
        server.server_close()

    headers, body = told[0]
    assert body == {"to": "+861012345678", "say": "4, 9, 3", "language": "zh-CN"}
    assert (headers["Authorization"], headers["Idempotency-Key"]) == ("Bearer key", "delivery_1")


def test_a_city_that_calls_nobody_says_so(settings):
    from dataclasses import replace

    quiet = replace(settings, demo=False, sms_url="https://sms.example")
    assert offered(quiet) == ("sms",)
    assert "voice" in offered(replace(quiet, voice_url="https://calls.example"))


def test_landlines_get_their_notices_by_voice():
    assert identity.addresses.spoken_only(identity.parse("voice", "+861012345678"))
    assert not identity.addresses.spoken_only(identity.parse("sms", "+8613800138000"))
