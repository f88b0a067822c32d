"""Getting back in, and starting anew: what takes a waiting time and can be stopped by a link.

A code by message proves a telephone number, not a person. Where that is not enough, whoever holds
the number may ask for one of two things. ``open_recovery``: after 72 hours, and with a fresh code,
the old account opens without its second factor, password and passkeys. ``new_account``: an account
of their own at once; the number goes over to it after 72 hours. Either is told to every address of
the old account with a link that stops it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Any, Literal, cast
from uuid import UUID

from sqlalchemy import delete, select, update

from hub import audit
from hub.kernel import ids
from hub.kernel.db import refuse_on
from hub.kernel.errors import NotFound
from hub.kernel.work import Reading, Work
from hub.keys import KeyRing

from . import handing_over, limits, notices, people, protections, seen_devices, sessions, signing_in
from .credential_model import Passkey, Password
from .ending import end_all_grants_of
from .errors import RecoveryNotThere, RecoveryUnderWay, RecoveryWaits
from .events import RecoveryOpened
from .model import Authenticator, Login
from .recovery_codes import forget as forget_recovery_codes
from .recovery_model import Recovery
from .refreshing import Tokens
from .rules import (
    JOINS_IN_TOTAL,
    JOINS_PER_CLIENT,
    RECOVERIES_PER_PERSON,
    RECOVERY_LAPSES,
    RECOVERY_WAITS,
    assurance,
    hash_of,
    new_secret,
)
from .tokens import Issuer

PREFIX = "recovery_"
_CANCEL = "identity.recovery_cancel"

refuse_on("uq_identity_recovery_account_waiting", RecoveryUnderWay)
refuse_on("uq_identity_recovery_address_waiting", RecoveryUnderWay)


@dataclass(frozen=True)
class Opened:
    """A recovery that waits. ``recovery`` is a secret of whoever asked, for when it is due."""

    recovery: str
    due_at: datetime
    lapses_at: datetime


def open_recovery(work: Work, keyring: KeyRing, *, login: str) -> Opened:
    """Ask to be let back into the account behind a number or mailbox, whose code was entered.

    Refuses with SignInOver, AskedTooOften and RecoveryUnderWay.
    """
    row = signing_in.proven(work, login)
    person_id = cast(UUID, row.person_id)
    limits.take(work, keyring, RECOVERIES_PER_PERSON, person_id.bytes)
    secret = new_secret()
    recovery = _recovery(work, row, "account", hash_of(secret))
    row.state = "done"
    return Opened(PREFIX + secret, recovery.due_at, recovery.due_at + RECOVERY_LAPSES)


def complete(
    work: Work,
    keyring: KeyRing,
    issuer: Issuer,
    *,
    recovery: str,
    login: str,
    code: str,
    device_name: str | None,
    device: str | None = None,
    client: str,
) -> Tokens:
    """Be let back in: the waiting time is over, nobody said no, and a fresh code was entered.

    The account loses second factor, passkeys and password, and every session ends. Refuses with
    RecoveryNotThere, RecoveryWaits, and as ``enter_code``.
    """
    found = work.session.execute(
        select(Recovery).where(
            Recovery.secret_hash == hash_of(recovery.removeprefix(PREFIX)),
            Recovery.kind == "account",
            Recovery.state == "waiting",
            Recovery.due_at > work.now - RECOVERY_LAPSES,
        )
    ).scalar_one_or_none()
    if found is None:
        raise RecoveryNotThere
    if work.now < found.due_at:
        raise RecoveryWaits(extra={"due_at": written(found.due_at)})
    row = signing_in.entered(
        work, keyring, login=login, code=code, client=client, index=found.address_index
    )
    handing_over.settle(work, keyring, found.address_index)
    # By now the number may be somebody else's, or the account closed.
    still_theirs = people.owner(work, found.channel, found.address_index) == found.person_id
    if not (still_theirs and _close(work, "done", Recovery.id == found.id)):
        raise RecoveryNotThere
    _open_up(work, found.person_id)
    people.used(work, row.address_index)
    audit.record(work, "identity.recovered", ids.show("person", found.person_id))
    methods = [signing_in.method(row.channel)]
    return sessions.start(
        work,
        issuer,
        person_id=found.person_id,
        acr=assurance(methods),
        amr=methods,
        device_name=device_name,
        device=device,
    )


def new_account(
    work: Work,
    keyring: KeyRing,
    issuer: Issuer,
    *,
    login: str,
    device_name: str | None,
    device: str | None = None,
    client: str,
) -> Tokens:
    """An account of their own for whoever holds a number that another account still has. Asked
    again before the number has gone over, it is the same account.

    Refuses with SignInOver (also for e-mail: mailboxes are not given to strangers), AskedTooOften.
    """
    row = signing_in.proven(work, login, telephone=True)
    person_id = handing_over.claimant(work, row.address_index)
    if person_id is None:
        limits.take(work, keyring, JOINS_PER_CLIENT, limits.network_of(client))
        limits.take(work, keyring, JOINS_IN_TOTAL, b"")
        limits.take(work, keyring, RECOVERIES_PER_PERSON, cast(UUID, row.person_id).bytes)
        person_id = ids.new_id()
        people.join_without_address(work, person_id, language=row.language)
        _recovery(work, row, "address", hash_of(new_secret()), claimant_id=person_id)
    found = protections.of(work.session, person_id)
    row.state = "done"
    if found.second_step:
        raise signing_in.second_step(
            work, person_id, shown=row.shown, ways=found.second_steps, language=row.language
        )
    return sessions.start(
        work,
        issuer,
        person_id=person_id,
        acr=assurance(row.shown),
        amr=row.shown,
        device_name=device_name,
        device=device,
    )


def cancel(work: Work, keyring: KeyRing, token: str) -> None:
    """Stop what waits, by the link that was sent. RecoveryNotThere when nothing waits any more."""
    shown, _, proof = token.partition(".")
    try:
        recovery_id = ids.read("recovery", shown)
    except NotFound:
        raise RecoveryNotThere from None
    expected = _proof(keyring, recovery_id).encode()
    if not compare_digest(expected, proof.encode("utf-8", "surrogatepass")):
        raise RecoveryNotThere
    _cancelled(work, Recovery.id == recovery_id)


def cancel_mine(work: Work, recovery_id: UUID) -> None:
    """Stop what waits for the acting person's account."""
    mine = Recovery.person_id == ids.read("person", work.actor.id)
    _cancelled(work, Recovery.id == recovery_id, mine)


