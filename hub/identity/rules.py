"""The decisions of sign-in, as plain functions: values in, a decision out, no session and no clock.

Sources: NIST SP 800-63B-4 (out-of-band codes, rate limits), RFC 9700 section 4.14 (refresh tokens),
RFC 6238 (TOTP). The numbers are this city's choice and stand here once.
"""

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

CODE_DIGITS = 6
CODE_LIVES = timedelta(minutes=5)
CODE_TRIES = 5
LOGIN_LIVES = timedelta(minutes=15)

ACCESS_LIVES = timedelta(minutes=10)
REFRESH_IDLE = timedelta(days=30)
SESSION_LIVES = timedelta(days=90)
GRANT_LIVES = timedelta(days=90)
REFRESH_GRACE = timedelta(seconds=10)

TOTP_STEP = timedelta(seconds=30)
TOTP_DRIFT = 1

LOA_CODE = "urn:city:loa:1"
LOA_STRONG = "urn:city:loa:2"
LOA_VERIFIED = "urn:city:loa:3"
LEVELS = (LOA_CODE, LOA_STRONG, LOA_VERIFIED)

RECENT = timedelta(minutes=10)
"""How long ago somebody may have shown who they are who now changes how they sign in."""

RECOVERY_CODES = 10
RECOVERY_WAITS = timedelta(hours=72)
RECOVERY_LAPSES = timedelta(days=7)
NUMBER_RESTS = timedelta(days=45)
"""How soon a telephone number that lies idle may belong to somebody else: the shortest rest that
the rules of North America allow (47 CFR 52.15(f)(1)(ii): 45 to 90 days)."""
PASSKEYS = 20


@dataclass(frozen=True)
class Limit:
    """A token bucket: ``capacity`` at once, and again one after each ``every``."""

    name: str
    capacity: int
    every: timedelta


RESEND = Limit("code.again", capacity=1, every=timedelta(seconds=60))
CODES_PER_ADDRESS = Limit("code.address", capacity=6, every=timedelta(minutes=15))
# A whole quarter may share one address of its telephone company, hence so many; what bounds a
# guesser behind one is the limit on wrong codes.
CODES_PER_CLIENT = Limit("code.client", capacity=120, every=timedelta(seconds=10))
CODES_IN_TOTAL = Limit("code.total", capacity=600, every=timedelta(milliseconds=100))
WRONG_PER_CLIENT = Limit("wrong.client", capacity=40, every=timedelta(seconds=60))
REAL_NAMES_PER_PERSON = Limit("real_name.person", capacity=5, every=timedelta(hours=12))
REAL_NAMES_PER_DOCUMENT = Limit("real_name.document", capacity=20, every=timedelta(hours=1))
WRONG_INVITATIONS = Limit("wrong.invitation", capacity=10, every=timedelta(minutes=3))
WRONG_PER_PERSON = Limit("wrong.person", capacity=10, every=timedelta(minutes=3))
# An attacker can keep this one empty; its owner still signs in by code or passkey.
PASSWORDS_PER_ADDRESS = Limit("password.address", capacity=10, every=timedelta(minutes=3))
CEREMONIES_PER_CLIENT = Limit("passkey.client", capacity=120, every=timedelta(seconds=5))
CEREMONIES_IN_TOTAL = Limit("passkey.total", capacity=600, every=timedelta(milliseconds=50))
RECOVERIES_PER_PERSON = Limit("recovery.person", capacity=3, every=timedelta(days=1))
JOINS_PER_CLIENT = Limit("join.client", capacity=20, every=timedelta(minutes=3))
JOINS_IN_TOTAL = Limit("join.total", capacity=300, every=timedelta(seconds=1))
PASSWORDS_IN_TOTAL = Limit("password.total", capacity=300, every=timedelta(milliseconds=200))


def stated_level(signed_in: str, *, verified: bool) -> str:
    """The level that a token states. ``loa:3`` follows and is never stored: a strong sign-in
    (``loa:2``) of somebody whose real name is verified at that moment. So it comes with the first
    sign-in or refresh after the register has confirmed, and goes with the first after a
    withdrawal; a one-time code alone stays ``loa:1``, whoever the person is."""
    return LOA_VERIFIED if verified and signed_in == LOA_STRONG else signed_in


def new_code() -> str:
    """Six decimal digits, each value equally likely, from the system's random source."""
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"


def new_secret() -> str:
    """A 256-bit secret in 43 letters of base64url: refresh tokens and login secrets."""
    return secrets.token_urlsafe(32)


def hash_of(secret: str) -> bytes:
    """What is kept of such a secret, and found by: SHA-256 is enough for 256 random bits."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def is_code(text: str) -> bool:
    """Six ASCII digits. ``str.isdigit`` alone would let other scripts' digits through."""
    return len(text) == CODE_DIGITS and text.isascii() and text.isdigit()


Rotation = Literal["rotate", "repeat", "reuse", "expired"]


def judge_refresh(
    now: datetime,
    *,
    expires_at: datetime,
    used_at: datetime | None,
    successor_used: bool,
) -> Rotation:
    """What a presented refresh token deserves.

    ``rotate``: it is fresh, give a successor. ``repeat``: the answer was probably lost on the way,
    give the same successor once more; only within ten seconds and only while nobody used that
    successor. ``reuse``: two holders exist, one of them a thief; end the whole family.
    """
    if used_at is None:
        return "rotate" if now < expires_at else "expired"
    if not successor_used and now - used_at <= REFRESH_GRACE:
        return "repeat"
    return "reuse"


def refresh_expiry(now: datetime, family_expires_at: datetime) -> datetime:
    """Thirty idle days, and never past the end of the session or grant."""
    return min(now + REFRESH_IDLE, family_expires_at)


def totp_steps(now: datetime) -> range:
    """The RFC 6238 time steps that count as now: one earlier and one later for slow clocks."""
    step = int(now.timestamp() // TOTP_STEP.total_seconds())
    return range(step - TOTP_DRIFT, step + TOTP_DRIFT + 1)


def holder_may_have_changed(
    now: datetime, *, telephone: bool, last_shown_at: datetime, known_device: bool
) -> bool:
    """Whether a code at a telephone number may have been read by somebody else than the person
    whose number it was: nobody signed in with it for 45 days, and this device is new too."""
    return telephone and not known_device and now - last_shown_at > NUMBER_RESTS


def reaches(acr: str, wanted: str) -> bool:
    """Whether one level of assurance is as high as another; an unknown one is below all."""
    return acr in LEVELS and LEVELS.index(acr) >= LEVELS.index(wanted)


def assurance(methods: Collection[str]) -> str:
    """The level that these proofs make, in RFC 8176's words.

    Two *kinds* of factor make ``loa:2``: a password (known) with an authenticator's code (held), or
    a passkey that checked its user. A code by message is restricted (NIST SP 800-63B-4, 3.1.3.3)
    and lifts nothing.
    """
    known_and_held = {"pwd", "otp", "mfa"} <= set(methods)
    passkey = "user" in methods and bool({"hwk", "swk"} & set(methods))
    return LOA_STRONG if known_and_held or passkey else LOA_CODE


def may_change_credentials(
    acr: str, amr: Collection[str], *, second_factor: bool, strong: bool
) -> bool:
    """Whether a sign-in is as strong as this person's account can ask for: who holds a passkey, or
    password and app, shows them before changing them; who has an app has used it."""
    if strong:
        return reaches(acr, LOA_STRONG)
    return not second_factor or len(amr) > 1
