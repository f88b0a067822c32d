"""An ASGI application behind a `requests` session, without a server."""

import asyncio
from io import BytesIO
from urllib.parse import urlsplit

from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse


class InProcess(HTTPAdapter):
    """The way to an application, for a client that hangs up after the first event of a stream.

    Bytes that are not UTF-8 may stand in a request's URL as lone surrogates (`surrogateescape`).
    """

    def __init__(self, app, runner) -> None:
        super().__init__()
        self._app, self._runner = app, runner

    def send(self, request, **_):
        """What `requests`, and through it schemathesis, calls for every request."""
        url = urlsplit(request.url)
        named = {"Host": url.netloc, **request.headers}
        scope = {
            "type": "http",
            "method": request.method,
            "path": url.path,
            "query_string": url.query.encode("utf-8", "surrogateescape"),
            "headers": [(_bytes(name).lower(), _bytes(value)) for name, value in named.items()],
        }
        status, headers, body = self._runner.run(self._converse(scope))
        answer = HTTPResponse(BytesIO(body), headers, status, preload_content=False)
        return self.build_response(request, answer)

    async def _converse(self, scope):
        sent, heard = [], asyncio.Event()

        async def receive():
            await heard.wait()
            return {"type": "http.disconnect"}

        async def send(message):
            sent.append(message)
            if message.get("body", b"").startswith(b"event: "):
                heard.set()

        await asyncio.wait_for(self._app(scope, receive, send), 10)
        start, *parts = sent
        assert start["type"] == "http.response.start"
        assert {part["type"] for part in parts} == {"http.response.body"}
        headers = {name.decode(): value.decode("latin-1") for name, value in start["headers"]}
        return start["status"], headers, b"".join(part["body"] for part in parts)


def _bytes(text):
    return text if isinstance(text, bytes) else text.encode("latin-1")
