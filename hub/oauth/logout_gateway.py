"""Tells partners' servers that somebody is signed out (OpenID Connect Back-Channel Logout 1.0).

The address is a partner's, so it is trusted little: the name is resolved once and must not lie in a
special-use network, nothing is followed, nothing of the answer but its status is read, and all of
it ends within ten seconds after the name was found, however slowly the other side speaks.
"""

import asyncio
from collections.abc import Callable
from http import HTTPStatus

import httpx

from hub.kernel.outbound import Address, NameNotFound, NoWay, resolve

CONNECT_S = 3.0
WHOLE_S = 10.0
AGAIN = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})


class NotTaken(Exception):
    """The address did not take the token; whether another try could help is ``again``."""

    def __init__(self, why: str, *, again: bool) -> None:
        super().__init__(why)
        self.again = again


def post(uri: str, token: str, *, allowed: Callable[[Address], bool]) -> None:
    """Hand a logout token over (2.5); refuses with NotTaken unless the answer is 200 or 204."""
    url = httpx.URL(uri)
    host = url.raw_host.decode("ascii")
    try:
        address = resolve(host, url.port, allowed=allowed)
    except NoWay as error:
        raise NotTaken(str(error), again=isinstance(error, NameNotFound)) from error
    try:
        status = asyncio.run(asyncio.wait_for(_sent(url, host, address, token), WHOLE_S))
    except (httpx.HTTPError, TimeoutError) as error:
        raise NotTaken(type(error).__name__, again=True) from error
    if status not in {HTTPStatus.OK, HTTPStatus.NO_CONTENT}:
        again = status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in AGAIN
        raise NotTaken(f"status {status}", again=again)


async def _sent(url: httpx.URL, host: str, address: str, token: str) -> int:
    # Not blocking: a limit for the whole, which a server that sends a letter now and then would
    # otherwise stretch for days, can only be kept from outside.
    async with (
        httpx.AsyncClient(
            timeout=httpx.Timeout(WHOLE_S, connect=CONNECT_S),
            follow_redirects=False,
            trust_env=False,
            headers={"User-Agent": "citizen-service-hub", "Host": url.netloc.decode("ascii")},
        ) as client,
        client.stream(
            "POST",
            url.copy_with(host=address),
            data={"logout_token": token},
            extensions={"sni_hostname": host},
        ) as answer,
    ):
        return answer.status_code
