"""Telephone numbers with a new holder, and getting back in: nobody takes over, nobody is lost."""

import re
import secrets
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from tests.factories.authenticators import Authenticator

from .conftest import Phone, bearer
from .credentials import SENTENCE, Member, a_number
from .test_passkeys import add

LINK = re.compile(r"/recoveries/cancel\?token=(\S+)")


@pytest.fixture
def member(phone, a_telephone_number, clock):
    return Member(phone, a_telephone_number, clock)


@pytest.fixture
def newcomer(app, parts):
    """Somebody else, who holds the same telephone number now."""
    return Phone(app, parts)


def enter(phone, number, **more):
    login = phone.ask(number).json["login"]
    return login, phone.enter(login, phone.code(number), **more)


def whose(phone, tokens):
    return phone.http.get("/v1/me", headers=bearer(tokens)).json


def recover(phone, login):
    return phone.post("/v1/recoveries", {"login": login})


def complete(phone, recovery, number):
    login = phone.ask(number).json["login"]
    entry = {"recovery": recovery, "login": login, "code": phone.code(number)}
    return phone.post("/v1/recoveries/completions", entry)


def link_in(messages):
    return next(found[1] for m in messages if (found := LINK.search(m["text"])))


# A number that nobody used for long


def test_after_45_days_a_code_alone_opens_no_strangers_account(member, newcomer, clock):
    clock.move(days=46)

    login, refused = enter(newcomer, member.number)

    assert (refused.status_code, refused.json["type"]) == (403, "/problems/number-not-used-lately")
    assert refused.json["ways"] == ["recovery", "new_account"]
    again = newcomer.enter(login, "000000")  # and it is remembered
    assert again.status_code == 403
    assert "access_token" not in again.json


def test_the_same_device_is_known_again(member, clock):
    before = member.me()["id"]
    clock.move(days=46)

    _, known = enter(member.phone, member.number, device=member.tokens["device"])

    assert known.status_code == 200
    assert whose(member.phone, known.json)["id"] == before


def test_somebody_elses_device_does_not_help(member, newcomer, clock):
    other = Member(newcomer, a_number(), clock)
    clock.move(days=46)

    _, refused = enter(newcomer, member.number, device=other.tokens["device"])

    assert refused.json["type"] == "/problems/number-not-used-lately"


def test_every_sign_in_with_the_number_begins_the_days_anew(member, newcomer, clock):
    clock.move(days=40)
    assert enter(newcomer, member.number)[1].status_code == 200
    clock.move(days=40)

    assert enter(Phone(newcomer._app, newcomer._parts), member.number)[1].status_code == 200


def test_a_mailbox_is_given_to_no_stranger(phone, newcomer, clock):
    address = f"li.{secrets.token_hex(4)}@example.org"
    mine = whose(phone, phone.sign_in(address, "email").json)
    clock.move(days=400)

    tokens = newcomer.sign_in(address, "email")

    assert whose(newcomer, tokens.json)["id"] == mine["id"]


def test_a_password_is_enough_beside_an_old_number(member, newcomer, clock):
    member.set_password(SENTENCE)
    clock.move(days=46)

    _, refused = enter(newcomer, member.number)

    assert refused.json["ways"][0] == "password"
    assert member.enter_password(phone=newcomer).status_code == 200


# The new holder


def test_the_newcomer_gets_an_account_of_their_own_and_the_number_later(member, newcomer, clock):
    before = member.me()["id"]
    clock.move(days=46)
    login, _ = enter(newcomer, member.number)

    anew = newcomer.post("/v1/sign-in/new-accounts", {"login": login})

    assert anew.status_code == 201
    mine = whose(newcomer, anew.json)
    assert mine["id"] != before
    assert "phone" not in mine
    clock.move(hours=73)
    _, later = enter(Phone(newcomer._app, newcomer._parts), member.number)
    assert later.status_code == 200
    settled = whose(newcomer, later.json)
    assert settled["id"] == mine["id"]
    assert settled["phone"].endswith(member.number[-2:])


def test_asked_again_before_it_is_the_same_account(member, newcomer, clock):
    clock.move(days=46)
    first = newcomer.post(
        "/v1/sign-in/new-accounts", {"login": enter(newcomer, member.number)[0]}
    ).json
    mine = whose(newcomer, first)["id"]
    clock.move(hours=1)

    second = newcomer.post(
        "/v1/sign-in/new-accounts", {"login": enter(newcomer, member.number)[0]}
    ).json

    assert whose(newcomer, second)["id"] == mine


