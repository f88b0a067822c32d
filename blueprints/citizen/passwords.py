"""Passwords: signing in with one, choosing one, doing without."""

from typing import Any

from hub import identity
from hub.kernel.work import Work
from hub.web import (
    Blueprint,
    actor,
    client_address,
    issuer,
    parts,
    refuses,
    request_id,
    requires,
    transaction,
    weighed,
    weighs,
)
from hub.web.languages import current_language

from .credential_schemas import NewPassword, PasswordEntry
from .guard import signing_in
from .schemas import Tokens
from .sign_in import never_stored, shown

bp = Blueprint("passwords", __name__, description="Signing in with a password")
bp.after_request(never_stored)


def _look(entry: dict[str, Any]) -> tuple[Any, bool]:
    address = identity.parse(entry["channel"], entry["address"])
    tried = parts().database.run(
        lambda work: identity.seek(work, parts().keyring, address, client=client_address()),
        actor(),
        request_id=request_id(),
    )
    return tried, identity.looks_right(tried, entry["password"])


def _choose(entry: dict[str, Any]) -> Any:
    settings = parts().settings
    parts().database.run(
        lambda work: identity.judge(
            work, parts().keyring, entry["password"], city=settings.city_name
        ),
        actor(),
        request_id=request_id(),
    )
    return identity.hashed(entry["password"])


@bp.post("/v1/sign-in/passwords")
@signing_in
@weighs(PasswordEntry, _look)
@transaction(once=True)
@bp.arguments(PasswordEntry)
@bp.response(200, Tokens)
def enter_password(work: Work, entry: dict[str, Any]) -> dict[str, Any]:
    """Sign in with an address and its password.

    The answer is the same, after about the same time, whether the account, its password or neither
    is wrong. With a second factor it is 403 `second-factor-needed`, which holds the `login` to
    finish at `/v1/sign-in/second-factors`.
    """
    tried, right = weighed()
    tokens = identity.enter_password(
        work,
        parts().keyring,
        issuer(),
        tried,
        right=right,
        device_name=entry["device_name"],
        device=entry["device"],
        language=current_language(),
    )
    return shown(tokens)


@bp.put("/v1/me/password")
@requires("citizen.password:manage", max_age=identity.RECENT)
@weighs(NewPassword, _choose)
@transaction()
@bp.arguments(NewPassword)
@bp.response(204)
def set_password(work: Work, entry: dict[str, Any]) -> None:
    """Choose a password, or another one. Needs a sign-in as sure as the account allows, within ten
    minutes."""
    identity.set_password(
        work, parts().keyring, weighed(), sign_out_elsewhere=entry["sign_out_elsewhere"]
    )


@bp.delete("/v1/me/password")
@requires("citizen.password:manage", max_age=identity.RECENT)
@transaction()
@refuses(404)
@bp.response(204)
def remove_password(work: Work) -> None:
    """Do without a password again."""
    identity.remove_password(work)
