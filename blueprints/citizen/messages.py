"""The demonstration's message viewer: what would have been sent, readable on this machine only."""

from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from flask import request
from werkzeug.wrappers import Response

from hub import identity
from hub.kernel.errors import NotFound
from hub.kernel.work import Reading
from hub.web import Blueprint, client_address, parts, public, reads, refuses
from hub.web.pages import Pages, page

from .schemas import MessageQuery, ShownMessages

bp = Blueprint("messages", __name__, description="Messages of a demonstration")
_LOCAL_NAMES = {"localhost", "127.0.0.1", "::1"}
pages = Pages("citizen_messages", __name__)


@bp.get("/demo/messages.json")
@public
@reads
@refuses(404)
@bp.arguments(MessageQuery, location="query")
@bp.response(200, ShownMessages)
def shown_messages(reading: Reading, query: dict[str, Any]) -> dict[str, Any]:
    """List the newest messages; only in a demonstration and only on its own machine."""
    only_here()
    return {"items": identity.shown_messages(reading, address=query["address"])}


@pages.get("/demo/messages")
@public
@reads
def message_viewer(reading: Reading) -> Response:
    """The same as a page."""
    only_here()
    address = request.args.get("address")
    found = identity.shown_messages(reading, address=address)
    return page(
        "citizen/messages.html",
        private=True,
        messages=found,
        address=address,
        zone=parts().settings.zone,
    )


def only_here() -> None:
    """Refuse with NotFound unless this is a demonstration, asked directly on its own machine.

    A request that came through a proxy is not local, whatever address it ends up with; nor is a
    page of another name that a browser here was told to find on this machine (DNS rebinding).
    """
    forwarded = request.headers.get("X-Forwarded-For") or request.headers.get("Forwarded")
    host = urlsplit(f"//{request.host}").hostname
    local = _loopback(client_address()) and host in _LOCAL_NAMES and not forwarded
    if not (parts().settings.demo and local):
        raise NotFound


def _loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
