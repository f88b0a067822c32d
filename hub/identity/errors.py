"""What identity says no to."""

from datetime import timedelta
from typing import Any

from hub.kernel.errors import Conflict, Forbidden, Invalid, NotFound, TooMany, Unauthorized


class SignInOver(Conflict):
    """This sign-in takes no more codes: it is older than its code's five minutes, five codes were
    wrong, it is finished already, or it never was one. Ask for a new code at
    ``/v1/sign-in/codes``."""

    title = "This sign-in is over"


class CodeWrong(Forbidden):
    """That is not the code. ``tries_left`` says how often you may still try with this sign-in;
    after that, ask for a new code."""

    title = "The code is not right"


class SecondFactorNeeded(Forbidden):
    """The code or password was right, and this person protects their account with more: ``ways``
    says with what. For ``authenticator`` or ``recovery_code`` ask them for it and send it with the
    same ``login`` to ``/v1/sign-in/second-factors``; for ``passkey`` let them show it, beginning
    at ``/v1/sign-in/passkeys/challenges``."""

    title = "One more step is needed"


class RefreshTokenRefused(Unauthorized):
    """This refresh token is not good: unknown, expired, or of a session that was ended. Delete it
    and sign in again."""

    title = "Please sign in again"


class RefreshTokenReplayed(Unauthorized):
    """This refresh token was used before. Two holders of one token mean that somebody copied it, so
    we ended the session for both. Delete your tokens and sign in again. Store each new refresh
    token before you use it, and never use one from two places at once."""

    title = "For your safety this session was ended"


class AuthenticatorInUse(Conflict):
    """An authenticator app is set up for this account already. Remove it first, with a code of its
    own, if you want to set up another."""

    title = "An authenticator app is set up already"


class NoAuthenticator(NotFound):
    """No authenticator app is set up, or its set-up was not begun. Begin at
    ``/v1/me/authenticators``."""

    title = "No authenticator app"


class AskedTooOften(TooMany):
    """Codes and tries are limited: per telephone number or e-mail address, per network address that
    asks, and for the whole city. Wait as many seconds as ``Retry-After`` says."""

    title = "Please wait before you try again"


class PersonGone(Unauthorized):
    """The account behind this token was closed. Delete your tokens; signing in again opens a new
    account."""

    title = "This account is closed"


class NumberNotUsedLately(Forbidden):
    """The code was right, but nobody signed in with this number for more than 45 days, and numbers
    are given to new holders: a code alone does not open the account behind it. ``ways`` says what
    does: ``password`` (``/v1/sign-in/passwords``), ``other_address`` (a code to the person's
    e-mail), ``recovery`` (``/v1/recoveries``, after 72 hours). Whoever is new to the number begins
    with ``new_account``, at ``/v1/sign-in/new-accounts``; the last two with the same ``login``. A
    kiosk is told no ``ways``: let the person sign in with the hub's app or pages first."""

    title = "This number has not been used here for long"


class RecoveryUnderWay(Conflict):
    """Somebody asked for this account, or this number, already, and the waiting time runs. Whoever
    did it goes on at ``/v1/recoveries/completions``; the person themself can stop it by the link
    that was sent to them, and ask again."""

    title = "A recovery is under way already"


class RecoveryWaits(Conflict):
    """The waiting time is not over: come back after ``due_at``. Until then the account's person can
    stop it."""

    title = "The waiting time is not over yet"


class RecoveryNotThere(NotFound):
    """No recovery waits under this secret or link: it was stopped, is done, lapsed seven days after
    it was due, or its address leads to that account no more. Sign in and ask again at
    ``/v1/recoveries``."""

    title = "No recovery is waiting"


class PasswordWrong(Forbidden):
    """There is no such account, it has no password, or this is not the password: we do not say
    which. Let the person try again, or sign in by a code at ``/v1/sign-in/codes``."""

    title = "The address or the password is not right"


class PasswordNotTaken(Invalid):
    """This password is too easy to guess, or too long; ``errors`` says why. There are no rules of
    composition: a long sentence is best. Eight characters are enough beside a second factor,
    fifteen without."""

    title = "This password is not safe enough"


class PasswordTooShortAlone(Conflict):
    """The password of this account is short, which is fine only beside a second factor. Set one of
    fifteen characters or more, or remove the password, before you turn the second factor off."""

    title = "The password is too short to stand alone"


class NoPassword(NotFound):
    """This account has no password. Set one with ``PUT /v1/me/password``."""

    title = "There is no password"


class PasskeyRefused(Forbidden):
    """This passkey does not let anybody in: it is unknown here, was made for another site, answered
    another challenge, did not check its user, or its counter stood still. Begin again at
    ``/v1/sign-in/passkeys/challenges``, or let the person sign in another way."""

    title = "This passkey was not accepted"


class PasskeyKnown(Conflict):
    """This passkey is kept here already. Offer the person the ones listed at
    ``/v1/me/passkeys``."""

    title = "This passkey is here already"


class TooManyPasskeys(Conflict):
    """Twenty passkeys are enough for one person. Remove one that is no longer used."""

    title = "There are twenty passkeys already"


class LastWayIn(Conflict):
    """This passkey is the only way into the account: it has no telephone number and no e-mail
    address. Add another passkey before you remove this one."""

    title = "This is the only way into the account"


class NoAddress(Conflict):
    """This account has no telephone number and no e-mail address that a code could go to. Let the
    person show themselves by passkey."""

    title = "There is no address to send a code to"


class NothingToRecover(Conflict):
    """Recovery codes stand in for a second factor, and this account has none. Set up an
    authenticator app or a passkey first."""

    title = "Recovery codes need a second factor"


class ProofTooWeak(Forbidden):
    """What was sent is right, but it shows less than this session has shown already, so nothing was
    changed. Send what the account is protected with: password and authenticator code, or the
    passkey."""

    title = "This does not show enough"


class StrongerSignInNeeded(Unauthorized):
    """Your token is good, but this needs a surer or a more recent sign-in (RFC 9470): see
    ``acr_values`` and ``max_age`` (seconds) in the answer and in ``WWW-Authenticate``. Let the
    person show who they are at ``/v1/sign-in/step-up`` and repeat the request with the access
    token of its answer."""

    title = "Please show once more that it is you"

    def __init__(
        self, *, acr: str | None = None, max_age: timedelta | None = None, **more: Any
    ) -> None:
        asked = [
            *([f'acr_values="{acr}"'] if acr else []),
            *([f'max_age="{int(max_age.total_seconds())}"'] if max_age is not None else []),
        ]
        challenge = ", ".join(
            ('Bearer realm="hub"', 'error="insufficient_user_authentication"', *asked)
        )
        extra: dict[str, Any] = {}
        if acr:
            extra["acr_values"] = acr
        if max_age is not None:
            extra["max_age"] = int(max_age.total_seconds())
        super().__init__(headers={"WWW-Authenticate": challenge}, extra=extra, **more)


class ScopeBeyondGrant(Forbidden):
    """The refresh token stands for fewer scopes than you ask for. Ask for scopes that were granted,
    or have the person grant more at the authorization endpoint."""

    title = "More than was allowed"
