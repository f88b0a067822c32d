"""Operations: what the decorators of a view add to its description in OpenAPI.

flask-smorest keeps a view's description in ``_apidoc`` and hands it from wrapper to wrapper; each
decorator of ours adds what it knows: its parameters, the refusals it can give, the security.
"""

from collections.abc import Callable, Iterable
from typing import Any

DESCRIPTIONS = {
    400: "The request could not be read.",
    401: "Not signed in, or the token or signature is no longer good, or a surer or more recent"
    " sign-in is needed.",
    403: "The token does not carry the scope, or the device may not do this.",
    404: "Not there, or not yours.",
    409: "Does not fit the present state.",
    412: "The record changed since you read it.",
    413: "Too large.",
    415: "A media type that is not taken here.",
    422: "Readable, but some of it does not hold.",
    428: "An If-Match header is needed.",
    429: "Too many requests.",
    503: "Not available just now.",
}


def describe(
    view: Callable[..., Any],
    *,
    refusals: Iterable[int] = (),
    parameters: Iterable[dict[str, Any]] = (),
    **facts: Any,
) -> None:
    """Add to what the document says of ``view``."""
    documented: dict[str, Any] = dict(getattr(view, "_apidoc", {}))
    # Copies of what is changed here and no deeper: schemas hang below, and start must stay quick.
    before = documented.get("hub", {"refusals": set(), "parameters": [], "facts": {}})
    said = documented["hub"] = {
        "refusals": before["refusals"] | set(refusals),
        "parameters": [*before["parameters"], *parameters],
        "facts": before["facts"] | facts,
    }
    said["facts"].setdefault("operationId", _camel(view.__name__))
    view._apidoc = documented  # type: ignore[attr-defined]


def refuses(*statuses: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Say which refusals a view gives beside those that its other decorators bring."""

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        describe(view, refusals=statuses)
        return view

    return decorate


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def refusal_response(status: int) -> dict[str, Any]:
    """How a refusal is described."""
    return {
        "description": DESCRIPTIONS[status],
        "content": {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
        },
    }
