"""Showing once more who one is, and how an account is protected."""

from typing import Any

import msgspec
from flask import Response

from hub import identity
from hub.kernel import ids
from hub.kernel.work import Reading, Work
from hub.web import (
    Blueprint,
    actor,
    client_address,
    issuer,
    parts,
    reads,
    refuses,
    request_id,
    requires,
    transaction,
    weighed,
    weighs,
)
from hub.web.languages import current_language

from .ceremonies import relying_party
from .credential_schemas import RecoveryCodes, Security, StepUp, StepUpTokens
from .schemas import CodeAsked
from .sign_in import never_stored

bp = Blueprint("step_up", __name__, description="How an account is protected")
bp.after_request(never_stored)


def _look(entry: dict[str, Any]) -> tuple[Any, bool]:
    if entry["password"] is None:
        return None, False
    tried = parts().database.run(
        lambda work: identity.seek_own(work, parts().keyring, client=client_address()),
        actor(),
        request_id=request_id(),
    )
    return tried, identity.looks_right(tried, entry["password"])


@bp.post("/v1/sign-in/step-up/codes")
@requires("citizen.session:manage")
@transaction(once=True)
@bp.response(202, CodeAsked)
def ask_own_code(work: Work) -> identity.CodeAsked:
    """Send a code to the signed-in person's own telephone or e-mail, for a step-up."""
    return identity.ask_own_code(
        work, parts().keyring, client=client_address(), language=current_language()
    )


@bp.post("/v1/sign-in/step-up")
@requires("citizen.session:manage")
@weighs(StepUp, _look)
@transaction(once=True)
@bp.arguments(StepUp)
@bp.response(200, StepUpTokens)
def step_up(work: Work, entry: dict[str, Any]) -> dict[str, Any]:
    """Let the signed-in person show once more, or more surely, who they are (RFC 9470).

    Send everything that the account asks for in one request (`step_up` of `/v1/me/security`). The
    session then counts as signed in now; use the access token of the answer.
    """
    if entry["passkey"] is not None:
        shown = {"login": entry["login"], "credential": entry["passkey"]}
        return raised(identity.passkeys.step_up(work, issuer(), relying_party(), **shown))
    tried, right = weighed()
    tokens = identity.step_up(
        work,
        parts().keyring,
        issuer(),
        tried=tried,
        right=right,
        second_code=entry["second_code"],
        login=entry["login"],
        code=entry["code"],
        client=client_address(),
    )
    return raised(tokens)


@bp.get("/v1/me/security")
@requires("citizen.authenticator:manage")
@reads
@bp.response(200, Security)
def my_security(reading: Reading) -> Response:
    """Tell how the account is protected, and what a change of that asks for."""
    return Response(encode_security(identity.my_protections(reading)), mimetype="application/json")


@bp.post("/v1/me/recovery-codes")
@requires("citizen.recovery_code:manage", max_age=identity.RECENT)
@transaction(once=True)
@refuses(409)
@bp.response(201, RecoveryCodes)
def renew_recovery_codes(work: Work) -> dict[str, Any]:
    """Make ten recovery codes, each good once instead of the authenticator app. Earlier ones are
    void from now on."""
    return {"codes": identity.renew_recovery_codes(work, parts().keyring)}


def raised(tokens: identity.Tokens) -> dict[str, Any]:
    """A stepped-up session as the API shows it."""
    return {
        "access_token": tokens.access_token,
        "token_type": tokens.token_type,
        "expires_in": tokens.expires_in,
        "scope": " ".join(sorted(tokens.scopes)),
        "session": ids.show("session", tokens.session_id),
        "acr": tokens.acr,
    }


def encode_security(found: identity.Protections) -> bytes:
    """The `Security` of the schema, written straight."""
    known: dict[str, Any] = {
        "password_set_at": found.password_set_at,
        "authenticator": found.authenticator,
        "passkeys": found.passkeys,
        "recovery_codes_left": found.recovery_codes,
        "step_up": found.ways,
    }
    return msgspec.json.encode({name: v for name, v in known.items() if v is not None})
