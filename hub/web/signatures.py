"""Signatures: devices and publishers that sign what they send (detached JWS)."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from hub.kernel.errors import Unauthorized

from .guard import Guard, View, guarded


def signed(scope: str) -> Callable[[View], View]:
    """Only for an enrolled device whose key signed the body and that holds ``scope``."""

    def decorate(view: View) -> View:
        @wraps(view)
        def knock(*args: Any, **kwargs: Any) -> Any:
            raise Unauthorized()

        return guarded(knock, Guard("signature", scope))

    return decorate
