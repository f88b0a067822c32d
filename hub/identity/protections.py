"""What an account is protected with, and whether a sign-in is good enough to change that."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, select, text
from sqlalchemy.orm import Session as OrmSession

from hub.kernel import ids
from hub.kernel.work import Reading, Work

from .errors import StrongerSignInNeeded
from .model import Session
from .rules import LOA_CODE, LOA_STRONG, RECENT, may_change_credentials

_FOUND = text(
    """
    SELECT (SELECT set_at FROM identity_password WHERE person_id = :person) AS password_set_at,
           EXISTS (SELECT FROM identity_authenticator
                   WHERE person_id = :person AND confirmed_at IS NOT NULL) AS authenticator,
           (SELECT count(*) FROM identity_recovery_code
            WHERE person_id = :person AND used_at IS NULL) AS recovery_codes,
           (SELECT count(*) FROM identity_passkey WHERE person_id = :person) AS passkeys
    """
)


@dataclass(frozen=True)
class Protections:
    """What stands before an account besides a code by message; ``recovery_codes`` are unused."""

    password_set_at: datetime | None
    authenticator: bool
    recovery_codes: int
    passkeys: int

    @property
    def password(self) -> bool:
        return self.password_set_at is not None

    @property
    def second_step(self) -> bool:
        """Whether a code or a password alone does not open the account."""
        return self.authenticator or self.passkeys > 0

    @property
    def second_steps(self) -> tuple[str, ...]:
        """What finishes a sign-in that began with a code or a password."""
        steps = {
            "authenticator": self.authenticator,
            "recovery_code": self.recovery_codes > 0,
            "passkey": self.passkeys > 0,
        }
        return tuple(step for step, there in steps.items() if there)

    @property
    def strong(self) -> bool:
        """Whether its person can show two kinds of factor."""
        return self.passkeys > 0 or (self.password and self.authenticator)

    @property
    def ways(self) -> tuple[str, ...]:
        """What is asked of somebody who wants to change how they sign in."""
        if self.strong:
            ways = {
                "passkey": self.passkeys > 0,
                "password_and_second_factor": self.password
                and (self.authenticator or self.recovery_codes > 0),
            }
            return tuple(way for way, there in ways.items() if there)
        if self.authenticator:
            return ("code_and_second_factor",)
        return ("code", "password") if self.password else ("code",)


def of(within: OrmSession | Connection, person_id: UUID) -> Protections:
    """The protections of a person's account."""
    row = within.execute(_FOUND, {"person": person_id}).one()
    return Protections(row.password_set_at, row.authenticator, row.recovery_codes, row.passkeys)


def mine(reading: Reading) -> Protections:
    """Those of the acting person."""
    return of(reading.connection, ids.read("person", reading.actor.id))


def mine_at(work: Work) -> Protections:
    """Those of the acting person, within a transaction."""
    return of(work.session, ids.read("person", work.actor.id))


def demand(work: Work) -> Protections:
    """Let the acting session change how its person signs in, or refuse with StrongerSignInNeeded:
    its sign-in must be ten minutes old at most, as strong as the account can ask for, and not ended
    meanwhile, which another process may not have heard yet."""
    found = of(work.session, ids.read("person", work.actor.id))
    _demand(found, _shown(work.session, work.actor.session), work.now)
    return found


def demand_to_read(reading: Reading) -> Protections:
    """The same for a page that shows the form of such a change."""
    found = mine(reading)
    _demand(found, _shown(reading.connection, reading.actor.session), reading.now)
    return found


Sign = tuple[str, list[str], datetime]


def _shown(within: OrmSession | Connection, session: str | None) -> Sign | None:
    if session is None:
        return None
    row = within.execute(
        select(Session.acr, Session.amr, Session.auth_time).where(
            Session.id == ids.read("session", session), Session.revoked_at.is_(None)
        )
    ).one_or_none()
    return None if row is None else (row.acr, row.amr, row.auth_time)


def _demand(found: Protections, shown: Sign | None, now: datetime) -> None:
    if shown is not None:
        acr, amr, auth_time = shown
        enough = may_change_credentials(
            acr, amr, second_factor=found.second_step, strong=found.strong
        )
        if enough and now - auth_time <= RECENT:
            return
    refusal = StrongerSignInNeeded(acr=LOA_STRONG if found.strong else LOA_CODE, max_age=RECENT)
    refusal.extra["ways"] = list(found.ways)
    raise refusal
