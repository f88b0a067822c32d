"""Argon2id (RFC 9106). The only importer of argon2, and the only place that spends its memory.

The parameters are the second recommended option of RFC 9106, section 4: three passes over 64 MiB in
four lanes, 128 bits of salt, 256 of tag; about four times the least that OWASP's password storage
sheet asks for. At most two are computed at once in a process, so that a flood of sign-ins costs two
times 64 MiB and then waits, two seconds at most, before it is told to come again.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import TYPE_CHECKING

from hub.kernel.errors import Unavailable

if TYPE_CHECKING:
    from argon2 import PasswordHasher

PASSES, MEMORY_KIB, LANES = 3, 64 * 1024, 4
SALT_BYTES, TAG_BYTES = 16, 32
AT_ONCE = 2
WAITS_SECONDS = 2.0

_turns = BoundedSemaphore(AT_ONCE)
# Made once with the parameters above, for a password that nobody has: checking it takes as long as
# checking a person's own.
DUMMY = (
    "$argon2id$v=19$m=65536,t=3,p=4$tKO/wrYRUdaa+XXZ4SJCJQ"
    "$xiWrg7jVrfS+OgRjEzVvCKkhIgd2jZ9GP90DV4P2KNo"
)


class SigningInIsBusy(Unavailable):
    """So many people sign in by password at this moment that yours was not looked at. Send the same
    request again after ``Retry-After`` seconds; signing in by code or passkey does not wait."""

    title = "Many people are signing in just now"


def compute(password: str) -> str:
    """The encoded hash of a normalised password, with a fresh salt. Refuses with SigningInIsBusy.

    Takes a tenth of a second: call it while no transaction is open.
    """
    with _turn():
        return _hasher().hash(password)


def fits(encoded: str, password: str) -> bool:
    """Whether a normalised password made this encoded hash, in constant time. Refuses with
    SigningInIsBusy; call it while no transaction is open."""
    from argon2.exceptions import InvalidHashError, VerificationError

    with _turn():
        try:
            return _hasher().verify(encoded, password)
        except (VerificationError, InvalidHashError):
            return False


@contextmanager
def _turn() -> Iterator[None]:
    if not _turns.acquire(timeout=WAITS_SECONDS):
        raise SigningInIsBusy(retry_after=2)
    try:
        yield
    finally:
        _turns.release()


def _hasher() -> "PasswordHasher":
    from argon2 import PasswordHasher, Type

    return PasswordHasher(
        time_cost=PASSES,
        memory_cost=MEMORY_KIB,
        parallelism=LANES,
        hash_len=TAG_BYTES,
        salt_len=SALT_BYTES,
        type=Type.ID,
    )