def test_two_newcomers_at_once_make_one_account(member, app, parts, clock):
    clock.move(days=46)
    logins = []
    for _ in range(2):
        logins.append(enter(Phone(app, parts), member.number)[0])
        clock.move(seconds=61)

    with ThreadPoolExecutor(2) as pool:
        answers = list(
            pool.map(
                lambda login: Phone(app, parts).post("/v1/sign-in/new-accounts", {"login": login}),
                logins,
            )
        )

    opened = [a for a in answers if a.status_code == 201]
    assert len(opened) >= 1
    assert {a.status_code for a in answers} <= {201, 409}
    assert len({whose(member.phone, a.json)["id"] for a in opened}) == 1


def test_the_old_holder_is_told_and_keeps_the_number_by_the_link(member, newcomer, clock, outbox):
    clock.move(days=46)
    login, _ = enter(newcomer, member.number)
    newcomer.post("/v1/sign-in/new-accounts", {"login": login})
    outbox.deliver()
    token = link_in(member.phone.messages(member.number))

    stopped = member.phone.post("/v1/recoveries/cancellations", {"token": token})
    again = member.phone.post("/v1/recoveries/cancellations", {"token": token})

    assert (stopped.status_code, again.status_code) == (204, 404)
    clock.move(hours=73)
    _, entered = enter(member.phone, member.number, device=member.tokens["device"])
    old = whose(member.phone, entered.json)
    assert old["phone"].endswith(member.number[-2:])


def test_who_shows_number_and_app_keeps_the_number(member, newcomer, clock):
    """The number was out of its person's hands only for an hour."""
    member.set_up_app()
    clock.move(minutes=2)
    login, _ = enter(newcomer, member.number)
    assert newcomer.post("/v1/sign-in/new-accounts", {"login": login}).status_code == 201
    clock.move(minutes=2)
    login, _ = enter(member.phone, member.number)
    assert member.second(login, member.app_code()).status_code == 200
    clock.move(hours=73)

    login, refused = enter(newcomer, member.number)

    assert refused.json["type"] == "/problems/second-factor-needed"
    assert whose(newcomer, member.second(login, member.app_code()).json)["second_factor"] is True


def test_a_new_account_needs_the_numbers_code(member, newcomer, clock):
    clock.move(days=46)
    login = newcomer.ask(member.number).json["login"]

    refused = newcomer.post("/v1/sign-in/new-accounts", {"login": login})

    assert refused.json["type"] == "/problems/sign-in-over"


# Getting back in


@pytest.fixture
def locked_out(member, clock):
    """A person whose only passkey lies at the bottom of the Songhua."""
    add(member, Authenticator())
    clock.move(minutes=2)
    login, refused = enter(member.phone, member.number)
    assert refused.json["ways"][-2:] == ["recovery", "new_account"]
    return member, login


def test_after_the_waiting_time_the_account_opens_without_its_protections(locked_out, clock):
    member, login = locked_out
    opened = recover(member.phone, login)
    assert opened.status_code == 201
    before = member.me()["id"]
    clock.move(hours=71)
    early = complete(member.phone, opened.json["recovery"], member.number)
    assert (early.status_code, early.json["type"]) == (409, "/problems/recovery-waits")
    clock.move(hours=1, minutes=1)

    back = complete(member.phone, opened.json["recovery"], member.number)

    assert back.status_code == 200
    assert whose(member.phone, back.json)["id"] == before
    security = member.phone.http.get("/v1/me/security", headers=bearer(back.json)).json
    assert security["passkeys"] == 0
    assert member.phone.refresh(member.tokens["refresh_token"]).status_code == 401


def test_a_recovery_is_good_once_even_when_raced(locked_out, app, parts, clock):
    member, login = locked_out
    recovery = recover(member.phone, login).json["recovery"]
    clock.move(hours=73)
    entries = []
    for _ in range(3):
        asked = member.phone.ask(member.number).json["login"]
        code = member.phone.code(member.number)
        entries.append({"recovery": recovery, "login": asked, "code": code})
        clock.move(seconds=61)

    with ThreadPoolExecutor(3) as pool:
        answers = list(
            pool.map(
                lambda entry: Phone(app, parts).post("/v1/recoveries/completions", entry), entries
            )
        )

    assert sorted(a.status_code for a in answers) == [200, 404, 404]


