"""Every operation of the committed description, with made-up requests, good and bad.

No 500, no status, media type or body that the description does not declare, nothing accepted that
its schema forbids. A seeded sample runs always; `make soak` makes twenty times as many requests.
"""

import json
import os
from pathlib import Path

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.city import City, Signs

DOCUMENT = Path(__file__).resolve().parents[2] / "openapi" / "v1.json"
EXAMPLES = 400 if os.environ.get("HYPOTHESIS_PROFILE") == "soak" else 20
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


OPERATIONS = [
    (method, path)
    for path, methods in json.loads(DOCUMENT.read_text())["paths"].items()
    for method in methods
    if method in {"get", "post", "put", "patch", "delete"}
]


@pytest.fixture(scope="module")
def described(app) -> schemathesis.BaseSchema:
    """The committed description, against the application in this process."""
    return schemathesis.openapi.from_wsgi("/openapi.json", app)


@pytest.fixture(scope="module")
def city(app, parts) -> City:
    return City(app, parts)


@pytest.fixture(scope="module")
def device(city) -> Signs:
    """A device that may do everything a device can."""
    return city.device("publisher", ["fleet.position:report", "transit.schedule:publish"])


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_only_declared_answers(method, path, described, city, device, db):
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
            sign(case, device, db.clock())
        case.call_and_validate(checks=CHECKS)

    answered_as_declared()


def sign(case, device, now):
    """Sign what the transport will really send."""
    prepared = requests.Request(**case.as_transport_kwargs(base_url="http://localhost")).prepare()
    body = prepared.body or b""
    body = body.encode() if isinstance(body, str) else body
    key = case.headers.get("Idempotency-Key")
    case.headers.update(device.headers(body, prepared.path_url, now=now, method=case.method))
    if key is not None:
        case.headers["Idempotency-Key"] = key
