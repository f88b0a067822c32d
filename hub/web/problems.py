"""Problems: every refusal leaves the hub through this door, as RFC 9457 problem+json.

Framework errors, broken JSON, failed schemas and unforeseen exceptions come out in the same shape.
What went wrong inside is logged under the request id and never shown.
"""

from collections.abc import Iterator
from typing import Any

import msgspec
import structlog
from flask import Flask, Response, current_app, request
from werkzeug.exceptions import HTTPException

from hub.kernel import errors
from hub.kernel.errors import FieldError, Refusal

from .languages import current_language, text, translate
from .request import request_id

MEDIA_TYPE = "application/problem+json"
# The extension that shows a refusal to people; hub/web/manual.py puts it there.
PAGE = "hub-refusal-page"

log = structlog.get_logger()

_BY_STATUS: dict[int, type[Refusal]] = {
    400: errors.Malformed,
    401: errors.Unauthorized,
    403: errors.Forbidden,
    404: errors.NotFound,
    405: errors.MethodNotAllowed,
    406: errors.NotAcceptable,
    409: errors.Conflict,
    412: errors.PreconditionFailed,
    413: errors.TooLarge,
    415: errors.UnsupportedMedia,
    422: errors.Invalid,
    428: errors.PreconditionRequired,
    429: errors.TooMany,
    503: errors.Unavailable,
}


def problem(refusal: Refusal) -> Response:
    """The answer for a refusal, its title and sentences in the reader's language."""
    body: dict[str, Any] = {
        "type": f"/problems/{refusal.slug()}",
        "title": text(refusal.title),
        "status": refusal.status,
        "instance": request_id(),
    }
    if refusal.detail:
        body["detail"] = translate(refusal.detail, current_language())
    if refusal.errors:
        body["errors"] = [
            {"pointer": e["pointer"], "detail": text(e["detail"])} for e in refusal.errors
        ]
    body.update(refusal.extra)
    response = Response(
        msgspec.json.encode(body),
        refusal.status,
        {**refusal.headers, "Content-Language": current_language()},
        content_type=MEDIA_TYPE,
    )
    response.cache_control.no_store = True
    return response


def register(app: Flask) -> None:
    """Send everything that can go wrong in ``app`` through this door."""
    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(HTTPException, http_problem)
    app.register_error_handler(Exception, _unforeseen)


def _refused(refusal: Refusal) -> Any:
    request.environ["hub.refusal"] = refusal.slug()
    if wants_page() and (page := current_app.extensions.get(PAGE)) is not None:
        return page(refusal)
    return problem(refusal)


def http_problem(error: HTTPException) -> Any:
    """A framework's HTTP error as a refusal; redirects pass as they are."""
    if error.code is not None and error.code < 400:
        return error.get_response()
    kind = _BY_STATUS.get(error.code or 500)
    if kind is None:
        kind = errors.Malformed if (error.code or 500) < 500 else errors.InternalFault
    refusal = kind(errors=list(_field_errors(getattr(error, "data", None))))
    if error.code == 405:
        refusal.headers["Allow"] = dict(error.get_headers()).get("Allow", "")
    return _refused(refusal)


def _unforeseen(error: Exception) -> Any:
    log.error("unforeseen", request_id=request_id(), exc_info=error)
    return _refused(errors.InternalFault())


def _field_errors(data: Any) -> Iterator[FieldError]:
    """Marshmallow's nested messages as flat pointers: ``/positions/3/latitude`` into a body, the
    parameter's name elsewhere."""
    messages = data.get("messages") if isinstance(data, dict) else None
    if not isinstance(messages, dict):
        return
    for location, found in messages.items():
        prefix = "/" if location in {"json", "form"} else ""
        yield from _flattened(found, prefix, "/" if prefix else ".")


def _flattened(found: Any, path: str, joint: str) -> Iterator[FieldError]:
    if isinstance(found, dict):
        for name, inner in found.items():
            step = "" if name == "_schema" else str(name).replace("~", "~0").replace("/", "~1")
            start = path if path in {"", "/"} or not step else path + joint
            yield from _flattened(inner, start + step, joint)
    elif isinstance(found, list):
        for sentence in found:
            if isinstance(sentence, str):
                yield {"pointer": path[:200], "detail": sentence}
            else:
                yield from _flattened(sentence, path, joint)


def wants_page() -> bool:
    """Whether a person is reading: a browser that prefers HTML, outside the API."""
    if request.path.startswith("/v1/"):
        return False
    best = request.accept_mimetypes.best_match(["application/json", "text/html"])
    return best == "text/html" and "text/html" in request.headers.get("Accept", "")
