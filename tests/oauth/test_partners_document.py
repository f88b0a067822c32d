"""docs/partners.md does what it says."""

import re
import time
from pathlib import Path
from uuid import uuid4

import httpx

from blueprints.citizen import sending

from .conftest import status

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "partners.md"


def test_ten_lines_lead_from_sign_in_to_the_first_token(app, client, parts):
    (program,) = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    assert len(program.splitlines()) == 10

    def through_the_application(**more):
        def send(request):
            if request.url.path == "/demo/messages.json":
                while sending.send_codes(parts):  # the worker's part
                    pass
            return transport.handle_request(request)

        transport = httpx.WSGITransport(app=app)
        return httpx.Client(transport=httpx.MockTransport(send), **more)

    names = {
        "httpx": type("_", (), {"Client": staticmethod(through_the_application)}),
        "uuid4": uuid4,
        "re": re,
        "time": time,
        "URL": "http://localhost:8000",
        "EMAIL": f"maker-{uuid4().hex}@example.org",
    }
    exec(program, names)

    assert status(client, names["token"]["access_token"], "/v1/partners/client") == 200


def test_the_document_names_what_the_sandbox_gives(parts):
    from hub.web import scopes_of

    (said,) = re.findall(r"do no harm \((.*?)\)", DOCUMENT.read_text(), re.DOTALL)

    assert set(re.findall(r"`([^`]+)`", said)) == scopes_of(parts).safe()


def test_the_document_says_every_scope_in_the_words_of_the_page(parts):
    from hub.web import scopes_of

    said = dict(re.findall(r"^\| `([a-z_.:]+)` \| (.+) \|$", DOCUMENT.read_text(), re.MULTILINE))

    asked = [scope for scope in scopes_of(parts).all.values() if scope.askable]
    assert said == {scope.name: scope.sentence for scope in asked}
