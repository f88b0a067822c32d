"""Every operation of the committed description, with made-up requests, good and bad.

No 500, no status, media type or body that the description does not declare, nothing accepted that
its schema forbids. A seeded sample runs always; `make soak` makes twenty times as many requests.
The stream role is another application: `test_stream.py`.
"""

import io
import json

import pytest
import schemathesis
from hypothesis import given
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection

from hub import identity
from tests.city import City

from .declared import CHECKS, DOCUMENT, sampled

SIGNATURE = identity.SIGNATURE_HEADER
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
            environ["HTTP_X_JWS_SIGNATURE"] = signed[SIGNATURE]
        return self._app(environ, start_response)


@pytest.fixture(scope="module")
def city(app, parts) -> City:
    return City(app, parts)


@pytest.fixture(scope="module")
def described(app, city, db) -> schemathesis.BaseSchema:
    """The committed description, against the application in this process."""
    device = city.device("publisher", ["fleet.position:report", "transit.schedule:publish"])
    return schemathesis.openapi.from_wsgi("/openapi.json", Signing(app, device, db.clock))


@pytest.mark.parametrize("mode", GenerationMode)
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_only_declared_answers(method, path, mode, described, city):
    operation = described[path][method.upper()]
    ways = {name for way in operation.definition.raw.get("security", []) for name in way}

    @sampled
    @given(case=operation.as_strategy(mode))
    def answered_as_declared(case):
        # The WSGI client does not unpack what it is sent; `tests/api/test_packing.py` does.
        case.headers["Accept-Encoding"] = "identity"
        if "bearer" in ways:
            case.headers.update(city.as_citizen("fuzz"))
        if "jws" in ways and (mode is GenerationMode.POSITIVE or SIGNATURE in case.headers):
            case.headers[SIGN] = "1"  # whoever leaves the signature away gets none
        case.call_and_validate(checks=[*CHECKS, negative_data_rejection])

    try:
        answered_as_declared()
    except Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE  # takes nothing that could be wrong
