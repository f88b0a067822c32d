"""The baselines: the least that WSGI can do, and the least that Flask can do."""

from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask

HELLO = b'{"hello":"world"}'


def wsgi(_environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Bare WSGI."""
    start_response("200 OK", [("Content-Type", "application/json")])
    return [HELLO]


flask = Flask("bare")


@flask.get("/hello")
def hello() -> dict[str, str]:
    """Bare Flask."""
    return {"hello": "world"}
