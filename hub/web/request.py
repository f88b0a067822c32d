"""The present request: its parts, its id, and whoever makes it."""

import re
from uuid import uuid4

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


def request_id() -> str:
    """The id under which this request is logged and answered; a proxy's is taken over."""
    if "request_id" not in g:
        given = request.headers.get("X-Request-Id", "")
        g.request_id = given if _GIVEN.fullmatch(given) else uuid4().hex
    found: str = g.request_id
    return found


def actor() -> Actor:
    """Who acts, as the guard of the route found out; nobody on a public route."""
    found: Actor = g.get("actor", NOBODY)
    return found


def client_address() -> str:
    """The address the request came from, behind as many proxies as the settings trust."""
    return request.remote_addr or "unknown"
