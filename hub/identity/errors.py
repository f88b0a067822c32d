"""What identity says no to."""

from hub.kernel.errors import Conflict, Forbidden, NotFound, TooMany, Unauthorized


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
    """The code was right, and this person protects their account with an authenticator app as well.
    Ask them for its six digits and send those with the same ``login`` to
    ``/v1/sign-in/second-factors``."""

    title = "One more step: the code of your authenticator app"


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
