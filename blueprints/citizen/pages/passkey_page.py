"""Passkeys in the browser. The ceremony itself needs a script; what it gives arrives as a form."""

from typing import Any

import msgspec
from flask import request

from blueprints.citizen.ceremonies import relying_party
from hub import identity
from hub.kernel import ids
from hub.kernel.errors import Refusal
from hub.kernel.work import Reading
from hub.web import client_address, issuer, keep_in_cookies, parts, public, reads
from hub.web.languages import current_language
from hub.web.languages import text as _
from hub.web.pages import Answer, act, for_signed_in, go_to, page, sent

from . import bp
from .browsers import device_name
from .password_page import shown_page
from .sign_in_page import address_page, device_mark, only_our_forms, signed_in

LONGEST = 16_384


@bp.post("/sign-in/passkey")
@public
def enter_passkey() -> Answer:
    """Sign the browser in by the passkey that was shown."""
    only_our_forms()
    try:
        tokens = act(
            lambda work: identity.passkeys.sign_in(
                work,
                issuer(),
                relying_party(),
                login=sent("login"),
                credential=credential(),
                device_name=device_name(request.user_agent.string),
                device=device_mark(),
            )
        )
    except Refusal as refusal:
        return address_page("", sent("next"), refusal)
    return signed_in(tokens)


@bp.post("/sign-up/passkey")
@public
def sign_up_with_passkey() -> Answer:
    """Open an account by the passkey that was made."""
    only_our_forms()
    try:
        tokens = act(
            lambda work: identity.passkeys.join(
                work,
                parts().keyring,
                issuer(),
                relying_party(),
                login=sent("login"),
                credential=credential(),
                name=usual_name(),
                device_name=device_name(request.user_agent.string),
                device=device_mark(),
                language=current_language(),
                client=client_address(),
            )
        )
    except Refusal as refusal:
        return address_page("", sent("next"), refusal)
    return signed_in(tokens)


@bp.post("/step-up/passkey")
@for_signed_in
def step_up_by_passkey() -> Answer:
    """Raise this browser's session by the passkey that was shown."""
    try:
        tokens = act(
            lambda work: identity.passkeys.step_up(
                work, issuer(), relying_party(), login=sent("login"), credential=credential()
            )
        )
    except Refusal as refusal:
        return shown_page(act(identity.my_protections_at), refusal)
    keep_in_cookies(tokens)
    return go_to(sent("next") or "/me/security")


@bp.get("/me/passkeys/new")
@for_signed_in
@reads
def new_passkey_page(reading: Reading) -> Answer:
    """The button that makes a passkey; shown to who may."""
    identity.demand_to_read(reading)
    return page("citizen/new_passkey.html", private=True, name=usual_name(), refusal=None)


@bp.post("/me/passkeys")
@for_signed_in
def add_passkey() -> Answer:
    """Keep the passkey that was made."""
    name = sent("name")[:64] or usual_name()
    try:
        act(
            lambda work: identity.passkeys.add(
                work, relying_party(), login=sent("login"), credential=credential(), name=name
            )
        )
    except identity.StrongerSignInNeeded:
        raise
    except Refusal as refusal:
        return page(
            "citizen/new_passkey.html", refusal.status, private=True, name=name, refusal=refusal
        )
    return go_to("/me/security?done=passkey-added")


@bp.post("/me/passkeys/<passkey_id>/name")
@for_signed_in
def rename_passkey(passkey_id: str) -> Answer:
    """Call it something else."""
    name = sent("name")[:64]
    if name:
        act(lambda work: identity.passkeys.rename(work, ids.read("passkey", passkey_id), name))
    return go_to("/me/security?done=passkey-renamed")


@bp.post("/me/passkeys/<passkey_id>/remove")
@for_signed_in
def remove_passkey(passkey_id: str) -> Answer:
    """Take no more of it."""
    act(lambda work: identity.passkeys.remove(work, ids.read("passkey", passkey_id)))
    return go_to("/me/security?done=passkey-removed")


def credential() -> dict[str, Any]:
    """What the script put into the form; an empty one is refused as any that does not hold."""
    written = request.form.get("credential", "")
    if len(written) > LONGEST:
        return {}
    try:
        return msgspec.json.decode(written.encode("utf-8", "surrogatepass"), type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}


def usual_name() -> str:
    """What a passkey is called until its person says otherwise."""
    return device_name(request.user_agent.string) or _("Passkey")