def waiting(reading: Reading) -> Sequence[Any]:
    """What waits for the acting person's account, oldest first."""
    return reading.connection.execute(
        select(Recovery.id, Recovery.kind, Recovery.opened_at, Recovery.due_at)
        .where(
            Recovery.person_id == ids.read("person", reading.actor.id),
            Recovery.state == "waiting",
            Recovery.due_at > reading.now - RECOVERY_LAPSES,
        )
        .order_by(Recovery.id)
    ).all()


def tell(work: Work, keyring: KeyRing, event: RecoveryOpened) -> None:
    """Send the notice and its link to every address of the old account, this number included: who
    lost it only for an hour reads it there."""
    found = work.session.get(Recovery, event.recovery_id)
    if found is None or found.state != "waiting":
        return
    shown = ids.show("recovery", found.id)
    values = {
        "token": f"{shown}.{_proof(keyring, found.id)}",
        "due_at": found.due_at.isoformat(),
    }
    kind: notices.NoticeKind = "recovery_opened" if found.kind == "account" else "address_claimed"
    notices.tell(work, keyring, found.person_id, kind, values, about=shown)


def forget_old(work: Work, keyring: KeyRing) -> None:
    """Hand over what is due, and delete what is over for thirty days."""
    handing_over.settle(work, keyring)
    long_ago = work.now - timedelta(days=30)
    work.session.execute(delete(Recovery).where(Recovery.due_at < long_ago))


def written(when: datetime) -> str:
    """A moment as the API writes it."""
    return when.isoformat().replace("+00:00", "Z")


def _recovery(
    work: Work,
    row: Login,
    kind: Literal["account", "address"],
    secret_hash: bytes,
    claimant_id: UUID | None = None,
) -> Recovery:
    person_id = cast(UUID, row.person_id)
    recovery = Recovery(
        id=ids.new_id(),
        kind=kind,
        person_id=person_id,
        claimant_id=claimant_id,
        channel="sms" if row.channel == "voice" else row.channel,
        address_index=row.address_index,
        secret_hash=secret_hash,
        opened_at=work.now,
        due_at=work.now + RECOVERY_WAITS,
    )
    # One that nobody came back for must not stand in the way for good.
    _close(
        work,
        "cancelled",
        Recovery.person_id == person_id,
        Recovery.due_at <= work.now - RECOVERY_LAPSES,
    )
    work.session.add(recovery)
    work.session.flush()
    work.emit(RecoveryOpened(person_id=person_id, recovery_id=recovery.id))
    audit.record(work, "identity.recovery_opened", ids.show("recovery", recovery.id), kind=kind)
    return recovery


def _open_up(work: Work, person_id: UUID) -> None:
    for table in (Authenticator, Password, Passkey):
        work.session.execute(delete(table).where(table.person_id == person_id))
    forget_recovery_codes(work, person_id)
    seen_devices.forget(work, person_id)
    sessions.end_all_of(work, person_id, because="recovered")
    end_all_grants_of(work, person_id, because="recovered")
    people.changed(work, person_id)


def _cancelled(work: Work, *which: Any) -> None:
    ended = _close(work, "cancelled", *which)
    if not ended:
        raise RecoveryNotThere
    for recovery_id in ended:
        audit.record(work, "identity.recovery_cancelled", ids.show("recovery", recovery_id))


def _close(work: Work, state: str, *which: Any) -> Sequence[UUID]:
    return work.session.scalars(
        update(Recovery)
        .where(Recovery.state == "waiting", *which)
        .values(state=state, closed_at=work.now)
        .returning(Recovery.id)
        .execution_options(synchronize_session=False)
    ).all()


def _proof(keyring: KeyRing, recovery_id: UUID) -> str:
    return keyring.blind(_CANCEL, recovery_id.bytes)[:16].hex()
