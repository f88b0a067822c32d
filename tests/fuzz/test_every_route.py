"""Every operation of the committed description, with made-up requests, good and bad.

No 500, no status, media type or body that the description does not declare, nothing accepted that
its schema forbids. A seeded sample runs always; `make soak` makes twenty times as many requests.
"""

import io
import json
import os
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from hub import identity
from tests.city import City

DOCUMENT = Path(__file__).resolve().parents[2] / "openapi" / "v1.json"
EXAMPLES = 400 if os.environ.get("HYPOTHESIS_PROFILE") == "soak" else 20


SIGN = "X-Test-Sign"
SIGN_IN_ENVIRON = "HTTP_X_TEST_SIGN"
OPERATIONS = [
    (method, path)
    for path, methods in json.loads(DOCUMENT.read_text())["paths"].items()
    for method in methods
    if method in {"get", "post", "put", "patch", "delete"} and "servers" not in methods
]


@schemathesis.serializer("application/zip", "application/x-protobuf")
def as_bytes(_context, value):
    """Made-up bytes are sent as they are."""
    return value if isinstance(value, bytes) else str(value).encode()


class Signing:
    """Signs, as an enrolled device would, the very bytes that a request carries."""

    def __init__(self, app, device, clock) -> None:
        self._app, self._device, self._clock = app, device, clock

    def __call__(self, environ, start_response):
        if environ.pop(SIGN_IN_ENVIRON, None):
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            environ["wsgi.input"] = io.BytesIO(body)
            query = environ.get("QUERY_STRING")
            target = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")
            signed = self._device.headers(
                body, f"{target}?{query}" if query else target, now=self._clock()
            )
            environ["HTTP_X_JWS_SIGNATURE"] = signed[identity.SIGNATURE_HEADER]
        return self._app(environ, start_response)


@pytest.fixture(scope="module")
def city(app, parts) -> City:
    return City(app, parts)


@pytest.fixture(scope="module")
def described(app, city, db) -> schemathesis.BaseSchema:
    """The committed description, against the application in this process."""
    device = city.device("publisher", ["fleet.position:report", "transit.schedule:publish"])
    return schemathesis.openapi.from_wsgi("/openapi.json", Signing(app, device, db.clock))


def no_fault_of_ours(ctx, response, case):
    """503 is an honest answer of a hub whose gateway does not run; no other 5xx is."""
    assert response.status_code < 500 or response.status_code == 503


CHECKS = [
    no_fault_of_ours,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_only_declared_answers(method, path, described, city):
    operation = described[path][method.upper()]
    ways = {name for way in operation.definition.raw.get("security", []) for name in way}

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=EXAMPLES < 100,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def answered_as_declared(case):
        if "bearer" in ways:
            case.headers.update(city.as_citizen("fuzz"))
        if "jws" in ways:
            case.headers[SIGN] = "1"
        case.call_and_validate(checks=CHECKS)

    answered_as_declared()
