"""How the tests of credentials act: a person with a password, an app, a paper of codes."""

import secrets
from uuid import uuid4

import pyotp

from .conftest import bearer

SENTENCE = "seven snowmen on a quiet street"
SHORT = "tram-77-bell"


def a_wrong(code):
    return f"{(int(code) + 1) % 10**6:06d}"


class Member:
    """Somebody with an account, at a telephone."""

    def __init__(self, phone, number, clock):
        self.phone, self.number, self.clock = phone, number, clock
        self.tokens = phone.sign_in(number).json
        self.password = self.secret = None

    @property
    def headers(self):
        return bearer(self.tokens)

    def me(self, tokens=None):
        return self.phone.http.get("/v1/me", headers=bearer(tokens or self.tokens)).json

    def post(self, path, body=None, **more):
        return self.phone.post(path, body, headers=self.headers, **more)

    def set_password(self, password, **more):
        answer = self.phone.http.put(
            "/v1/me/password", json={"password": password, **more}, headers=self.headers
        )
        if answer.status_code == 204:
            self.password = password
        return answer

    def app_code(self, at=None):
        return pyotp.TOTP(self.secret).at(at or self.clock())

    def set_up_app(self):
        self.secret = self.post("/v1/me/authenticators").json["secret"]
        done = self.post("/v1/me/authenticators/confirmations", {"code": self.app_code()})
        assert done.status_code == 204
        self.clock.move(seconds=60)  # each code is good once

    def step_up(self, **shown):
        answer = self.post("/v1/sign-in/step-up", shown)
        if answer.status_code == 200:
            self.tokens = self.tokens | answer.json
        return answer

    def enter_password(self, password=None, *, phone=None, number=None):
        return (phone or self.phone).post(
            "/v1/sign-in/passwords",
            {
                "channel": "sms",
                "address": number or self.number,
                "password": password or self.password,
            },
        )

    def second(self, login, code, *, phone=None):
        return (phone or self.phone).post(
            "/v1/sign-in/second-factors", {"login": login, "code": code}
        )

    def in_full(self):
        """Sign in with password and app; the tokens."""
        begun = self.enter_password().json
        return self.second(begun["login"], self.app_code())


def a_number():
    return f"+86139{secrets.randbelow(10**8):08d}"


def a_key():
    return uuid4().hex
