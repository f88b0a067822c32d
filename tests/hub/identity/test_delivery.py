"""Codes on their way: sent once, erased, tried again, given up."""

import threading
from collections.abc import Iterator

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select, update

from hub import identity
from hub.identity import (
    Dispatch,
    Message,
    SendingFailed,
    SmsGateway,
    SmtpGateway,
    ViewerGateway,
    shown_messages,
)
from hub.identity.model import CodeDelivery, Login
from hub.kernel.db import LostConnection
from hub.kernel.ids import new_id, show
from hub.kernel.work import NOBODY
from tests.city import a_phone
from tests.factories.sms import SmsProvider, sms_provider


class Kept:
    """A provider that keeps what it is given, or fails as told. Codes that other tests left behind
    may fall due while time moves: those it takes and forgets."""

    def __init__(self):
        self.mine = set()
        self.sent = []
        self.fails = []
        self.breaks = []
        self.dies = False

    def send(self, address, message, *, key):
        if address not in self.mine:
            return
        if self.breaks:
            raise self.breaks.pop()
        if self.fails:
            raise SendingFailed(final=self.fails.pop(0))
        self.sent.append((address, message.text, key))
        if self.dies:
            raise SystemExit("the process was killed after sending")


@pytest.fixture
def provider():
    return Kept()


@pytest.fixture
def lane(parts, provider):
    drain(parts)
    return Dispatch(
        parts.database,
        parts.keyring,
        {"sms": provider, "email": provider},
        lambda parcel: Message("Code", f"{parcel.code} {parcel.language}"),
    )


def drain(parts):
    """Nobody else's codes are in the way."""
    other = Kept()
    lane = Dispatch(
        parts.database, parts.keyring, {"sms": other, "email": other}, lambda p: Message("", p.code)
    )
    send_all(lane)


@pytest.fixture
def number(provider):
    """A telephone whose messages this test watches."""
    return watched(provider)


def watched(provider):
    number = a_phone()
    provider.mine.add(number)
    return number


def send_all(lane):
    """All that is due; others' codes may stand in front."""
    while lane.turn():
        pass


def ask(parts, number):
    return parts.database.run(
        lambda work: identity.ask_for_code(
            work, parts.keyring, identity.parse("sms", number), client=number, language="ru"
        ),
        NOBODY,
    )


def delivery(parts, number):
    index = parts.keyring.blind("identity.address", f"sms:{number}".encode())
    with parts.database.reads() as connection:
        return connection.execute(
            select(
                CodeDelivery.state,
                CodeDelivery.attempts,
                CodeDelivery.address_sealed,
                CodeDelivery.code_sealed,
            )
            .join(Login, Login.id == CodeDelivery.login_id)
            .where(Login.address_index == index)
        ).one()


def test_a_code_is_sent_once_and_erased(parts, lane, provider, clock, number):
    ask(parts, number)

    send_all(lane)

    assert [(to, text[-2:]) for to, text, _ in provider.sent] == [(number, "ru")]
    assert delivery(parts, number) == ("sent", 1, None, None)


def test_a_provider_that_stumbles_is_asked_again_later(parts, lane, provider, clock, number):
    provider.fails = [False, False]
    ask(parts, number)

    for pause in (0, 1, 1, 8):
        clock.move(seconds=pause)
        send_all(lane)

    keys = {key for _, _, key in provider.sent}
    assert len(provider.sent) == len(keys) == 1
    assert delivery(parts, number).attempts == 3


def test_a_refusal_for_good_is_not_repeated(parts, lane, provider, clock, number):
    provider.fails = [True]
    ask(parts, number)
    send_all(lane)
    clock.move(minutes=2)
    send_all(lane)

    assert provider.sent == []
    assert delivery(parts, number) == ("given_up", 1, None, None)


def test_four_tries_are_enough(parts, lane, provider, clock, number):
    provider.fails = [False] * 10
    ask(parts, number)
    for _ in range(6):
        send_all(lane)
        clock.move(seconds=40)

    assert delivery(parts, number) == ("given_up", 4, None, None)