def test_the_person_is_told_everywhere_and_stops_it(locked_out, clock, outbox, parts, db):
    member, login = locked_out
    mailbox = f"li.{secrets.token_hex(4)}@example.org"
    attach(parts, db, member, mailbox)
    recovery = recover(member.phone, login).json["recovery"]
    outbox.deliver()
    outbox.deliver()  # events come at least once
    listed = member.phone.http.get("/v1/me/recoveries", headers=member.headers).json["items"]
    assert [one["kind"] for one in listed] == ["account"]
    notices = [m for m in member.phone.messages(mailbox) if LINK.search(m["text"])]
    assert len(notices) == 1
    assert LINK.search(member.phone.messages(member.number)[0]["text"])

    member.phone.post("/v1/recoveries/cancellations", {"token": link_in(notices)})

    clock.move(hours=73)
    assert complete(member.phone, recovery, member.number).status_code == 404


def test_whoever_is_signed_in_stops_it_there(locked_out, newcomer, clock):
    member, login = locked_out
    recover(member.phone, login)
    listed = member.phone.http.get("/v1/me/recoveries", headers=member.headers).json["items"]
    path = f"/v1/me/recoveries/{listed[0]['id']}"
    stranger = Member(newcomer, a_number(), clock)
    assert newcomer.http.delete(path, headers=stranger.headers).status_code == 404

    assert member.phone.http.delete(path, headers=member.headers).status_code == 204
    assert member.phone.http.get("/v1/me/recoveries", headers=member.headers).json["items"] == []


@pytest.mark.parametrize("token", ["", "x", "recovery_0." + "0" * 32, "recovery_" + "0" * 26])
def test_a_made_up_link_stops_nothing(locked_out, token):
    member, login = locked_out
    recover(member.phone, login)

    refused = member.phone.post("/v1/recoveries/cancellations", {"token": token})

    assert refused.status_code in {404, 422}


def test_one_recovery_at_a_time_and_not_for_ever(locked_out, clock):
    member, login = locked_out
    first = recover(member.phone, login)
    clock.move(minutes=2)
    second = recover(member.phone, enter(member.phone, member.number)[0])
    assert (first.status_code, second.status_code) == (201, 409)
    assert second.json["type"] == "/problems/recovery-under-way"
    clock.move(days=11)  # nobody came back

    third = recover(member.phone, enter(member.phone, member.number)[0])

    assert third.status_code == 201
    clock.move(minutes=2)
    late = complete(member.phone, first.json["recovery"], member.number)
    assert late.json["type"] == "/problems/recovery-not-there"


def test_asking_is_limited(locked_out, clock):
    member, login = locked_out
    statuses = []
    for _ in range(4):
        asked = recover(member.phone, login)
        statuses.append(asked.status_code)
        for one in member.phone.http.get("/v1/me/recoveries", headers=member.headers).json["items"]:
            member.phone.http.delete(f"/v1/me/recoveries/{one['id']}", headers=member.headers)
        clock.move(minutes=2)
        login, _ = enter(member.phone, member.number)

    assert statuses == [201, 201, 201, 429]


def test_a_recovery_needs_the_address_it_was_asked_with(locked_out, clock):
    member, login = locked_out
    recovery = recover(member.phone, login).json["recovery"]
    clock.move(hours=73)

    refused = complete(member.phone, recovery, a_number())

    assert refused.json["type"] == "/problems/sign-in-over"


def test_a_number_that_went_over_opens_the_old_account_no_more(locked_out, newcomer, clock):
    member, login = locked_out
    recovery = recover(member.phone, login).json["recovery"]
    clock.move(minutes=2)
    claimed, _ = enter(newcomer, member.number)
    assert newcomer.post("/v1/sign-in/new-accounts", {"login": claimed}).status_code == 201
    clock.move(hours=73)

    refused = complete(member.phone, recovery, member.number)

    assert (refused.status_code, refused.json["type"]) == (404, "/problems/recovery-not-there")


def test_what_is_kept_of_it_says_nothing(locked_out, db):
    member, login = locked_out
    recovery = recover(member.phone, login).json["recovery"]
    with db.reads() as connection:
        rows = connection.execute(text("SELECT * FROM identity_recovery")).all()

    kept = " ".join(str(tuple(row)) for row in rows)
    assert recovery.removeprefix("recovery_") not in kept
    assert member.number[1:] not in kept


def attach(parts, db, member, mailbox):
    """Give a person a second address, as the verbs of their profile will."""
    from hub import identity
    from hub.identity import people
    from hub.kernel import ids
    from hub.kernel.work import SYSTEM

    person_id = ids.read("person", member.me()["id"])
    address = identity.parse("email", mailbox)
    assert db.run(lambda work: people._attach(work, parts.keyring, person_id, address), SYSTEM)
