"""The door before sign-in: public, but a repetition is only recognised from where it was begun.

An Idempotency-Key belongs to whoever made it up. Before there is a person that is the sign-in under
way or, where none has begun, the network address; so that nobody gets a stranger's answer by using
the stranger's key.
"""

import hashlib
from functools import wraps
from typing import Any

import msgspec
from flask import g, request

from hub.kernel.work import Actor
from hub.web import Guard, View, client_address, guarded, parts


class _Body(msgspec.Struct):
    login: str = ""


def signing_in(view: View) -> View:
    """Everybody may; they act as the sign-in under way."""

    @wraps(view)
    def knock(*args: Any, **kwargs: Any) -> Any:
        g.actor = Actor("nobody", _whoever_it_is())
        return view(*args, **kwargs)

    return guarded(knock, Guard("public"))


def _whoever_it_is() -> str:
    try:
        login = msgspec.json.decode(request.get_data(), type=_Body).login
    except (msgspec.DecodeError, UnicodeDecodeError):
        login = ""
    if login:
        return "login:" + hashlib.sha256(login.encode()).hexdigest()[:32]
    # Not the address itself: this goes into the audit.
    blinded = parts().keyring.blind("citizen.signing_in", client_address().encode())
    return "client:" + blinded[:16].hex()