def test_a_code_that_nobody_can_enter_any_more_is_not_sent(parts, lane, provider, clock, number):
    ask(parts, number)
    clock.move(minutes=5)

    send_all(lane)

    assert provider.sent == []
    assert delivery(parts, number) == ("given_up", 0, None, None)


def test_a_code_that_does_not_open_holds_up_no_other(parts, lane, provider, clock, number):
    other = watched(provider)
    ask(parts, number)
    ask(parts, other)
    index = parts.keyring.blind("identity.address", f"sms:{number}".encode())
    logins = select(Login.id).where(Login.address_index == index)
    damage = update(CodeDelivery).where(CodeDelivery.login_id.in_(logins))
    parts.database.run(
        lambda work: work.session.execute(damage.values(code_sealed=b"damaged")), NOBODY
    )

    send_all(lane)

    assert [to for to, _, _ in provider.sent] == [other]
    assert delivery(parts, number) == ("given_up", 1, None, None)


def test_a_fault_nobody_thought_of_is_tried_again(parts, lane, provider, clock, number):
    provider.breaks = [LookupError("not in the contract")]
    ask(parts, number)
    send_all(lane)
    clock.move(seconds=3)
    send_all(lane)

    assert len(provider.sent) == 1
    assert delivery(parts, number) == ("sent", 2, None, None)


def test_a_crash_after_sending_repeats_the_message_and_loses_none(
    parts, lane, provider, clock, number
):
    ask(parts, number)
    provider.dies = True
    with pytest.raises(SystemExit):
        send_all(lane)
    provider.dies = False

    send_all(lane)  # the claim still holds
    assert len(provider.sent) == 1
    clock.move(seconds=61)
    send_all(lane)

    assert [to for to, _, _ in provider.sent] == [number, number]
    assert len({(text, key) for _, text, key in provider.sent}) == 1
    assert delivery(parts, number).state == "sent"


def test_a_database_that_is_away_after_sending_does_not_repeat_the_message(
    parts, lane, provider, clock, number, monkeypatch
):
    ask(parts, number)

    def away(*_):
        raise LostConnection

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr("hub.identity.delivery._finish", away)
        with pytest.raises(LostConnection):
            send_all(lane)
    send_all(lane)
    clock.move(seconds=61)
    send_all(lane)

    assert len(provider.sent) == 1
    assert delivery(parts, number) == ("sent", 1, None, None)


def test_the_viewer_shows_a_delivery_once_however_often_it_is_sent(db):
    number, key = a_phone(), show("delivery", new_id())
    viewer = ViewerGateway(db, "sms")

    for _ in range(2):
        viewer.send(number, LETTER, key=key)

    with db.reading(NOBODY) as reading:
        assert [m.text for m in shown_messages(reading, address=number)] == [LETTER.text]


