"""Signing in by a code: where to send it, the code, and a second factor if there is one.

The secret of the sign-in under way stays in a cookie of its own, so that each step can be reloaded
and nobody can be tricked into entering a code for somebody else's sign-in.
"""

import re
from datetime import timedelta
from urllib.parse import urlencode

from flask import request

from blueprints.citizen.sending import offered
from blueprints.citizen.sign_in import ChannelNotOffered
from hub import identity
from hub.kernel.errors import Forbidden, Refusal
from hub.web import client_address, from_our_own_page, issuer, keep_in_cookies, parts, public
from hub.web.languages import current_language
from hub.web.pages import Answer, act, asked, go_to, page, sent

from . import bp
from .browsers import device_name

LOGIN_COOKIE = "hub_login"
DEVICE_COOKIE = "hub_device"
DEVICE_KEPT = timedelta(days=400)
LOGIN_LIVES = timedelta(minutes=15)


DEVICE_FORM = re.compile(r"device_[A-Za-z0-9_-]{43}")
STEPS = {"second-factor-needed": "second-factor", "number-not-used-lately": "not-lately"}
"""Where a sign-in goes on whose code was right but not enough."""


class FormFromElsewhere(Forbidden):
    """This form was not sent from a page of this hub. Open the sign-in page and begin there."""

    title = "Please send this from our own page"


@bp.get("/sign-in")
@public
def sign_in_page() -> Answer:
    """Where should the code go?"""
    return address_page()


@bp.post("/sign-in")
@public
def ask_for_code() -> Answer:
    """Send a code to the telephone or e-mail address of the form."""
    only_our_forms()
    typed, wanted = sent("address"), sent("next")
    by: identity.Channel | None = "voice" if sent("by") == "voice" else None
    try:
        begun = act(
            lambda work: identity.ask_for_code(
                work,
                parts().keyring,
                understood(typed, by),
                client=client_address(),
                language=current_language(),
                by=by,
            )
        )
    except Refusal as refusal:
        return address_page(typed, wanted, refusal)
    return keep_login(go_to("/sign-in/code?" + urlencode({"next": wanted or "/me"})), begun.login)


def keep_login(answer: Answer, login: str, *, path: str = "/sign-in") -> Answer:
    """Let the browser keep the secret of the sign-in under way, for its pages only."""
    answer.set_cookie(
        LOGIN_COOKIE,
        login,
        max_age=LOGIN_LIVES,
        path=path,
        httponly=True,
        samesite="Strict",
        secure=parts().settings.public_url.startswith("https://"),
    )
    return answer


def understood(typed: str, by: identity.Channel | None = None) -> identity.Address:
    """A telephone number, or an e-mail address when there is an @ in it."""
    settings = parts().settings
    channel: identity.Channel = by or ("email" if "@" in typed else "sms")
    if channel not in offered(settings):
        raise ChannelNotOffered
    closed = frozenset(settings.sms_closed_regions)
    return identity.parse(channel, typed, closed_regions=closed)


def address_page(typed: str = "", wanted: str = "", refusal: Refusal | None = None) -> Answer:
    """The first form, with what was wrong with it."""
    return page(
        "citizen/sign_in.html",
        refusal.status if refusal else 200,
        private=True,
        typed=typed,
        next=wanted or asked("next", "/me"),
        refusal=refusal,
        calls="voice" in offered(parts().settings),
        demo=parts().settings.demo,
    )


@bp.get("/sign-in/code")
@public
def code_page() -> Answer:
    """The form for the code that was sent."""
    return entry_page("code")


@bp.post("/sign-in/code")
@public
def enter_code() -> Answer:
    """Sign the browser in, or ask for the second factor."""
    only_our_forms()
    try:
        tokens = act(
            lambda work: identity.enter_code(
                work,
                parts().keyring,
                issuer(),
                login=request.cookies.get(LOGIN_COOKIE, ""),
                code=digits(sent("code")),
                device_name=device_name(request.user_agent.string),
                device=device_mark(),
                client=client_address(),
            )
        )
    except Refusal as refusal:
        if refusal.slug() in STEPS and "ways" in refusal.extra:
            ways = " ".join(refusal.extra["ways"])
            query = urlencode({"next": sent("next"), "ways": ways})
            return go_to(f"/sign-in/{STEPS[refusal.slug()]}?{query}")
        return entry_page("code", refusal)
    return signed_in(tokens)


@bp.get("/sign-in/second-factor")
@public
def second_factor_entry_page() -> Answer:
    """The form for the authenticator app's code."""
    return entry_page("second_factor")


@bp.post("/sign-in/second-factor")
@public
def enter_second_factor() -> Answer:
    """Finish a sign-in with the authenticator app's code."""
    only_our_forms()
    try:
        tokens = act(
            lambda work: identity.enter_second_factor(
                work,
                parts().keyring,
                issuer(),
                login=request.cookies.get(LOGIN_COOKIE, ""),
                code=digits(sent("code")),
                device_name=device_name(request.user_agent.string),
                device=device_mark(),
            )
        )
    except Refusal as refusal:
        return entry_page("second_factor", refusal)
    return signed_in(tokens)


@bp.get("/sign-in/not-lately")
@public
def not_lately_page() -> Answer:
    """The code was right, and yet not enough: the number may have a new holder."""
    return entry_page("not_lately")


def entry_page(step: str, refusal: Refusal | None = None) -> Answer:
    """The form for a code; ``step`` says whose."""
    if LOGIN_COOKIE not in request.cookies:
        return go_to("/sign-in")
    return page(
        "citizen/code.html",
        refusal.status if refusal else 200,
        private=True,
        step=step,
        ways=(sent("ways") or asked("ways")).split(),
        next=sent("next") or asked("next", "/me"),
        refusal=refusal,
        demo=parts().settings.demo,
    )


def signed_in(tokens: identity.Tokens) -> Answer:
    """Give the browser its cookies and send it where it wanted to go."""
    keep_in_cookies(tokens)
    answer = go_to(sent("next") or "/me")
    answer.delete_cookie(LOGIN_COOKIE, path="/sign-in")
    if tokens.device is not None:
        answer.set_cookie(
            DEVICE_COOKIE,
            tokens.device,
            max_age=DEVICE_KEPT,
            httponly=True,
            samesite="Lax",
            secure=parts().settings.public_url.startswith("https://"),
        )
    return answer


def device_mark() -> str | None:
    """The mark that an earlier sign-in gave this browser."""
    given = request.cookies.get(DEVICE_COOKIE, "")
    return given if DEVICE_FORM.fullmatch(given) else None


def only_our_forms() -> None:
    """Refuse a form that another site made the browser send (login CSRF)."""
    if not from_our_own_page():
        raise FormFromElsewhere


def digits(typed: str) -> str:
    """A code as people type it, ``493 027`` or ``493-027``, as it is."""
    return typed.replace(" ", "").replace("-", "").replace("\u00a0", "")
