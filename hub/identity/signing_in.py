"""Signing in by one-time code: ask, enter, and enter a second factor if there is one.

A sign-in is bound to whoever began it: they hold its secret, so a code that somebody was talked
into reading out is useless elsewhere. The answer to asking never says whether an account exists;
an address that nobody had gets an account when its code is entered.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest
from uuid import UUID

from sqlalchemy import delete, select, update

from hub import audit
from hub.kernel import ids
from hub.kernel.work import Work
from hub.keys import KeyRing

from . import (
    handing_over,
    limits,
    people,
    protections,
    second_factors,
    seen_devices,
    sessions,
)
from .addresses import Address, Channel
from .errors import CodeWrong, NumberNotUsedLately, SecondFactorNeeded, SignInOver
from .model import CodeDelivery, Login
from .refreshing import Tokens
from .rules import (
    CODE_LIVES,
    CODE_TRIES,
    CODES_IN_TOTAL,
    CODES_PER_ADDRESS,
    CODES_PER_CLIENT,
    LOGIN_LIVES,
    RESEND,
    WRONG_PER_CLIENT,
    assurance,
    hash_of,
    is_code,
    new_code,
    new_secret,
)
from .tokens import Issuer

PREFIX = "login_"
DELIVERY = "identity.delivery"
_LOGIN = "identity.login"
_CODE = "identity.code"


@dataclass(frozen=True)
class CodeAsked:
    """A sign-in has begun. ``login`` is a secret of the asker and goes with the code."""

    login: str
    expires_at: datetime
    again_at: datetime


def ask_for_code(
    work: Work,
    keyring: KeyRing,
    address: Address,
    *,
    client: str,
    language: str,
    by: Channel | None = None,
) -> CodeAsked:
    """Begin a sign-in and have a code sent to ``address``; the same for known and unknown ones.

    ``client`` is the network address that asks; ``by`` is ``voice`` to have a telephone called
    and the code read out. Refuses with AskedTooOften.
    """
    limits.take(work, keyring, RESEND, address.key)
    limits.take(work, keyring, CODES_PER_ADDRESS, address.key)
    limits.take(work, keyring, CODES_PER_CLIENT, limits.network_of(client))
    limits.take(work, keyring, CODES_IN_TOTAL, b"")
    login_id, secret, code = ids.new_id(), new_secret(), new_code()
    login = Login(
        id=login_id,
        secret_hash=hash_of(secret),
        channel=by or address.channel,
        address_sealed=keyring.seal(_LOGIN, address.text.encode(), login_id.bytes),
        address_index=people.blind_index(keyring, address),
        code_hmac=_code_hmac(keyring, login_id.bytes, code),
        language=language,
        code_expires_at=work.now + CODE_LIVES,
        expires_at=work.now + LOGIN_LIVES,
    )
    work.session.add(login)
    work.session.flush()
    work.session.add(_delivery(work, keyring, login, address, code))
    audit.record(work, "identity.code_asked", ids.show("login", login_id), channel=login.channel)
    return CodeAsked(PREFIX + secret, work.now + CODE_LIVES, work.now + RESEND.every)


def enter_code(
    work: Work,
    keyring: KeyRing,
    issuer: Issuer,
    *,
    login: str,
    code: str,
    device_name: str | None,
    device: str | None = None,
    client: str,
) -> Tokens:
    """Sign in with the code that was sent.

    Refuses with SignInOver, and, remembered, with CodeWrong (five tries) or SecondFactorNeeded.
    """
    row = _entered(work, keyring, login, code, client)
    handing_over.settle(work, keyring, row.address_index)
    row.person_id = people.behind(work, keyring, _address(keyring, row), language=row.language)
    row.address_sealed = None
    row.shown = [method(row.channel)]
    if (refusal := _not_enough(work, row, row.person_id, device)) is not None:
        row.state = "second_factor"
        raise refusal
    row.state = "done"
    people.used(work, row.address_index)
    return sessions.start(
        work,
        issuer,
        person_id=row.person_id,
        acr=assurance(row.shown),
        amr=row.shown,
        device_name=device_name,
        device=device,
    )


def _not_enough(
    work: Work, row: Login, person_id: UUID, device: str | None
) -> SecondFactorNeeded | NumberNotUsedLately | None:
    """What else a code needs beside it, or None when it opens the account by itself."""
    found = protections.of(work.session, person_id)
    telephone = _kind_of(row) == "sms"
    for_holders = ["recovery", *(["new_account"] if telephone else [])]
    if found.second_step:
        ways = [*found.second_steps, *for_holders]
        return SecondFactorNeeded(keep=True, extra={"ways": ways})
    known = seen_devices.known(work, person_id, device)
    if not handing_over.in_doubt(work, row.address_index, telephone=telephone, known_device=known):
        return None
    ways = [
        *(["password"] if found.password else []),
        *(["other_address"] if people.has_mailbox(work, person_id) else []),
        *for_holders,
    ]
    return NumberNotUsedLately(keep=True, extra={"ways": ways})


def proven(work: Work, login: str, *, telephone: bool = False) -> Login:
    """A sign-in whose code was right but not enough; SignInOver for any other."""
    row = _open(work, login)
    if row.state != "second_factor" or row.person_id is None or not row.address_index:
        raise SignInOver
    if telephone and _kind_of(row) != "sms":
        raise SignInOver
    return row


def entered(
    work: Work, keyring: KeyRing, *, login: str, code: str, client: str, index: bytes
) -> Login:
    """Accept a code that was sent to the address with this blind index; any other is SignInOver,
    the rest as ``enter_code``."""
    row = _entered(work, keyring, login, code, client)
    if row.address_index != index:
        raise SignInOver
    row.state, row.address_sealed = "done", None
    return row


def prove(
    work: Work, keyring: KeyRing, person_id: UUID, *, login: str, code: str, client: str
) -> str:
    """Accept a code that was sent to an address of this person, who is signed in already; by which
    method (RFC 8176) it came. Somebody else's address is SignInOver; the rest as ``enter_code``."""
    row = _entered(work, keyring, login, code, client)
    if people.owner(work, _kind_of(row), row.address_index) != person_id:
        raise SignInOver
    row.state, row.address_sealed = "done", None
    people.used(work, row.address_index)
    return method(row.channel)


