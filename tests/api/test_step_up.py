"""Showing once more who one is: what a step-up gives, and what it never does."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from flask import Flask

from hub import identity
from hub.web import Blueprint, Schema, problems, request, requires, tokens
from hub.web.openapi import Api

from .conftest import Phone, bearer
from .credentials import SENTENCE, SHORT, Member, a_number, a_wrong


@pytest.fixture
def member(phone, a_telephone_number, clock):
    return Member(phone, a_telephone_number, clock)


@pytest.fixture
def protected(member):
    """With app and password; signed in by neither yet."""
    member.set_up_app()
    assert member.set_password(SHORT).status_code == 204
    return member


def own_code(member):
    asked = member.post("/v1/sign-in/step-up/codes").json
    return {"login": asked["login"], "code": member.phone.code(member.number)}


def test_who_has_only_a_code_shows_a_code_again(member, clock):
    clock.move(minutes=11)
    member.tokens = member.phone.refresh(member.tokens["refresh_token"]).json
    assert member.set_password(SENTENCE).status_code == 401

    raised = member.step_up(**own_code(member))

    assert raised.status_code == 200
    assert "refresh_token" not in raised.json
    assert member.set_password(SENTENCE).status_code == 204


def test_the_refresh_token_stays_good(member, clock):
    clock.move(minutes=2)
    member.step_up(**own_code(member))

    assert member.phone.refresh(member.tokens["refresh_token"]).status_code == 200


def test_a_code_is_not_enough_for_who_has_an_app(protected, clock):
    refused = protected.step_up(**own_code(protected))

    assert (refused.status_code, refused.json["type"]) == (403, "/problems/proof-too-weak")


def test_password_and_app_raise_a_session_to_the_second_level(protected, clock):
    clock.move(minutes=2)
    begun = protected.phone.ask(protected.number).json["login"]
    protected.phone.enter(begun, protected.phone.code(protected.number))
    by_code = protected.second(begun, protected.app_code()).json
    clock.move(seconds=60)
    protected.tokens = by_code
    assert protected.me()["acr"] == "urn:city:loa:1"

    refused = protected.post("/v1/me/recovery-codes")
    assert refused.json["type"] == "/problems/stronger-sign-in-needed"
    assert refused.json["ways"] == ["password_and_second_factor"]
    assert 'acr_values="urn:city:loa:2"' in refused.headers["WWW-Authenticate"]
    raised = protected.step_up(password=SHORT, second_code=protected.app_code())

    assert raised.json["acr"] == "urn:city:loa:2"
    assert protected.me()["amr"] == ["pwd", "otp", "mfa"]
    assert protected.post("/v1/me/recovery-codes").status_code == 201


def test_a_session_is_never_made_less_sure(protected):
    protected.tokens = protected.in_full().json
    protected.clock.move(seconds=60)

    weaker = protected.step_up(password=SHORT)

    assert (weaker.status_code, weaker.json["type"]) == (403, "/problems/proof-too-weak")
    assert protected.me()["acr"] == "urn:city:loa:2"


def test_a_step_up_takes_only_the_persons_own_code(member, app, parts, clock):
    thief = Member(Phone(app, parts), a_number(), clock)
    clock.move(minutes=2)
    login = member.phone.ask(member.number).json["login"]
    code = member.phone.code(member.number)

    refused = thief.step_up(login=login, code=code)

    assert refused.json["type"] == "/problems/sign-in-over"


def test_wrong_proofs_are_remembered(protected):
    wrong = a_wrong(protected.app_code())

    tried = [protected.step_up(second_code=wrong) for _ in range(11)]

    assert [a.status_code for a in tried] == [403] * 10 + [429]
    guessed = [protected.step_up(password="a stranger's guess") for _ in range(11)]
    assert [a.status_code for a in guessed] == [403] * 10 + [429]


@pytest.mark.parametrize(
    "shown",
    [{}, {"code": "123456"}, {"login": "login_" + "x" * 43}, {"second_code": "12345"}],
)
def test_a_step_up_needs_something_to_go_by(member, shown):
    assert member.step_up(**shown).status_code == 422


def test_nothing_is_raised_after_the_session_ended(protected):
    headers = protected.headers
    protected.post("/v1/sign-out")

    refused = protected.phone.post(
        "/v1/sign-in/step-up", {"password": SHORT, "second_code": "123456"}, headers=headers
    )

    assert refused.status_code == 401


# Recovery codes


@pytest.fixture
def with_paper(protected):
    protected.tokens = protected.in_full().json
    protected.clock.move(seconds=60)
    return protected, protected.post("/v1/me/recovery-codes").json["codes"]


def begin(member, **more):
    return member.enter_password(**more).json["login"]


def test_a_code_off_the_paper_stands_in_for_the_app_once(with_paper):
    member, codes = with_paper
    assert len(set(codes)) == 10

    first = member.second(begin(member), codes[0].upper())
    again = member.second(begin(member), codes[0])

    assert first.status_code == 200
    assert member.me(first.json)["acr"] == "urn:city:loa:2"
    assert (again.status_code, again.json["type"]) == (403, "/problems/code-wrong")
    kept = member.phone.http.get("/v1/me/security", headers=member.headers).json
    assert kept["recovery_codes_left"] == 9


def test_one_code_off_the_paper_raced_signs_in_once(with_paper, app, parts):
    member, codes = with_paper
    logins = [begin(member) for _ in range(6)]

    with ThreadPoolExecutor(6) as pool:
        answers = list(
            pool.map(lambda login: member.second(login, codes[3], phone=Phone(app, parts)), logins)
        )

    assert sorted(a.status_code for a in answers) == [200] + [403] * 5


def test_new_codes_make_the_old_ones_worthless(with_paper):
    member, old = with_paper
    new = member.post("/v1/me/recovery-codes").json["codes"]

    assert member.second(begin(member), old[0]).status_code == 403
    assert member.second(begin(member), new[0]).status_code == 200


def test_codes_need_a_second_factor_and_go_with_it(member):
    assert member.post("/v1/me/recovery-codes").json["type"] == "/problems/nothing-to-recover"

    member.set_up_app()
    assert member.post("/v1/me/recovery-codes").status_code == 201
    gone = member.post("/v1/me/authenticators/removals", {"code": member.app_code()})
    assert gone.status_code == 204
    kept = member.phone.http.get("/v1/me/security", headers=member.headers).json
    assert kept["recovery_codes_left"] == 0


def test_somebody_elses_paper_is_worthless(with_paper, app, parts):
    member, codes = with_paper
    other = Member(Phone(app, parts), a_number(), member.clock)
    other.set_up_app()
    other.set_password(SHORT)

    assert other.second(begin(other), codes[0]).status_code == 403
    assert member.second(begin(member), codes[0]).status_code == 200


# What routes demand


@pytest.fixture
def vault(parts, app):
    """A little application whose doors ask for more than a token."""
    bp = Blueprint("vault", __name__)

    @bp.get("/vault/gold")
    @requires("citizen.profile:read", acr=identity.LOA_STRONG)
    @bp.response(200, Schema)
    def gold():
        return {}

    @bp.get("/vault/coins")
    @requires("citizen.profile:read", max_age=identity.RECENT)
    @bp.response(200, Schema)
    def coins():
        return {}

    @bp.get("/vault/wallet")
    @requires("citizen.profile:read", at_once=True)
    @bp.response(200, Schema)
    def wallet():
        return {}

    made = Flask("vault")
    request.install(made, replace(parts, _made={}))
    tokens.install(made, parts)
    problems.register(made)
    Api(made).register_blueprint(bp)
    return made.test_client()


def test_a_route_asks_for_assurance_with_the_challenge_of_rfc_9470(vault, protected):
    low = vault.get("/vault/gold", headers=protected.headers)
    high = vault.get("/vault/gold", headers=bearer(protected.in_full().json))

    assert low.status_code == 401
    assert low.headers["WWW-Authenticate"] == (
        'Bearer realm="hub", error="insufficient_user_authentication", acr_values="urn:city:loa:2"'
    )
    assert low.json["acr_values"] == "urn:city:loa:2"
    assert high.status_code == 200


def test_a_route_asks_for_a_recent_sign_in(vault, member, clock):
    assert vault.get("/vault/coins", headers=member.headers).status_code == 200
    clock.move(minutes=11)
    member.tokens = member.phone.refresh(member.tokens["refresh_token"]).json

    stale = vault.get("/vault/coins", headers=member.headers)

    assert 'max_age="600"' in stale.headers["WWW-Authenticate"]
    assert vault.get("/vault/gold", headers=member.headers).status_code == 401


def test_money_and_health_hear_at_once_that_a_session_ended(vault, member, app, parts, db):
    """This application follows no changes: without ``at_once`` it would believe the token for two
    seconds more."""
    assert vault.get("/vault/wallet", headers=member.headers).status_code == 200
    member.post("/v1/sign-out")

    assert vault.get("/vault/wallet", headers=member.headers).status_code == 401
