"""Signing in by password, and showing once more who one is (step-up, RFC 9470).

A step-up never makes a session less sure than it was, and it leaves the refresh token as it is:
only a fresh access token comes of it.
"""

from collections.abc import Sequence
from uuid import UUID

from hub import audit
from hub.kernel import ids
from hub.kernel.errors import Invalid
from hub.kernel.work import Work
from hub.keys import KeyRing

from . import passwords, people, protections, real_names, second_factors, sessions, signing_in
from .addresses import Address
from .errors import NoAddress, ProofTooWeak
from .passwords import Tried
from .refreshing import Tokens
from .rules import LOA_CODE, LOA_STRONG, assurance, reaches, stated_level
from .signing_in import CodeAsked
from .tokens import Issuer


class NothingShown(Invalid):
    """A step-up needs something to go by: the ``password``, a ``second_code`` of the authenticator
    app or the paper, or ``login`` and ``code`` of a message; as many as the account asks for."""

    title = "Nothing was shown"


def level_within_reach(work: Work) -> str:
    """The highest level of assurance that the acting person's account can show now."""
    best = LOA_STRONG if protections.mine_at(work).strong else LOA_CODE
    verified = real_names.is_verified(work, ids.read("person", work.actor.id))
    return stated_level(best, verified=verified)


def enter_password(
    work: Work,
    keyring: KeyRing,
    issuer: Issuer,
    tried: Tried,
    *,
    right: bool,
    device_name: str | None,
    device: str | None = None,
    language: str,
) -> Tokens:
    """Sign in with a password that was looked at.

    Refuses with PasswordWrong, remembered, and with SecondFactorNeeded (remembered; ``login`` in it
    is the sign-in to finish).
    """
    person_id = passwords.settle(work, keyring, tried, right=right)
    found = protections.of(work.session, person_id)
    if found.second_step:
        raise signing_in.second_step(
            work, person_id, shown=["pwd"], ways=found.second_steps, language=language
        )
    return sessions.start(
        work,
        issuer,
        person_id=person_id,
        acr=assurance(["pwd"]),
        amr=["pwd"],
        device_name=device_name,
        device=device,
    )


def ask_own_code(work: Work, keyring: KeyRing, *, client: str, language: str) -> CodeAsked:
    """Have a code sent to the acting person's own address, to step up with."""
    address = own_address(work, keyring)
    return signing_in.ask_for_code(work, keyring, address, client=client, language=language)


def own_address(work: Work, keyring: KeyRing) -> Address:
    """Where the acting person's code goes: their telephone if they have one. NoAddress if none."""
    found = people.addresses(work, keyring, ids.read("person", work.actor.id))
    if not found:
        raise NoAddress
    return found[0]


def step_up(
    work: Work,
    keyring: KeyRing,
    issuer: Issuer,
    *,
    tried: Tried | None = None,
    right: bool = False,
    second_code: str | None = None,
    login: str | None = None,
    code: str | None = None,
    client: str,
) -> Tokens:
    """Raise the acting session by what its person shows now, at once or not at all.

    Refuses with NothingShown, and, remembered, with PasswordWrong, CodeWrong and ProofTooWeak.
    """
    person_id = ids.read("person", work.actor.id)
    methods: list[str] = []
    if tried is not None:
        passwords.settle(work, keyring, tried, right=right)
        methods.append("pwd")
    if login is not None and code is not None:
        methods.append(
            signing_in.prove(work, keyring, person_id, login=login, code=code, client=client)
        )
    if second_code is not None:
        second_factors.check(work, keyring, person_id, second_code)
        methods.append("otp")
    if not methods:
        raise NothingShown
    if {"pwd", "otp"} <= set(methods) and second_code is not None:
        methods.append("mfa")
    return raised(work, issuer, person_id, methods)


def raised(work: Work, issuer: Issuer, person_id: UUID, methods: Sequence[str]) -> Tokens:
    """The acting session with what was just shown; ProofTooWeak, remembered, when that is less than
    the account or the session asks for."""
    before = sessions.acting(work)
    acr = assurance(methods)
    found = protections.of(work.session, person_id)
    too_few = found.second_step and len(methods) < 2
    if too_few or not reaches(acr, before.acr):
        raise ProofTooWeak(keep=True)
    audit.record(work, "identity.session_raised", ids.show("session", before.id), acr=acr)
    return sessions.show_again(work, issuer, before.id, acr=acr, amr=methods)
