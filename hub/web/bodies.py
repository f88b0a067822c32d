"""Bodies: what was encoded before it was asked for, and answers that say which state they show."""

import hashlib
from typing import Any

import msgspec
from flask import Response, request
from flask.json.provider import JSONProvider

JSON = "application/json"


class Json(JSONProvider):
    """The application's JSON: msgspec reads and writes it, here as everywhere else in the hub."""

    def dumps(self, obj: Any, **_: Any) -> str:
        """RFC 8259, without spaces."""
        return msgspec.json.encode(obj).decode()

    def loads(self, s: str | bytes, **_: Any) -> Any:
        """Whatever RFC 8259 allows; raises ValueError for anything else."""
        try:
            return msgspec.json.decode(s)
        except RecursionError:
            raise ValueError("Nested too deeply.") from None

    def response(self, *args: Any, **kwargs: Any) -> Response:
        """An answer of these values."""
        body = msgspec.json.encode(self._prepare_response_obj(args, kwargs))
        return Response(body, content_type=JSON)


def encoded(body: bytes, etag: str, *, max_age: int = 3, media_type: str = JSON) -> Response:
    """Public bytes with their strong ETag, or 304 when the asker has them already."""
    quoted = f'"{etag}"'
    headers = {"ETag": quoted, "Cache-Control": cache_control(max_age)}
    asked = request.environ.get("HTTP_IF_NONE_MATCH")
    if asked is not None and (asked == quoted or request.if_none_match.contains_weak(etag)):
        return Response(None, 304, headers)
    return Response(body, 200, headers, content_type=media_type)


def cache_control(max_age: int = 3) -> str:
    """How long caches may keep a public body, and show it while they fetch the next."""
    return f"public, max-age={max_age}, stale-while-revalidate=10"


def etag_of(body: bytes) -> str:
    """A strong ETag from the bytes themselves."""
    return hashlib.blake2b(body, digest_size=12).hexdigest()
