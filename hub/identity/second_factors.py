"""The second step of a sign-in: a code of the authenticator app, or one from the paper."""

from uuid import UUID

from hub.kernel.work import Work
from hub.keys import KeyRing

from . import authenticator, recovery_codes
from .errors import CodeWrong
from .rules import is_code


def check(work: Work, keyring: KeyRing, person_id: UUID, code: str) -> None:
    """Accept one code, once; CodeWrong, remembered, for whatever is not good."""
    if recovery_codes.read(code) is not None:
        recovery_codes.use(work, keyring, person_id, code)
    elif is_code(code) and authenticator.in_use(work, person_id):
        authenticator.check(work, keyring, person_id, code)
    else:
        raise CodeWrong(keep=True)
