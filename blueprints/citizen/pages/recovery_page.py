"""Getting back in, beginning anew with somebody's old number, and stopping either by its link."""

from datetime import timedelta
from urllib.parse import urlencode

from flask import request

from hub import identity
from hub.kernel import ids
from hub.kernel.errors import Refusal
from hub.web import client_address, issuer, parts, public
from hub.web.languages import current_language
from hub.web.pages import Answer, act, asked, for_signed_in, go_to, page, sent

from . import bp
from .browsers import device_name
from .sign_in_page import (
    LOGIN_COOKIE,
    device_mark,
    digits,
    keep_login,
    only_our_forms,
    signed_in,
    understood,
)

RECOVERY_COOKIE = "hub_recovery"
KEPT = timedelta(days=11)
PATH = "/recoveries"


@bp.post("/sign-in/new-account")
@public
def begin_anew() -> Answer:
    """An account of their own for the new holder of a number."""
    only_our_forms()
    try:
        tokens = act(
            lambda work: identity.recovering.new_account(
                work,
                parts().keyring,
                issuer(),
                login=request.cookies.get(LOGIN_COOKIE, ""),
                device_name=device_name(request.user_agent.string),
                device=device_mark(),
                client=client_address(),
            )
        )
    except Refusal as refusal:
        return recovery_page(refusal)
    return signed_in(tokens)


@bp.post("/sign-in/recovery")
@public
def open_recovery() -> Answer:
    """Begin the waiting time; this browser keeps what is needed at its end."""
    only_our_forms()
    login = request.cookies.get(LOGIN_COOKIE, "")
    try:
        opened = act(
            lambda work: identity.recovering.open_recovery(work, parts().keyring, login=login)
        )
    except Refusal as refusal:
        return recovery_page(refusal)
    answer = go_to(PATH + "?" + urlencode({"due": opened.due_at.isoformat()}))
    answer.set_cookie(
        RECOVERY_COOKIE,
        opened.recovery,
        max_age=KEPT,
        path=PATH,
        httponly=True,
        samesite="Lax",
        secure=parts().settings.public_url.startswith("https://"),
    )
    return answer


@bp.get(PATH)
@public
def recovery_home() -> Answer:
    """How long it still takes, and the form for its end."""
    return recovery_page()


@bp.post(PATH + "/code")
@public
def ask_for_recovery_code() -> Answer:
    """Send the fresh code that the end of the waiting time asks for."""
    only_our_forms()
    typed = sent("address")
    try:
        begun = act(
            lambda work: identity.ask_for_code(
                work,
                parts().keyring,
                understood(typed),
                client=client_address(),
                language=current_language(),
            )
        )
    except Refusal as refusal:
        return recovery_page(refusal, typed)
    return keep_login(go_to(PATH), begun.login, path=PATH)


@bp.post(PATH)
@public
def complete_recovery() -> Answer:
    """Be let back in."""
    only_our_forms()
    try:
        tokens = act(
            lambda work: identity.recovering.complete(
                work,
                parts().keyring,
                issuer(),
                recovery=request.cookies.get(RECOVERY_COOKIE, ""),
                login=request.cookies.get(LOGIN_COOKIE, ""),
                code=digits(sent("code")),
                device_name=device_name(request.user_agent.string),
                device=device_mark(),
                client=client_address(),
            )
        )
    except Refusal as refusal:
        return recovery_page(refusal)
    answer = signed_in(tokens)
    answer.delete_cookie(RECOVERY_COOKIE, path=PATH)
    answer.delete_cookie(LOGIN_COOKIE, path=PATH)
    return answer


@bp.get(PATH + "/cancel")
@public
def cancel_page() -> Answer:
    """The button behind the link: mail programs open links by themselves, people press buttons."""
    return page(
        "citizen/cancel_recovery.html", private=True, token=asked("token"), done=False, refusal=None
    )


@bp.post(PATH + "/cancel")
@public
def cancel_recovery() -> Answer:
    """Stop it."""
    only_our_forms()
    token = sent("token")
    try:
        act(lambda work: identity.recovering.cancel(work, parts().keyring, token))
    except Refusal as refusal:
        return page(
            "citizen/cancel_recovery.html",
            refusal.status,
            private=True,
            token=token,
            done=False,
            refusal=refusal,
        )
    return page("citizen/cancel_recovery.html", private=True, token="", done=True, refusal=None)


@bp.post("/me/recoveries/<recovery_id>/stop")
@for_signed_in
def stop_recovery(recovery_id: str) -> Answer:
    """Stop it as the person whose account it is about."""
    stopped = ids.read("recovery", recovery_id)
    act(lambda work: identity.recovering.cancel_mine(work, stopped))
    return go_to("/me/security?done=recovery-stopped")


def recovery_page(refusal: Refusal | None = None, typed: str = "") -> Answer:
    """What this browser waits for."""
    return page(
        "citizen/recovery.html",
        refusal.status if refusal else 200,
        private=True,
        waits=RECOVERY_COOKIE in request.cookies,
        code_sent=LOGIN_COOKIE in request.cookies,
        due=asked("due") or (refusal.extra.get("due_at") if refusal else None),
        typed=typed,
        refusal=refusal,
        zone=parts().settings.zone,
        demo=parts().settings.demo,
    )
