"""A provider of text messages on this machine."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any


class SmsProvider(HTTPServer):
    """Keeps what it is asked for and answers with `status`."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Asked)
        self.asked: list[tuple[dict[str, str], dict[str, Any]]] = []
        self.status = 200

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/send"

    def texts(self, number: str) -> list[str]:
        """What was sent to a telephone."""
        return [body["text"] for _, body in self.asked if body["to"] == number]


class _Asked(BaseHTTPRequestHandler):
    server: SmsProvider

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append((dict(self.headers), json.loads(body)))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.send_header("Location", "/elsewhere")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing: the test looks at what was asked."""


@contextmanager
def sms_provider() -> Iterator[SmsProvider]:
    """A provider at work."""
    with SmsProvider() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()
