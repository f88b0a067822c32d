"""What the tests of the API share."""

import re
import secrets
from uuid import uuid4

import pytest

from blueprints.citizen import sending

from .live import LiveTown


class Phone:
    """A person at the keyboard: somewhere in the world, without any account yet."""

    def __init__(self, app, parts):
        self._app, self._parts = app, parts
        self.http = app.test_client()
        where = ".".join(str(secrets.randbelow(250) + 1) for _ in range(3))
        self.http.environ_base["REMOTE_ADDR"] = f"10.{where}"

    def post(self, path, json=None, *, key=None, headers=None):
        sent = {"Idempotency-Key": key or uuid4().hex, **(headers or {})}
        return self.http.post(path, json=json, headers=sent)

    def ask(self, address, channel="sms", **more):
        return self.post("/v1/sign-in/codes", {"channel": channel, "address": address}, **more)

    def enter(self, login, code, *, key=None, **more):
        return self.post("/v1/sign-in/tokens", {"login": login, "code": code, **more}, key=key)

    def messages(self, address):
        """What the local viewer shows for an address, newest first, once everything is sent."""
        while sending.send_codes(self._parts):
            pass
        shown = self._app.test_client().get(
            "/demo/messages.json", query_string={"address": address}
        )
        return shown.json["items"]

    def code(self, address):
        return re.search(r"\d{6}", self.messages(address)[0]["text"])[0]

    def sign_in(self, address, channel="sms", **more):
        asked = self.ask(address, channel).json
        return self.enter(asked["login"], self.code(address), **more)

    def refresh(self, token):
        return self.http.post("/v1/sign-in/refreshes", json={"refresh_token": token})


@pytest.fixture
def phone(app, parts):
    """A telephone in a citizen's hand."""
    return Phone(app, parts)


@pytest.fixture
def a_telephone_number():
    """A number that no other test uses."""
    return f"+86139{secrets.randbelow(10**8):08d}"


def bearer(tokens):
    """The headers that go with tokens."""
    return {"Authorization": f"Bearer {tokens['access_token']}"}


@pytest.fixture
def live(parts):
    """A town with a tracker at work."""
    return LiveTown(parts)
