"""Every operation of the committed description, with made-up requests, good and bad.

No 500, no status, media type or body that the description does not declare, nothing accepted that
its schema forbids. A seeded sample runs always; `make soak` makes twenty times as many requests.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.city import City

DOCUMENT = Path(__file__).resolve().parents[2] / "openapi" / "v1.json"
EXAMPLES = 400 if os.environ.get("HYPOTHESIS_PROFILE") == "soak" else 20
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module")
def described(app) -> schemathesis.BaseSchema:
    """The committed description, against the application in this process."""
    schema = schemathesis.openapi.from_wsgi("/openapi.json", app)
    assert schema.raw_schema == json.loads(DOCUMENT.read_text())
    return schema


@pytest.fixture(scope="module")
def citizen(app, parts) -> Iterator[dict[str, str]]:
    """A citizen who is signed in, for the operations that need one."""
    return City(app, parts).as_citizen("fuzz")


api = schemathesis.pytest.from_fixture("described")


@api.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=EXAMPLES < 100,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_only_declared_answers(case, citizen, parts, app):
    security = case.operation.definition.raw.get("security", [])
    if any("bearer" in way for way in security):
        case.headers.update(citizen)
    if any("jws" in way for way in security):
        City(app, parts).sign(case)

    case.call_and_validate(checks=CHECKS)
