"""Signing in with a password, and showing once more who one is."""

from urllib.parse import urlencode

from flask import request

from hub import identity
from hub.kernel.errors import Refusal
from hub.kernel.work import Reading, Work
from hub.web import client_address, issuer, keep_in_cookies, parts, public, reads
from hub.web.languages import current_language
from hub.web.pages import Answer, act, asked, for_signed_in, go_to, page, sent, sent_whole

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

STEP_UP_COOKIE_PATH = "/step-up"


@bp.get("/sign-in/password")
@public
def password_page() -> Answer:
    """Address and password."""
    return entry_page()


@bp.post("/sign-in/password")
@public
def enter_password() -> Answer:
    """Sign the browser in, or ask for the second factor."""
    only_our_forms()
    typed = sent("address")
    try:
        address = understood(typed)
        tried = act(
            lambda work: identity.seek(work, parts().keyring, address, client=client_address())
        )
        right = identity.looks_right(tried, sent_whole("password"))
        tokens = act(
            lambda work: identity.enter_password(
                work,
                parts().keyring,
                issuer(),
                tried,
                right=right,
                device_name=device_name(request.user_agent.string),
                device=device_mark(),
                language=current_language(),
            )
        )
    except Refusal as refusal:
        if refusal.slug() == "second-factor-needed":
            ways = " ".join(refusal.extra["ways"])
            query = urlencode({"next": sent("next"), "ways": ways})
            answer = go_to(f"/sign-in/second-factor?{query}")
            return keep_login(answer, refusal.extra["login"])
        return entry_page(typed, refusal)
    return signed_in(tokens)


def entry_page(typed: str = "", refusal: Refusal | None = None) -> Answer:
    """The form, with what was wrong with it. The password is never shown again."""
    return page(
        "citizen/password.html",
        refusal.status if refusal else 200,
        private=True,
        typed=typed,
        next=sent("next") or asked("next", "/me"),
        refusal=refusal,
    )


@bp.get("/step-up")
@for_signed_in
@reads
def step_up_page(reading: Reading) -> Answer:
    """What the account asks for before something important."""
    return shown_page(identity.my_protections(reading))


@bp.post("/step-up/code")
@for_signed_in
def ask_own_code() -> Answer:
    """Send a code to the person's own address."""
    try:
        begun = act(
            lambda work: identity.ask_own_code(
                work, parts().keyring, client=client_address(), language=current_language()
            )
        )
    except Refusal as refusal:
        return shown_page(act(identity.my_protections_at), refusal)
    answer = go_to("/step-up?" + urlencode({"next": sent("next")}))
    return keep_login(answer, begun.login, path=STEP_UP_COOKIE_PATH)


@bp.post("/step-up")
@for_signed_in
def step_up() -> Answer:
    """Raise this browser's session."""
    try:
        tokens = raise_session()
    except identity.StrongerSignInNeeded:
        raise
    except Refusal as refusal:
        return shown_page(act(identity.my_protections_at), refusal)
    keep_in_cookies(tokens)
    answer = go_to(sent("next") or "/me/security")
    answer.delete_cookie(LOGIN_COOKIE, path=STEP_UP_COOKIE_PATH)
    return answer


def raise_session() -> identity.Tokens:
    """What the form shows, all at once."""
    tried, right = None, False
    if password := sent_whole("password"):
        tried = act(lambda work: identity.seek_own(work, parts().keyring, client=client_address()))
        right = identity.looks_right(tried, password)
    login = request.cookies.get(LOGIN_COOKIE) if sent("code") else None

    def raised(work: Work) -> identity.Tokens:
        return identity.step_up(
            work,
            parts().keyring,
            issuer(),
            tried=tried,
            right=right,
            second_code=digits(sent("second_code")) or None,
            login=login or ("" if sent("code") else None),
            code=digits(sent("code")) or None,
            client=client_address(),
        )

    return act(raised)


def shown_page(found: identity.Protections, refusal: Refusal | None = None) -> Answer:
    """The form that fits the account."""
    return page(
        "citizen/step_up.html",
        refusal.status if refusal else 200,
        private=True,
        ways=found.ways,
        code_sent=LOGIN_COOKIE in request.cookies,
        next=sent("next") or asked("next", "/me/security"),
        refusal=refusal,
        demo=parts().settings.demo,
    )
