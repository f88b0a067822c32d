"""Guard for devices: ``@signed(scope)`` takes requests whose body an enrolled device signed."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import g, request

from hub import identity
from hub.identity import SignatureRefused, Signers
from hub.kernel.errors import Forbidden
from hub.parts import Parts

from .guard import Guard, View, admit, guarded
from .operation import describe
from .request import parts

_HEADER_PARAMETER = {
    "in": "header",
    "name": identity.SIGNATURE_HEADER,
    "required": True,
    "description": "Detached JWS over the body (RFC 7515, RFC 7797), see docs/identity.md.",
    "schema": {"type": "string", "maxLength": 1024},
}


class DeviceScopeMissing(Forbidden):
    """This device is enrolled, but not for this; ``scope`` names what it would need. Have the city
    enrol it again with that scope."""

    title = "This device may not do this"


class DeviceSpeaksForOthers(Forbidden):
    """This device is enrolled, but not to speak for ``subject``. Check that you named the right
    one; if so, have the city enrol the device again for it."""

    title = "This device does not speak for that"


def speaks_for(subject: str) -> None:
    """Refuse unless the device that signed this request may speak for a subject, such as
    ``feed:harbin``: what a body says about its sender counts for nothing."""
    if not {subject, "*"} & g.principal.acts_for:
        raise DeviceSpeaksForOthers(extra={"subject": subject})


def signed(scope: str) -> Callable[[View], View]:
    """Only for enrolled devices that hold ``scope`` and sign what they send."""

    def decorate(view: View) -> View:
        @wraps(view)
        def knock(*args: Any, **kwargs: Any) -> Any:
            admit(signer_of_request(), scope, DeviceScopeMissing)
            return view(*args, **kwargs)

        guarded(knock, Guard("signature", scope))
        describe(knock, parameters=[_HEADER_PARAMETER])
        return knock

    return decorate


def signer_of_request() -> identity.Principal:
    """The device that signed this request; refuses with SignatureRefused."""
    built = parts()
    signature = identity.parse_signature(request.headers.get(identity.SIGNATURE_HEADER, ""))
    signer = built.of(_signers).find(signature.protected.kid)
    if signer is None:
        raise SignatureRefused
    query = request.environ.get("QUERY_STRING", "")
    signature.check(
        signer.key,
        request.get_data(),
        method=request.method,
        target=f"{request.path}?{query}" if query else request.path,
        now=built.database.clock(),
    )
    return signer.principal


def _signers(built: Parts) -> Signers:
    return Signers(built.database, built.watch)
