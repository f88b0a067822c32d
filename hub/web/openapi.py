"""OpenAPI: the description of the API, written by `make spec`, committed, and served as it is."""

from pathlib import Path
from typing import Any

import flask_smorest
import msgspec
from flask import Flask

from hub import __version__

from .enumeration import Enumeration, refer_to_enumeration
from .following import BOX, LONGEST_SUBJECT, SUBJECTS
from .operation import refusal_response
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


EXAMPLES = {
    "stop_id": "harbin:1001",
    "route_id": "harbin:1",
    "vehicle_id": "harbin:B0001",
    "feed": "harbin",
    "route": "harbin:1",
    "stop": "harbin:1001",
    "last_event_id": "1795000000",
    "Last-Event-ID": "1795000000",
    "import_id": "import_01m866kyycews916y6fh7wpj97",
    "session_id": "session_01m866kyycews916y6fh7wpj97",
    "favourite_id": "favourite_01m866kyycews916y6fh7wpj97",
    "consent_id": "consent_01k9z3m8q4v7x2c5n1b6h0j8rt",
    "mandate_id": "mandate_01k9z3m8q4v7x2c5n1b6h0j8rt",
    "child_id": "person_01k9z3m8q4v7x2c5n1b6h0j8rt",
    "X-Acting-For": "person_01k9z3m8q4v7x2c5n1b6h0j8rt",
    "after": "WyJoYXJiaW46MTAwMSJd",
    "X-JWS-Signature": "eyJhbGciOiJFUzI1NiIsImI2NCI6ZmFsc2V9..MEQCIA",
    "If-Match": '"3"',
}

STREAM_EVENT = Enumeration(
    "StreamEvent",
    ("snapshot", "vehicles", "board"),
    "What an event brings: all vehicles, those that changed, or a stop board.",
)

_EVENT = {
    "description": "One event. `data` is JSON.",
    "type": "object",
    "properties": {
        "event": STREAM_EVENT.reference,
        "id": {"type": "string", "pattern": "^[0-9]+$"},
        "data": {
            "type": "string",
            "contentMediaType": "application/json",
            "contentSchema": {
                "anyOf": [
                    {
                        "description": "Of a feed, a box of it or a line.",
                        "type": "object",
                        "properties": {
                            "generation": {"type": "integer"},
                            "generated_at": {"type": "string", "format": "date-time"},
                            "vehicles": {
                                "type": "array",
                                "items": {"$ref": "#/components/schemas/Vehicle"},
                            },
                            "gone": {"type": "array", "items": {"type": "string"}},
                        },
                        "required": ["generation", "generated_at", "vehicles", "gone"],
                        "additionalProperties": False,
                    },
                    {"$ref": "#/components/schemas/StopBoard"},
                ]
            },
        },
    },
    "required": ["event", "id", "data"],
}

STREAM: dict[str, Any] = {
    "servers": [{"url": "http://localhost:8001", "description": "The stream role (`/v1/app`)"}],
    "get": {
        "operationId": "followLiveBuses",
        "summary": "Follow vehicles or a stop board as Server-Sent Events.",
        "description": (
            "Name one of `feed`, `route` or `stop`. A feed or line begins with `event: snapshot`"
            " and goes on with `event: vehicles` (changed vehicles, and the ids of those that are"
            " `gone`); a stop sends `event: board`. `id:` is the generation: send it back as"
            " `Last-Event-ID` and nothing is missed for a minute. `: ping` each 15 seconds."
        ),
        "tags": ["vehicles"],
        "security": [],
        "parameters": [
            *(
                {
                    "in": "query",
                    "name": name,
                    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_SUBJECT},
                }
                for name in SUBJECTS
            ),
            {
                "in": "query",
                "name": "bbox",
                "description": "Only with `feed`: west, south, east, north in degrees WGS 84.",
                "schema": {"type": "string", "pattern": BOX},
                "example": "126.5,45.7,126.7,45.8",
            },
            *(
                {
                    "in": place,
                    "name": name,
                    "description": "The `id` of the last event you saw; other text is ignored.",
                    "schema": {"type": "string"},
                }
                for place, name in (("query", "last_event_id"), ("header", "Last-Event-ID"))
            ),
        ],
        "responses": {
            "200": {
                "description": "The events, until you leave.",
                "content": {"text/event-stream": {"schema": _EVENT}},
            },
            **{str(status): refusal_response(status) for status in (404, 422, 503)},
        },
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
            self.ma_plugin.converter.add_attribute_function(refer_to_enumeration)
            STREAM_EVENT.enter(self.spec)

    def handle_http_exception(self, error: Any) -> Any:
        """Through the one door for errors."""
        return http_problem(error)

    def document(self) -> bytes:
        """The description as JSON, the same bytes for the same routes."""
        found: dict[str, Any] = self.spec.to_dict()
        found["paths"]["/v1/transit/stream"] = STREAM
        found["components"]["schemas"].pop("PaginationMetadata", None)  # flask-smorest's, unused
        for operations in found["paths"].values():
            for operation in operations.values():
                _give_examples(operation)
        found["paths"] = dict(sorted(found["paths"].items()))
        found["tags"] = sorted(found["tags"], key=lambda tag: tag["name"])
        components = found["components"]
        for kind in components:
            components[kind] = dict(sorted(components[kind].items()))
        return msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n"


def _give_examples(operation: Any) -> None:
    """Parameters come from routes and libraries as well; whatever has no example gets one."""
    for parameter in operation.get("parameters", []) if isinstance(operation, dict) else []:
        if "example" not in parameter and (example := EXAMPLES.get(parameter["name"])):
            parameter["example"] = example
