"""Fetches GTFS-Realtime from addresses that the operator configured, and trusts them little.

Each fetch has a connect, a read and a total timeout, a limit of size, and no redirects. The address
is resolved once, must not lie in a special-use network (RFC 6890) unless the operator allows that,
and the connection goes to exactly that address: a name that resolves differently a moment later
gains nothing. An address that keeps failing is left alone for a while (circuit breaker).
"""

import time
from urllib.parse import urlsplit

import httpx

from hub.kernel.outbound import NoWay, is_public, resolve

CONNECT_S = 3.0
READ_S = 10.0
WHOLE_S = 30.0
MOST_BYTES = 16 * 1024 * 1024
FAILURES_ALLOWED = 3
SHORTEST_PAUSE_S = 60.0
LONGEST_PAUSE_S = 600.0


class FetchFailed(Exception):
    """The fetch gave nothing usable; the text names the reason without the address' secrets."""


class Breaker:
    """Open after three failures in a row: a minute at first, twice as long after each next one."""

    def __init__(self) -> None:
        self._failures = 0
        self._closed_at = 0.0

    def lets(self, now: float) -> bool:
        """Whether a fetch may be tried."""
        return now >= self._closed_at

    def succeeded(self) -> None:
        """Forget the failures."""
        self._failures = 0

    def failed(self, now: float) -> None:
        """Count a failure, and open when there were too many."""
        self._failures += 1
        over = self._failures - FAILURES_ALLOWED
        if over >= 0:
            self._closed_at = now + min(SHORTEST_PAUSE_S * 2**over, LONGEST_PAUSE_S)


class FeedGateway:
    """Fetches one address again and again."""

    def __init__(self, url: str, *, allow_private: bool) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(f"Not an http address: {parts.scheme}://{parts.hostname}")
        self._url = httpx.URL(url)
        self._host, self._port = parts.hostname, parts.port
        self._allow_private = allow_private
        self._client = httpx.Client(
            timeout=httpx.Timeout(READ_S, connect=CONNECT_S),
            follow_redirects=False,
            trust_env=False,
            headers={"User-Agent": "citizen-service-hub", "Accept": "application/x-protobuf"},
        )

    @property
    def name(self) -> str:
        """The host, for logs: paths and queries of feeds often carry keys."""
        return self._host

    def fetch(self) -> bytes:
        """The body of a 200 answer; refuses everything else with FetchFailed."""
        address = self._address()
        deadline = time.monotonic() + WHOLE_S
        try:
            with self._client.stream(
                "GET",
                self._url.copy_with(host=address),
                headers={"Host": self._url.netloc.decode("ascii")},
                extensions={"sni_hostname": self._host},
            ) as response:
                if response.status_code != httpx.codes.OK:
                    raise FetchFailed(f"status {response.status_code}")
                return _limited(response, deadline)
        except httpx.HTTPError as error:
            raise FetchFailed(type(error).__name__) from error

    def close(self) -> None:
        """Close the connection that is kept open."""
        self._client.close()

    def _address(self) -> str:
        try:
            return resolve(
                self._host,
                self._port,
                allowed=lambda one: self._allow_private or is_public(one),
            )
        except NoWay as error:
            raise FetchFailed(str(error)) from error


def _limited(response: httpx.Response, deadline: float) -> bytes:
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > MOST_BYTES:
            raise FetchFailed("too large")
        if time.monotonic() > deadline:
            raise FetchFailed("too slow")
    return bytes(body)