def test_two_workers_send_each_code_once(parts, lane, provider):
    numbers = [watched(provider) for _ in range(24)]
    for number in numbers:
        ask(parts, number)
    lanes = [lane, Dispatch(parts.database, parts.keyring, lane._gateways, lane._write)]

    threads = [
        threading.Thread(target=lambda each=each: [each.turn() for _ in range(4)]) for each in lanes
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(to for to, _, _ in provider.sent) == sorted(numbers)


def test_a_provider_that_keeps_failing_is_left_alone_for_a_while(parts, lane, provider, clock):
    provider.fails = [False] * 5
    for _ in range(5):
        ask(parts, watched(provider))
    send_all(lane)
    clock.move(seconds=3)

    send_all(lane)
    assert provider.sent == []
    clock.move(seconds=13)
    send_all(lane)

    assert len(provider.sent) == 5


class Mailbox:
    """An SMTP server's handler that keeps letters, or answers as told."""

    def __init__(self):
        self.letters = []
        self.answer = "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.answer

    async def handle_DATA(self, server, session, envelope):
        self.letters.append((envelope.rcpt_tos, envelope.content.decode()))
        return "250 OK"


class PostOffice(Controller):
    """On whatever port is free."""

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@pytest.fixture
def mailbox():
    mailbox = Mailbox()
    controller = PostOffice(mailbox, hostname="127.0.0.1", port=0)
    controller.start()
    mailbox.port = controller.port
    yield mailbox
    controller.stop()


LETTER = Message("Ваш код", "493027 — ваш код.")


def test_a_letter_by_smtp(mailbox):
    gateway = SmtpGateway(f"smtp://127.0.0.1:{mailbox.port}", "Hub <hub@example.org>")

    gateway.send("li@example.org", LETTER, key="delivery_1")

    to, letter = mailbox.letters[0]
    assert to == ["li@example.org"]
    assert "Auto-Submitted: auto-generated" in letter
    assert "delivery_1@example.org" in letter


@pytest.mark.parametrize(("answer", "final"), [("550 no such box", True), ("451 later", False)])
def test_what_a_mail_server_refuses(mailbox, answer, final):
    mailbox.answer = answer
    gateway = SmtpGateway(f"smtp://127.0.0.1:{mailbox.port}", "hub@example.org")

    with pytest.raises(SendingFailed) as failed:
        gateway.send("li@example.org", LETTER, key="delivery_1")

    assert failed.value.final is final


def test_no_password_without_tls(mailbox):
    gateway = SmtpGateway(f"smtp://li:secret@127.0.0.1:{mailbox.port}", "hub@example.org")

    with pytest.raises(SendingFailed):
        gateway.send("li@example.org", LETTER, key="delivery_1")


def test_a_mail_server_that_is_away():
    gateway = SmtpGateway("smtp://127.0.0.1:1", "hub@example.org")

    with pytest.raises(SendingFailed) as failed:
        gateway.send("li@example.org", LETTER, key="delivery_1")

    assert failed.value.final is False


@pytest.mark.parametrize("url", ["http://127.0.0.1", "smtp://", "127.0.0.1:25"])
def test_mail_addresses_of_servers_that_are_none(url):
    with pytest.raises(ValueError, match="HUB_SMTP_URL"):
        SmtpGateway(url, "hub@example.org")


@pytest.fixture
def provider_of_texts() -> Iterator[SmsProvider]:
    with sms_provider() as server:
        yield server


@pytest.mark.parametrize(
    ("status", "final"),
    [(200, None), (202, None), (302, False), (400, True), (403, True), (429, False), (500, False)],
)
def test_a_text_message_by_http(provider_of_texts, status, final):
    provider_of_texts.status = status
    gateway = SmsGateway(provider_of_texts.url, "provider-key")

    if final is None:
        gateway.send("+8613800138000", LETTER, key="delivery_1")
    else:
        with pytest.raises(SendingFailed) as failed:
            gateway.send("+8613800138000", LETTER, key="delivery_1")
        assert failed.value.final is final
    gateway.close()

    headers, body = provider_of_texts.asked[0]
    assert body == {"to": "+8613800138000", "text": LETTER.text}
    assert headers["Authorization"] == "Bearer provider-key"
    assert headers["Idempotency-Key"] == "delivery_1"
    assert len(provider_of_texts.asked) == 1


def test_a_provider_that_wants_no_key(provider_of_texts):
    gateway = SmsGateway(provider_of_texts.url, "")

    gateway.send("+8613800138000", LETTER, key="delivery_1")
    gateway.close()

    [(headers, _)] = provider_of_texts.asked
    assert "Authorization" not in headers


def test_an_sms_provider_that_is_away():
    gateway = SmsGateway("http://127.0.0.1:1/send", "provider-key")

    with pytest.raises(SendingFailed) as failed:
        gateway.send("+8613800138000", LETTER, key="delivery_1")

    assert failed.value.final is False
    gateway.close()
