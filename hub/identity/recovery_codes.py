"""Recovery codes: ten on paper, each good once instead of the authenticator app.

Look-up secrets of NIST SP 800-63B-4, 3.1.2: ten characters of Crockford's base32, fifty random bits
each, kept as an HMAC. New ones make the old ones worthless.
"""

import re
import secrets
from uuid import UUID

from sqlalchemy import delete, update

from hub import audit
from hub.kernel import ids
from hub.kernel.work import Work
from hub.keys import KeyRing

from . import limits, people, protections
from .credential_model import RecoveryCode
from .errors import CodeWrong, NothingToRecover
from .events import CredentialChanged
from .rules import RECOVERY_CODES, WRONG_PER_PERSON

LENGTH = 10
_PURPOSE = "identity.recovery_code"
_FORM = re.compile(f"[{ids.ALPHABET}]{{{LENGTH}}}")
_MISREAD = str.maketrans("oil", "011")


def renew(work: Work, keyring: KeyRing) -> list[str]:
    """Ten fresh codes for the acting person, shown this once; earlier ones are void.

    Refuses with StrongerSignInNeeded, and with NothingToRecover without a second factor.
    """
    if not protections.demand(work).second_step:
        raise NothingToRecover
    person_id = ids.read("person", work.actor.id)
    # Two renewals at once queue up here: the later one's codes count, all of them.
    people.changed(work, person_id)
    forget(work, person_id)
    codes = [_fresh() for _ in range(RECOVERY_CODES)]
    for code in codes:
        work.session.add(
            RecoveryCode(
                id=ids.new_id(),
                person_id=person_id,
                code_hmac=_hmac(keyring, person_id, code),
                created_at=work.now,
            )
        )
    audit.record(work, "identity.recovery_codes_renewed", work.actor.id)
    work.emit(CredentialChanged(person_id=person_id, what="recovery_codes"))
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def use(work: Work, keyring: KeyRing, person_id: UUID, typed: str) -> None:
    """Accept one code of this person, once; a wrong or used one is CodeWrong, remembered. Counts
    into the same limit as the authenticator's codes."""
    limits.take(work, keyring, WRONG_PER_PERSON, person_id.bytes)
    won = work.session.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.person_id == person_id,
            RecoveryCode.code_hmac == _hmac(keyring, person_id, read(typed) or ""),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=work.now)
        .returning(RecoveryCode.id)
        .execution_options(synchronize_session=False)
    ).scalar()
    if won is None:
        raise CodeWrong(keep=True)
    limits.give_back(work, keyring, WRONG_PER_PERSON, person_id.bytes)
    audit.record(work, "identity.recovery_code_used", ids.show("person", person_id))
    work.emit(CredentialChanged(person_id=person_id, what="recovery_code_used"))


def read(typed: str) -> str | None:
    """A code as people write it: capitals, dashes, ``O`` for zero. None for what is none."""
    plain = re.sub(r"[\s\-\u2010-\u2015]", "", typed.lower()).translate(_MISREAD)
    return plain if _FORM.fullmatch(plain) else None


def forget(work: Work, person_id: UUID) -> None:
    """Delete a person's codes, used and unused."""
    work.session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person_id))


def _fresh() -> str:
    return "".join(secrets.choice(ids.ALPHABET) for _ in range(LENGTH))


def _hmac(keyring: KeyRing, person_id: UUID, code: str) -> bytes:
    return keyring.blind(_PURPOSE, person_id.bytes + code.encode())
