"""The person's authenticator app: set up, confirmed, removed."""

from typing import Any

from hub import identity
from hub.kernel.work import Work
from hub.web import Blueprint, parts, refuses, requires, transaction

from .schemas import AuthenticatorCode, NewAuthenticator

bp = Blueprint("second_factor", __name__, description="The person's authenticator app")


@bp.post("/v1/me/authenticators")
@requires("citizen.authenticator:manage")
@transaction(once=True)
@bp.response(201, NewAuthenticator)
def prepare_authenticator(work: Work) -> identity.NewAuthenticator:
    """Begin to set up an authenticator app; it counts once a code of it was confirmed."""
    city = parts().settings.city_name
    return identity.prepare(work, parts().keyring, issuer_name=city, account=city)


@bp.post("/v1/me/authenticators/confirmations")
@requires("citizen.authenticator:manage")
@transaction(once=True)
@refuses(404)
@bp.arguments(AuthenticatorCode)
@bp.response(204)
def confirm_authenticator(work: Work, entry: dict[str, Any]) -> None:
    """Turn the second factor on, with a code that the app shows. Each sign-in asks for one then."""
    identity.confirm(work, parts().keyring, entry["code"])


@bp.post("/v1/me/authenticators/removals")
@requires("citizen.authenticator:manage")
@transaction(once=True)
@refuses(404)
@bp.arguments(AuthenticatorCode)
@bp.response(204)
def remove_authenticator(work: Work, entry: dict[str, Any]) -> None:
    """Turn the second factor off, with a code that the app shows."""
    identity.remove(work, parts().keyring, entry["code"])
