"""Shortcuts for measured paths: the same description and refusals, without marshmallow per call."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import request

from hub.kernel.errors import UnsupportedMedia

from .blueprint import Blueprint, NotJson
from .operation import describe
from .schema import Schema

View = Callable[..., Any]


def asks(bp: Blueprint, schema: type[Schema]) -> Callable[[View], View]:
    """``@bp.arguments(schema, location="query")`` that parses only when there is a query at all."""
    usual = schema().load({})

    def decorate(view: View) -> View:
        parsed = bp.arguments(schema, location="query")(view)

        @wraps(parsed)
        def within(*args: Any, **kwargs: Any) -> Any:
            if not request.environ.get("QUERY_STRING"):
                return view(*args, usual, **kwargs)
            return parsed(*args, **kwargs)

        return within

    return decorate


def decodes(
    bp: Blueprint, schema: type[Schema], read: Callable[[bytes], Any]
) -> Callable[[View], View]:
    """``@bp.arguments(schema)`` in description only: the view gets what ``read`` makes of the body.

    ``read`` refuses like any verb; a test has to hold it and the schema equal.
    """

    def decorate(view: View) -> View:
        described = bp.arguments(schema)(view)

        @wraps(described)
        def within(*args: Any, **kwargs: Any) -> Any:
            if not request.is_json:
                raise NotJson
            return view(*args, read(request.get_data()), **kwargs)

        return within

    return decorate


class WrongMedia(UnsupportedMedia):
    """The body is of a media type that this address does not take; ``takes`` in the answer names
    the right one. Set ``Content-Type`` to it."""

    title = "This form of content is not taken here"


def takes_bytes(media_type: str, description: str) -> Callable[[View], View]:
    """The view gets the body as it is, if it is of this media type."""

    def decorate(view: View) -> View:
        @wraps(view)
        def within(*args: Any, **kwargs: Any) -> Any:
            if request.mimetype != media_type:
                raise WrongMedia(extra={"takes": media_type})
            return view(*args, request.get_data(), **kwargs)

        body = {
            "description": description,
            "required": True,
            "content": {media_type: {"schema": {"type": "string", "format": "binary"}}},
        }
        describe(within, refusals=(400, 413, 415), requestBody=body)
        return within

    return decorate
