"""Bodies: what was encoded before it was asked for, and answers that say which state they show."""

import hashlib

from flask import Response, request

JSON = "application/json"


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