def second_step(
    work: Work, person_id: UUID, *, shown: list[str], ways: Sequence[str], language: str
) -> SecondFactorNeeded:
    """A sign-in whose first step was no code, and the refusal that asks for its second one."""
    secret = new_secret()
    work.session.add(
        Login(
            id=ids.new_id(),
            secret_hash=hash_of(secret),
            state="second_factor",
            channel="email",
            address_index=b"",
            shown=shown,
            language=language,
            person_id=person_id,
            expires_at=work.now + LOGIN_LIVES,
        )
    )
    return SecondFactorNeeded(keep=True, extra={"login": PREFIX + secret, "ways": list(ways)})


@dataclass(frozen=True)
class ShownAddress:
    """An address that somebody has just shown to hold, and the language they asked in."""

    address: Address
    language: str


def show_address(
    work: Work, keyring: KeyRing, *, login: str, code: str, client: str
) -> ShownAddress:
    """Accept the code of a sign-in as a proof of holding its address, once, without signing
    anybody in; refuses like ``enter_code``."""
    row = _entered(work, keyring, login, code, client)
    shown = ShownAddress(_address(keyring, row), row.language)
    row.state, row.address_sealed = "done", None
    return shown


def enter_second_factor(
    work: Work,
    keyring: KeyRing,
    issuer: Issuer,
    *,
    login: str,
    code: str,
    device_name: str | None,
    device: str | None = None,
) -> Tokens:
    """Finish a sign-in with a code of the person's authenticator app, or one from their paper.

    After a password that makes ``loa:2``. After a code by message it stays ``loa:1``: two things
    one has are still no second *kind* of factor.
    """
    row = _open(work, login)
    if row.state != "second_factor" or row.person_id is None:
        raise SignInOver
    _spend_second_try(work, row)
    try:
        second_factors.check(work, keyring, row.person_id, code)
    except CodeWrong:
        _count_wrong(work, row, row.second_tries)
    row.state = "done"
    if row.address_index:
        people.used(work, row.address_index)
        handing_over.keep(work, row.person_id, row.address_index)
    methods = [*row.shown, "otp", *(["mfa"] if "pwd" in row.shown else [])]
    return sessions.start(
        work,
        issuer,
        person_id=row.person_id,
        acr=assurance(methods),
        amr=methods,
        device_name=device_name,
        device=device,
    )


