"""Fetching configured feeds: little trust, bounded patience."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from hub.transit import feed_gateway
from hub.transit.feed_gateway import Breaker, FeedGateway, FetchFailed


class Answers(BaseHTTPRequestHandler):
    """A feed at /feed, a way elsewhere at /moved, too much at /large."""

    def do_GET(self):
        body = {"/feed": b"message", "/large": b"x" * 5000}.get(self.path, b"")
        self.send_response(302 if self.path == "/moved" else 200)
        if self.path == "/moved":
            self.send_header("Location", "/feed")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with HTTPServer(("127.0.0.1", 0), Answers) as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        yield f"http://localhost:{listening.server_port}"
        listening.shutdown()
        thread.join()


def fetch(url, *, allow_private=True):
    gateway = FeedGateway(url, allow_private=allow_private)
    try:
        return gateway.fetch()
    finally:
        gateway.close()


def test_a_message_is_fetched(server):
    assert fetch(f"{server}/feed") == b"message"


def test_special_use_networks_are_out_of_reach_unless_allowed(server):
    with pytest.raises(FetchFailed, match="special-use"):
        fetch(f"{server}/feed", allow_private=False)


def test_redirects_are_not_followed(server):
    with pytest.raises(FetchFailed, match="302"):
        fetch(f"{server}/moved")


def test_too_much_is_too_much(server, monkeypatch):
    monkeypatch.setattr(feed_gateway, "MOST_BYTES", 1000)

    with pytest.raises(FetchFailed, match="too large"):
        fetch(f"{server}/large")


def test_too_slow_is_too_slow(server, monkeypatch):
    monkeypatch.setattr(feed_gateway, "WHOLE_S", -1.0)

    with pytest.raises(FetchFailed, match="too slow"):
        fetch(f"{server}/feed")


def test_only_http_is_fetched():
    with pytest.raises(ValueError, match="Not an http address"):
        FeedGateway("file:///etc/passwd", allow_private=True)


def test_an_address_that_keeps_failing_is_left_alone_for_a_while():
    breaker = Breaker()
    for at in (0.0, 10.0):
        breaker.failed(at)
        assert breaker.lets(at)

    breaker.failed(20.0)

    assert not breaker.lets(79.0)
    assert breaker.lets(80.0)
    breaker.failed(80.0)
    assert not breaker.lets(199.0)
    breaker.succeeded()
    breaker.failed(300.0)
    assert breaker.lets(300.0)
