"""Weighing: what takes long and needs no database, done before the transaction is opened.

A password hash takes a tenth of a second; no connection is held for that. The view's body is read
once for this and once more, with its refusals, by the usual ``@bp.arguments``.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

import marshmallow as ma
import msgspec
from flask import g, request

from .schema import Schema

View = Callable[..., Any]


def weighs(schema: type[Schema], weigh: Callable[[dict[str, Any]], Any]) -> Callable[[View], View]:
    """Call ``weigh`` with the body before the transaction; ``weighed()`` is what it made of it.

    Stands between guard and transaction. A body that the schema refuses is not weighed: the view's
    own arguments refuse it.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def within(*args: Any, **kwargs: Any) -> Any:
            g.weighed = None
            body = _body(schema)
            if body is not None:
                g.weighed = weigh(body)
            return view(*args, **kwargs)

        return within

    return decorate


def weighed() -> Any:
    """What was weighed for this request."""
    return g.weighed


def _body(schema: type[Schema]) -> dict[str, Any] | None:
    if not request.is_json or b"\\u0000" in request.get_data():
        return None
    try:
        loaded: dict[str, Any] = schema().load(msgspec.json.decode(request.get_data()))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ma.ValidationError):
        return None
    return loaded
