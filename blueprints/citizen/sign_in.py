"""Signing in and out: a one-time code, perhaps a second factor, tokens and their renewal."""

from typing import Any

from flask import Response

from hub import identity
from hub.kernel import ids
from hub.kernel.errors import Invalid
from hub.kernel.work import Work
from hub.web import (
    Blueprint,
    client_address,
    forget_cookies,
    issuer,
    parts,
    principal_of,
    public,
    refuses,
    requires,
    transaction,
)
from hub.web.languages import current_language

from .guard import signing_in
from .schemas import CodeAsked, CodeEntry, CodeRequest, RefreshRequest, SecondFactorEntry, Tokens
from .sending import offered


class ChannelNotOffered(Invalid):
    """This city sends no codes by this channel. Offer the person the other one."""

    title = "Codes are not sent this way here"


bp = Blueprint("sign_in", __name__, description="Signing in and out")


@bp.after_request
def never_stored(response: Response) -> Response:
    """Codes and tokens stay in no cache (RFC 6749, 5.1)."""
    response.cache_control.no_store = True
    return response


@bp.post("/v1/sign-in/codes")
@signing_in
@transaction(once=True)
@bp.arguments(CodeRequest)
@bp.response(202, CodeAsked)
def ask_for_code(work: Work, asked: dict[str, Any]) -> identity.CodeAsked:
    """Send a one-time code to a telephone or an e-mail address, or have it read out in a call.

    The answer is the same whether or not the address has an account; one is opened when its first
    code is entered. The code works for five minutes, five tries, and only with this `login`.
    """
    settings = parts().settings
    if asked["channel"] not in offered(settings):
        raise ChannelNotOffered
    closed = frozenset(settings.sms_closed_regions)
    address = identity.parse(asked["channel"], asked["address"], closed_regions=closed)
    return identity.ask_for_code(
        work,
        parts().keyring,
        address,
        client=client_address(),
        language=current_language(),
        by=asked["channel"],
    )


@bp.post("/v1/sign-in/tokens")
@signing_in
@transaction(once=True)
@refuses(403)
@bp.arguments(CodeEntry)
@bp.response(200, Tokens)
def enter_code(work: Work, entry: dict[str, Any]) -> dict[str, Any]:
    """Exchange the code that was sent for tokens.

    When the person has an authenticator app the answer is 403 `second-factor-needed`: send its
    code, with the same `login`, to `/v1/sign-in/second-factors`.
    """
    tokens = identity.enter_code(work, parts().keyring, issuer(), client=client_address(), **entry)
    return shown(tokens)


@bp.post("/v1/sign-in/second-factors")
@signing_in
@transaction(once=True)
@refuses(403)
@bp.arguments(SecondFactorEntry)
@bp.response(200, Tokens)
def enter_second_factor(work: Work, entry: dict[str, Any]) -> dict[str, Any]:
    """Finish a sign-in with the code of the person's authenticator app."""
    return shown(identity.enter_second_factor(work, parts().keyring, issuer(), **entry))


@bp.post("/v1/sign-in/refreshes")
@public
@transaction()
@refuses(401)
@bp.arguments(RefreshRequest)
@bp.response(200, Tokens)
def refresh_tokens(work: Work, given: dict[str, Any]) -> dict[str, Any]:
    """Exchange a refresh token for new tokens.

    Each is good once. If the answer gets lost, send the same one again within ten seconds and you
    get the same successor; any other second use ends the session for everybody.
    """
    return shown(identity.refresh(work, parts().keyring, issuer(), given["refresh_token"]))


@bp.post("/v1/sign-out")
@requires("citizen.session:manage")
@transaction()
@bp.response(204)
def sign_out(work: Work) -> None:
    """End the session that this request comes from."""
    session_id = principal_of().session_id
    if session_id is not None:
        identity.end(work, session_id)
    forget_cookies()


def shown(tokens: identity.Tokens) -> dict[str, Any]:
    """Tokens as the API shows them."""
    return {
        "access_token": tokens.access_token,
        "token_type": tokens.token_type,
        "expires_in": tokens.expires_in,
        "refresh_token": tokens.refresh_token,
        "scope": " ".join(sorted(tokens.scopes)),
        "session": ids.show("session", tokens.session_id),
        "acr": tokens.acr,
        **({"device": tokens.device} if tokens.device else {}),
    }
