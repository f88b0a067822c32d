"""OpenAPI: the description of the API, written by `make spec`, committed, and served as it is."""

from pathlib import Path
from typing import Any

import flask_smorest
import msgspec
from flask import Flask

from hub import __version__

from .problems import http_problem
from .schema import Problem

_DESCRIPTION = (Path(__file__).with_name("openapi.md")).read_text()
_SECURITY = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "at+jwt",
        "description": "An access token (RFC 9068) from `/v1/sign-in/tokens`, ten minutes long.",
    },
    "cookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": "hub_access",
        "description": "The hub's own pages; writes also need the `X-CSRF-Token` header.",
    },
    "jws": {
        "type": "apiKey",
        "in": "header",
        "name": "X-JWS-Signature",
        "description": "A detached JWS (RFC 7515, RFC 7797) of the body by an enrolled device.",
    },
}


class Api(flask_smorest.Api):
    """flask-smorest with the hub's errors; describes itself only when asked to."""

    ERROR_SCHEMA = Problem  # documentation only
    DEFAULT_ERROR_RESPONSE_NAME = None  # refusals are listed one by one

    def __init__(self, app: Flask, *, writes_document: bool = False) -> None:
        self.writes_document = writes_document
        app.config.update(
            API_TITLE="Citizen service hub",
            API_VERSION=f"v1 ({__version__})",
            OPENAPI_VERSION="3.1.0",
        )
        super().__init__(app, spec_kwargs={"info": {"description": _DESCRIPTION}})
        if writes_document:
            for name, scheme in _SECURITY.items():
                self.spec.components.security_scheme(name, scheme)

    def handle_http_exception(self, error: Any) -> Any:
        """Through the one door for errors."""
        return http_problem(error)

    def document(self) -> bytes:
        """The description as JSON, the same bytes for the same routes."""
        found: dict[str, Any] = self.spec.to_dict()
        found["paths"] = dict(sorted(found["paths"].items()))
        found["tags"] = sorted(found["tags"], key=lambda tag: tag["name"])
        components = found["components"]
        for kind in components:
            components[kind] = dict(sorted(components[kind].items()))
        return msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n"
