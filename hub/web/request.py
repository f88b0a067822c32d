"""The present request: its parts, its id, and whoever makes it."""

import os
import re
from typing import Any

from flask import Flask, current_app, g, request

from hub.kernel.work import NOBODY, Actor
from hub.parts import Parts

_GIVEN = re.compile(r"[A-Za-z0-9_-]{8,64}")


def install(app: Flask, parts: Parts) -> None:
    """Give the application its parts."""
    app.extensions["hub"] = parts


def parts() -> Parts:
    """What this process is built of."""
    found: Parts = current_app.extensions["hub"]
    return found


def request_id_of(environ: dict[str, Any]) -> str:
    """The id under which this request is logged and answered; a proxy's is taken over."""
    found: str | None = environ.get("hub.request_id")
    if found is None:
        given = environ.get("HTTP_X_REQUEST_ID")
        found = given if given and _GIVEN.fullmatch(given) else os.urandom(16).hex()
        environ["hub.request_id"] = found
    return found


def request_id() -> str:
    """The id of the present request."""
    return request_id_of(request.environ)


def actor() -> Actor:
    """Who acts, as the guard of the route found out; nobody on a public route."""
    found: Actor = g.get("actor", NOBODY)
    return found


def client_address() -> str:
    """The address the request came from, behind as many proxies as the settings trust."""
    return request.remote_addr or "unknown"
