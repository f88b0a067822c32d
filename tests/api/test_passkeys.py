"""Passkeys: signing up and in with one, the list, and everything that is not accepted."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from tests.factories.authenticators import (
    BACKED_UP,
    BACKUP_ELIGIBLE,
    USER_VERIFIED,
    Authenticator,
    b64,
)

from .conftest import Phone, bearer
from .credentials import SENTENCE, Member, a_number


@pytest.fixture
def device():
    return Authenticator()


@pytest.fixture
def member(phone, a_telephone_number, clock):
    return Member(phone, a_telephone_number, clock)


def challenge(phone, path="/v1/sign-in/passkeys", **more):
    return phone.post(f"{path}/challenges", **more).json


def sign_up(phone, device):
    begun = challenge(phone, "/v1/sign-up/passkeys")
    made = device.make(begun["options"])
    entry = {"login": begun["login"], "credential": made, "name": "Phone"}
    return phone.post("/v1/sign-up/passkeys", entry)


def add(member, device, name="Phone"):
    begun = challenge(member.phone, "/v1/me/passkeys", headers=member.headers)
    entry = {"login": begun["login"], "credential": device.make(begun["options"]), "name": name}
    return member.post("/v1/me/passkeys", entry)


def show(phone, device, begun=None):
    begun = begun or challenge(phone)
    entry = {"login": begun["login"], "credential": device.show(begun["options"])}
    return phone.post("/v1/sign-in/passkeys", entry)


def listed(member):
    return member.phone.http.get("/v1/me/passkeys", headers=member.headers).json["items"]


def test_an_account_is_opened_with_a_passkey_and_nothing_else(phone, device, app, parts):
    joined = sign_up(phone, device)
    assert joined.status_code == 201
    assert joined.headers["Cache-Control"] == "no-store"

    elsewhere = show(Phone(app, parts), device)

    mine, again = (
        phone.http.get("/v1/me", headers=bearer(answer.json)).json for answer in (joined, elsewhere)
    )
    assert mine["id"] == again["id"]
    assert (again["acr"], again["amr"]) == ("urn:city:loa:2", ["hwk", "user"])
    assert "phone" not in mine
    assert "email" not in mine


def test_what_is_asked_of_the_device(phone, member, device):
    making = challenge(phone, "/v1/sign-up/passkeys")["options"]
    showing = challenge(phone)["options"]

    assert making["rp"]["id"] == showing["rpId"] == "localhost"
    assert making["authenticatorSelection"]["residentKey"] == "preferred"
    assert making["authenticatorSelection"]["userVerification"] == "required"
    assert showing["userVerification"] == "required"
    assert making["attestation"] == "none"
    assert showing.get("allowCredentials", []) == []  # nobody is named
    add(member, device)
    again = challenge(phone, "/v1/me/passkeys", headers=member.headers)["options"]
    assert [each["id"] for each in again["excludeCredentials"]] == [b64(device.credential_id)]


def test_a_synced_passkey_says_so(phone):
    device = Authenticator(synced=True)
    tokens = sign_up(phone, device).json

    assert [show(phone, device).status_code for _ in range(3)] == [200] * 3  # its counter stays 0
    me = phone.http.get("/v1/me", headers=bearer(tokens)).json
    assert me["amr"] == ["swk", "user"]
    kept = phone.http.get("/v1/me/passkeys", headers=bearer(tokens)).json["items"][0]
    assert (kept["synced"], kept["backed_up"]) == (True, True)


def test_whether_it_is_backed_up_is_kept_current(phone):
    device = Authenticator(synced=True)
    device.flags &= ~BACKED_UP
    tokens = sign_up(phone, device).json
    device.flags |= BACKUP_ELIGIBLE | BACKED_UP
    show(phone, device)

    kept = phone.http.get("/v1/me/passkeys", headers=bearer(tokens)).json["items"][0]
    assert kept["backed_up"] is True


def test_a_passkey_is_added_named_and_removed(member, device):
    added = add(member, device)
    assert added.status_code == 201
    path = f"/v1/me/passkeys/{added.json['id']}"
    http = member.phone.http
    assert http.patch(path, json={"name": "Old phone"}, headers=member.headers).status_code == 204
    assert [each["name"] for each in listed(member)] == ["Old phone"]
    assert http.get("/v1/me/security", headers=member.headers).json["step_up"] == ["passkey"]

    assert http.delete(path, headers=member.headers).status_code == 204

    assert listed(member) == []
    assert show(member.phone, device).json["type"] == "/problems/passkey-refused"


def test_a_code_alone_does_not_open_an_account_with_a_passkey(member, device, clock):
    add(member, device)
    clock.move(minutes=2)

    refused = member.phone.sign_in(member.number)

    assert (refused.status_code, refused.json["type"]) == (403, "/problems/second-factor-needed")
    assert refused.json["ways"] == ["passkey", "recovery", "new_account"]
    assert show(member.phone, device).status_code == 200


def test_a_recovery_code_helps_who_left_the_device_at_home(member, device, clock):
    add(member, device)
    codes = member.post("/v1/me/recovery-codes").json["codes"]
    clock.move(minutes=2)
    begun = member.phone.ask(member.number).json["login"]
    stopped = member.phone.enter(begun, member.phone.code(member.number))

    finished = member.second(begun, codes[0])

    assert stopped.json["ways"][:2] == ["recovery_code", "passkey"]
    assert finished.status_code == 200


def test_a_session_is_raised_by_a_passkey(member, device, clock):
    add(member, device)
    clock.move(minutes=11)
    member.tokens = member.phone.refresh(member.tokens["refresh_token"]).json
    assert member.set_password(SENTENCE).status_code == 401

    begun = challenge(member.phone)
    raised = member.step_up(login=begun["login"], passkey=device.show(begun["options"]))

    assert raised.json["acr"] == "urn:city:loa:2"
    assert member.set_password(SENTENCE).status_code == 204


def test_somebody_elses_passkey_raises_nothing(member, device, app, parts, clock):
    other = Authenticator()
    sign_up(Phone(app, parts), other)
    begun = challenge(member.phone)

    refused = member.step_up(login=begun["login"], passkey=other.show(begun["options"]))

    assert refused.json["type"] == "/problems/passkey-refused"


# What is not accepted


def test_a_challenge_is_good_once(phone, device):
    sign_up(phone, device)
    begun = challenge(phone)
    entry = {"login": begun["login"], "credential": device.show(begun["options"])}

    first, replayed = (phone.post("/v1/sign-in/passkeys", entry) for _ in range(2))

    assert first.status_code == 200
    assert replayed.json["type"] == "/problems/sign-in-over"


def test_a_challenge_is_used_up_by_a_failure(phone, device):
    sign_up(phone, device)
    begun = challenge(phone)
    stranger = Authenticator()
    assert show(phone, stranger, begun).status_code == 403

    assert show(phone, device, begun).json["type"] == "/problems/sign-in-over"


def test_one_showing_raced_signs_in_once(phone, device, app, parts):
    sign_up(phone, device)
    begun = challenge(phone)
    entry = {"login": begun["login"], "credential": device.show(begun["options"])}

    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda _: Phone(app, parts).post("/v1/sign-in/passkeys", entry), range(16))
        )

    assert sorted(a.status_code for a in answers) == [200] + [409] * 15


def test_a_challenge_is_bound_to_whoever_began(phone, device, app, parts):
    """What was signed for one sign-in is worth nothing in another."""
    sign_up(phone, device)
    thief = Phone(app, parts)
    own, theirs = challenge(phone), challenge(thief)
    stolen = device.show(own["options"])

    refused = thief.post("/v1/sign-in/passkeys", {"login": theirs["login"], "credential": stolen})

    assert refused.json["type"] == "/problems/passkey-refused"


def test_a_challenge_for_making_is_not_one_for_showing(phone, device):
    sign_up(phone, device)
    begun = challenge(phone, "/v1/sign-up/passkeys")
    options = {"challenge": begun["options"]["challenge"], "rpId": "localhost"}

    refused = show(phone, device, {"login": begun["login"], "options": options})

    assert refused.json["type"] == "/problems/sign-in-over"


def test_a_challenge_for_one_person_adds_nothing_to_another(member, device, app, parts, clock):
    other = Member(Phone(app, parts), a_number(), clock)
    begun = challenge(member.phone, "/v1/me/passkeys", headers=member.headers)
    entry = {"login": begun["login"], "credential": device.make(begun["options"]), "name": "x"}

    assert other.post("/v1/me/passkeys", entry).json["type"] == "/problems/sign-in-over"


def test_a_challenge_lives_five_minutes(phone, device, clock):
    sign_up(phone, device)
    begun = challenge(phone)
    clock.move(minutes=5, seconds=1)

    assert show(phone, device, begun).json["type"] == "/problems/sign-in-over"


def test_a_copied_key_is_noticed_by_its_counter(phone, device, db):
    tokens = sign_up(phone, device).json
    show(phone, device)
    show(phone, device)
    device.counter -= 2  # the copy knows nothing of the last showing

    refused = show(phone, device)

    assert refused.json["type"] == "/problems/passkey-refused"
    me = phone.http.get("/v1/me", headers=bearer(tokens)).json["id"]
    with db.reads() as connection:
        told = connection.scalars(
            text(
                "SELECT data->>'what' FROM kernel_outbox WHERE subject = :me"
                " AND type = 'identity.credential_changed' ORDER BY sequence DESC"
            ),
            {"me": me},
        ).first()
    assert told == "passkey_copied"


@pytest.mark.parametrize("wrong", ["origin", "verification", "signature", "handle", "rp"])
def test_what_does_not_hold_is_not_accepted(phone, device, wrong):
    sign_up(phone, device)
    begun = challenge(phone)
    options = dict(begun["options"])
    if wrong == "origin":
        device.origin = "https://hub.evil.example"
    if wrong == "verification":
        device.flags &= ~USER_VERIFIED
    if wrong == "handle":
        device.handle = bytes(16)
    if wrong == "rp":
        options["rpId"] = "evil.example"
    credential = device.show(options)
    if wrong == "signature":
        credential["response"]["signature"] = b64(b"\x30\x06\x02\x01\x01\x02\x01\x01")

    refused = phone.post(
        "/v1/sign-in/passkeys", {"login": begun["login"], "credential": credential}
    )

    assert (refused.status_code, refused.json["type"]) == (403, "/problems/passkey-refused")


@pytest.mark.parametrize(
    "broken",
    [
        {"attestationObject": "AAAA"},
        {"attestationObject": b64(b"\xa3" * 500)},
        {"attestationObject": b64(b"\x9f" * 4000)},
        {"clientDataJSON": b64(b"{}")},
        {"clientDataJSON": b64(b"\xff\xfe")},
        {"clientDataJSON": b64(b"[" * 5000)},
    ],
)
def test_broken_credentials_are_refused_and_make_no_fault(phone, device, broken):
    begun = challenge(phone, "/v1/sign-up/passkeys")
    made = device.make(begun["options"])
    made["response"] |= broken

    refused = phone.post(
        "/v1/sign-up/passkeys", {"login": begun["login"], "credential": made, "name": "x"}
    )

    assert (refused.status_code, refused.json["type"]) == (403, "/problems/passkey-refused")


def test_one_passkey_belongs_to_one_person(member, device, app, parts, clock):
    add(member, device)
    other = Member(Phone(app, parts), a_number(), clock)

    assert add(other, device).json["type"] == "/problems/passkey-known"


def test_the_only_way_in_stays(phone, device, clock):
    tokens = sign_up(phone, device).json
    only = phone.http.get("/v1/me/passkeys", headers=bearer(tokens)).json["items"][0]["id"]

    refused = phone.http.delete(f"/v1/me/passkeys/{only}", headers=bearer(tokens))

    assert (refused.status_code, refused.json["type"]) == (409, "/problems/last-way-in")
    assert show(phone, device).status_code == 200


def test_two_removals_at_once_leave_one(phone, device, app, parts):
    tokens = sign_up(phone, device).json
    member = type("M", (), {"phone": phone, "headers": bearer(tokens)})
    member.post = lambda path, body: phone.post(path, body, headers=member.headers)
    assert add(member, Authenticator(), "Second").status_code == 201
    ids = [each["id"] for each in listed(member)]

    with ThreadPoolExecutor(2) as pool:
        answers = list(
            pool.map(
                lambda one: app.test_client().delete(
                    f"/v1/me/passkeys/{one}", headers=member.headers
                ),
                ids,
            )
        )

    assert sorted(a.status_code for a in answers) == [204, 409]


def test_somebody_elses_passkey_is_not_there(member, app, parts, clock):
    added = add(member, Authenticator()).json["id"]
    other = Member(Phone(app, parts), a_number(), clock)

    for call in (
        other.phone.http.delete(f"/v1/me/passkeys/{added}", headers=other.headers),
        other.phone.http.patch(
            f"/v1/me/passkeys/{added}", json={"name": "x"}, headers=other.headers
        ),
    ):
        assert call.status_code == 404


def test_twenty_are_enough(member, db, parts):
    for _ in range(20):
        assert add(member, Authenticator()).status_code == 201

    assert add(member, Authenticator()).json["type"] == "/problems/too-many-passkeys"
    [session] = member.phone.http.get("/v1/me/sessions", headers=member.headers).json["items"]
    assert session["amr"] == ["sms", "hwk", "user"]


def test_sign_ups_from_one_network_are_limited(phone, clock):
    statuses = [sign_up(phone, Authenticator()).status_code for _ in range(21)]

    assert statuses == [201] * 20 + [429]