def forget_old(work: Work) -> None:
    """Delete sign-ins, and with them their deliveries, a day after their end."""
    work.session.execute(delete(Login).where(Login.expires_at < work.now - timedelta(days=1)))


def _delivery(
    work: Work, keyring: KeyRing, login: Login, address: Address, code: str
) -> CodeDelivery:
    delivery_id = ids.new_id()
    return CodeDelivery(
        id=delivery_id,
        login_id=login.id,
        channel=login.channel,
        language=login.language,
        address_sealed=keyring.seal(DELIVERY, address.text.encode(), delivery_id.bytes),
        code_sealed=keyring.seal(DELIVERY, code.encode(), delivery_id.bytes),
        due_at=work.now,
        expires_at=work.now + CODE_LIVES,
    )


def _entered(work: Work, keyring: KeyRing, login: str, code: str, client: str) -> Login:
    """The sign-in whose code this is, counted before it is looked at."""
    limits.take(work, keyring, WRONG_PER_CLIENT, limits.network_of(client))
    row = _open(work, login)
    if row.state == "second_factor":
        raise SecondFactorNeeded
    _spend_try(work, row)
    expected = row.code_hmac or b""
    if not (is_code(code) and compare_digest(expected, _code_hmac(keyring, row.id.bytes, code))):
        _count_wrong(work, row, row.tries)
    limits.give_back(work, keyring, WRONG_PER_CLIENT, limits.network_of(client))
    return row


def _open(work: Work, login: str) -> Login:
    if not login.startswith(PREFIX):
        raise SignInOver
    row = work.session.execute(
        select(Login).where(
            Login.secret_hash == hash_of(login.removeprefix(PREFIX)),
            Login.state.in_(("code", "second_factor")),
            Login.expires_at > work.now,
        )
    ).scalar_one_or_none()
    if row is None:
        raise SignInOver
    return row


def _spend_try(work: Work, row: Login) -> None:
    """Count one guess. The row stays locked until the end, so parallel guesses queue up here and
    each is counted before it is looked at."""
    spent = work.session.execute(
        update(Login)
        .where(
            Login.id == row.id,
            Login.state == "code",
            Login.tries < CODE_TRIES,
            Login.code_expires_at > work.now,
        )
        .values(tries=Login.tries + 1)
        .returning(Login.tries)
        .execution_options(synchronize_session=False)
    ).scalar()
    if spent is None:
        raise SignInOver
    work.session.refresh(row)


def _spend_second_try(work: Work, row: Login) -> None:
    spent = work.session.execute(
        update(Login)
        .where(Login.id == row.id, Login.state == "second_factor", Login.second_tries < CODE_TRIES)
        .values(second_tries=Login.second_tries + 1)
        .returning(Login.second_tries)
        .execution_options(synchronize_session=False)
    ).scalar()
    if spent is None:
        raise SignInOver
    work.session.refresh(row)


def _count_wrong(work: Work, row: Login, tries: int) -> None:
    left = CODE_TRIES - tries
    if left <= 0:
        row.state = "over"
        row.address_sealed = None
    audit.record(work, "identity.code_wrong", ids.show("login", row.id), tries_left=left)
    raise CodeWrong(keep=True, extra={"tries_left": left})


def _address(keyring: KeyRing, row: Login) -> Address:
    channel = _kind_of(row)
    assert row.address_sealed is not None  # erased only when the state leaves "code"
    return Address(channel, keyring.open(_LOGIN, row.address_sealed, row.id.bytes).decode())


def _kind_of(row: Login) -> Channel:
    """What kind of address a code went to, however it travelled."""
    return "email" if row.channel == "email" else "sms"


def method(channel: str) -> str:
    """RFC 8176 has words for a message and for a call; e-mail goes by ``otp``."""
    return {"sms": "sms", "voice": "tel"}.get(channel, "otp")


def _code_hmac(keyring: KeyRing, login: bytes, code: str) -> bytes:
    return keyring.blind(_CODE, login + code.encode())
