"""The edge of every request: its id, its limits, its headers, its line in the log."""

import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Any

import structlog
from flask import Flask, Response, g, request

from hub.kernel.errors import Malformed, TooLarge, TooMany
from hub.settings import Settings

from . import metrics
from .request import actor, client_address, request_id

MEBIBYTE = 1 << 20
_USUAL_BODY = MEBIBYTE
_CLIENTS = 50_000

log = structlog.get_logger()
View = Callable[..., Any]


class NullCharacter(Malformed):
    """The address of your request holds a null character, which nothing in the hub can be named by.
    Leave it out."""

    title = "The address holds a null character"


class BodyTooLarge(TooLarge):
    """The body of your request is larger than this address takes; the ``limit`` in the answer is in
    bytes. Send it in parts."""

    title = "The body is too large"


def takes(size: int) -> Callable[[View], View]:
    """Let a view take bodies of up to ``size`` bytes (one mebibyte is usual)."""

    def decorate(view: View) -> View:
        view.body_limit = size  # type: ignore[attr-defined]
        return view

    return decorate


class Buckets:
    """Token buckets per client in this process: coarse protection, not accounting.

    Limits on codes, passwords and money are in PostgreSQL, where all processes share them.
    """

    def __init__(self, rate: float, burst: float) -> None:
        self._rate, self._burst = rate, burst
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = Lock()

    def take(self, client: str, now: float) -> float:
        """0.0 when one more request is fine, else the seconds until the next one is."""
        with self._lock:
            level, since = self._levels.get(client, (self._burst, now))
            level = min(self._burst, level + (now - since) * self._rate)
            allowed = level >= 1.0
            self._levels[client] = (level - 1.0 if allowed else level, now)
            self._levels.move_to_end(client)
            if len(self._levels) > _CLIENTS:
                self._levels.popitem(last=False)
        return 0.0 if allowed else (1.0 - level) / self._rate


def install(app: Flask, settings: Settings) -> None:
    """Put the edge around ``app``."""
    rate = settings.requests_per_second
    buckets = Buckets(rate, rate * 4) if rate else None
    headers = _security_headers(settings)
    views = app.view_functions

    @app.before_request
    def arrive() -> None:
        g.arrived = time.perf_counter()
        limit = getattr(views.get(request.endpoint or ""), "body_limit", _USUAL_BODY)
        request.max_content_length = limit
        if (request.content_length or 0) > limit:
            raise BodyTooLarge(extra={"limit": limit})
        if "\0" in request.path or b"%00" in request.query_string:
            raise NullCharacter()
        if buckets is not None and (wait := buckets.take(client_address(), g.arrived)):
            raise TooMany(retry_after=max(1, round(wait)))

    @app.after_request
    def leave(response: Response) -> Response:
        answered = response.headers
        answered["X-Request-Id"] = request_id()
        for name, value in headers:
            if name not in answered:
                answered[name] = value
        seconds = time.perf_counter() - g.get("arrived", time.perf_counter())
        rule = request.url_rule.rule if request.url_rule else "none"
        metrics.observe(request.method, rule, response.status_code, seconds)
        if response.status_code >= 400 or request.method not in {"GET", "HEAD"}:
            _note(response, rule, seconds)
        return response


def _note(response: Response, rule: str, seconds: float) -> None:
    """One line without anything personal: the rule instead of the address, no query, no body."""
    log.info(
        "request",
        request_id=request_id(),
        method=request.method,
        rule=rule,
        status=response.status_code,
        ms=round(seconds * 1000, 1),
        actor=actor().kind,
        refusal=g.get("refusal"),
    )


def _security_headers(settings: Settings) -> list[tuple[str, str]]:
    """Headers after the OWASP Secure Headers Project; pages load nothing from elsewhere."""
    tiles = f" {_origin(settings.tile_url)}" if settings.tile_url else ""
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self';"
        f" img-src 'self' data:{tiles}; connect-src 'self' {_origin(settings.public_stream_url)};"
        " manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    headers = [
        ("Content-Security-Policy", policy),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
        ("Referrer-Policy", "strict-origin-when-cross-origin"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Permissions-Policy", "camera=(), microphone=(), geolocation=(self), payment=()"),
    ]
    if settings.public_url.startswith("https://"):
        headers.append(("Strict-Transport-Security", "max-age=31536000; includeSubDomains"))
    return headers


def _origin(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}"
