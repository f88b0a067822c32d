"""The edge of every request: its id, its limits, its headers, its line in the log."""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any

import structlog
from flask import Flask, request

from hub.kernel.errors import Malformed, TooLarge, TooMany
from hub.parts import Parts
from hub.settings import Settings

from . import metrics
from .front import Front, Ready, Unchanged
from .packing import Packing
from .request import client_address, request_id_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

MEBIBYTE = 1 << 20
_USUAL_BODY = MEBIBYTE
BURST = 4
"""Seconds' worth of requests that a client may make at once."""

_CLIENTS = 50_000
_QUIET = {"GET", "HEAD"}
_METHODS = {*_QUIET, "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}  # a label for each, not for any

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


class Edge:
    """The WSGI layer around the application.

    Headers, times and counts are dealt with here and not in Flask's hooks: there the same work took
    half as long again as a whole bare route.
    """

    def __init__(self, app: Flask, settings: Settings) -> None:
        self._inner = app.wsgi_app
        self._fixed = _security_headers(settings)

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        arrived = time.perf_counter()
        name = request_id_of(environ)

        def begin(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            given = {header for header, _ in headers}
            headers.append(("X-Request-Id", name))
            headers.extend(pair for pair in self._fixed if pair[0] not in given)
            seconds = time.perf_counter() - arrived
            rule, code = _rule_of(environ), int(status[:3])
            method = environ["REQUEST_METHOD"]
            metrics.observe(method if method in _METHODS else "OTHER", rule, code, seconds)
            if code >= 400 or method not in _QUIET:
                _note(environ, method, rule, code, seconds)
            return start_response(status, headers, exc_info)

        return self._inner(environ, begin)


def _rule_of(environ: "WSGIEnvironment") -> str:
    """The route that answered: the front's (hub/web/front.py), or the one that Flask matched."""
    found = getattr(environ.get("werkzeug.request"), "url_rule", None)
    return str(found.rule if found is not None else environ.get("hub.rule", "none"))


def install(app: Flask, parts: Parts, ready: Sequence[Ready | Unchanged] = ()) -> None:
    """Put the edge around ``app``, and the front with its ready answers inside it."""
    settings = parts.settings
    metrics.install(settings.home / "run" / "metrics")
    rate = settings.requests_per_second
    buckets = Buckets(rate, rate * BURST) if rate else None
    views = app.view_functions

    @app.before_request
    def arrive() -> None:
        environ = request.environ
        if environ["REQUEST_METHOD"] not in _QUIET:
            limit = getattr(views.get(request.endpoint or ""), "body_limit", _USUAL_BODY)
            request.max_content_length = limit
            if (request.content_length or 0) > limit:
                raise BodyTooLarge(extra={"limit": limit})
        if "\0" in environ["PATH_INFO"] or "%00" in environ.get("QUERY_STRING", ""):
            raise NullCharacter
        if buckets is not None and (wait := buckets.take(client_address(), time.monotonic())):
            raise TooMany(retry_after=max(1, round(wait)), headers=_limit_headers(rate, wait))

    def waits(client: str) -> float:
        return buckets.take(client, time.monotonic()) if buckets is not None else 0.0

    app.wsgi_app = Front(app.wsgi_app, parts, ready, waits)  # type: ignore[method-assign]
    app.wsgi_app = Packing(app.wsgi_app)  # type: ignore[method-assign]
    app.wsgi_app = Edge(app, settings)  # type: ignore[method-assign]


def _limit_headers(rate: float, wait: float) -> dict[str, str]:
    """draft-ietf-httpapi-ratelimit-headers: the policy, and that nothing remains for now."""
    return {
        "RateLimit-Policy": f'"client";q={round(rate * BURST)};w={BURST}',
        "RateLimit": f'"client";r=0;t={max(1, round(wait))}',
    }


def _note(environ: "WSGIEnvironment", method: str, rule: str, code: int, seconds: float) -> None:
    """One line without anything personal: the rule instead of the address, no query, no body."""
    log.info(
        "request",
        request_id=request_id_of(environ),
        method=method,
        rule=rule,
        status=code,
        ms=round(seconds * 1000, 1),
        actor=environ.get("hub.actor"),
        refusal=environ.get("hub.refusal"),
    )


def content_policy(settings: Settings, *, form_target: str = "") -> str:
    """The content security policy of a page; its forms stay here, or end at ``form_target``, an
    origin or a scheme with its colon."""
    tiles = f" {_origin(settings.tile_url)}" if settings.tile_url else ""
    forms = f" {form_target}" if form_target else ""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self';"
        f" img-src 'self' data:{tiles}; connect-src 'self' {_origin(settings.public_stream_url)};"
        f" manifest-src 'self'; form-action 'self'{forms}; base-uri 'none'; frame-ancestors 'none'"
    )


def _security_headers(settings: Settings) -> list[tuple[str, str]]:
    """Headers after the OWASP Secure Headers Project; pages load nothing from elsewhere."""
    headers = [
        ("Content-Security-Policy", content_policy(settings)),
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
