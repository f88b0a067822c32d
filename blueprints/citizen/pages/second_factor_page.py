"""Turning the second factor on and off."""

import segno
from markupsafe import Markup

from hub import identity
from hub.kernel.errors import Refusal
from hub.kernel.work import Reading
from hub.web import parts, reads
from hub.web.pages import Answer, act, for_signed_in, go_to, page, sent

from . import bp


@bp.get("/me/second-factor")
@for_signed_in
@reads
def second_factor_page(reading: Reading) -> Answer:
    """What the second factor is, and the button that begins or the form that ends it."""
    person = identity.profile(reading, parts().keyring)
    return page("citizen/second_factor.html", private=True, on=person.second_factor, fresh=None)


@bp.post("/me/second-factor/begin")
@for_signed_in
def begin_second_factor() -> Answer:
    """Show a new secret as text, as a link for the app on this phone, and as a code to scan."""
    city = parts().settings.city_name
    fresh = act(
        lambda work: identity.prepare(work, parts().keyring, issuer_name=city, account=city)
    )
    return setting_up(fresh)


@bp.post("/me/second-factor/confirm")
@for_signed_in
def confirm_second_factor() -> Answer:
    """Turn it on with the first code of the app."""
    try:
        act(lambda work: identity.confirm(work, parts().keyring, sent("code").replace(" ", "")))
    except identity.StrongerSignInNeeded:
        raise
    except Refusal as refusal:
        fresh = identity.NewAuthenticator(sent("secret"), sent("uri"))
        if not fresh.uri.startswith("otpauth://totp/"):
            raise
        return setting_up(fresh, refusal)
    return go_to("/me?done=second-factor-on")


@bp.post("/me/second-factor/remove")
@for_signed_in
def remove_second_factor() -> Answer:
    """Turn it off, with a code of the app."""
    try:
        act(lambda work: identity.remove(work, parts().keyring, sent("code").replace(" ", "")))
    except identity.StrongerSignInNeeded:
        raise
    except Refusal as refusal:
        return page(
            "citizen/second_factor.html",
            refusal.status,
            private=True,
            on=True,
            fresh=None,
            refusal=refusal,
        )
    return go_to("/me?done=second-factor-off")


def setting_up(fresh: identity.NewAuthenticator, refusal: Refusal | None = None) -> Answer:
    """The page between beginning and the first code."""
    drawn = segno.make(fresh.uri, error="m").svg_inline(scale=5, light="#fff", svgclass="qr")
    return page(
        "citizen/second_factor.html",
        refusal.status if refusal else 200,
        private=True,
        on=False,
        fresh=fresh,
        qr=Markup(drawn),  # noqa: S704 (drawn by us: numbers and path commands only)
        refusal=refusal,
    )
