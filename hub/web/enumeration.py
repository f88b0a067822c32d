"""Enumerations: a set of words has one name, in the description and in every client made from it.

Declare it once and give it as validator to each field, parameter or list item that holds it:

    FEED_KIND = Enumeration("FeedKind", ("synthetic", "recorded", "live"), "How true a feed is.")

    kind = fields.String(required=True, validate=FEED_KIND)

Where a standard has a name, that is the name (`OccupancyStatus` of GTFS). v1 only adds words.
"""

from collections.abc import Iterable
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow.openapi import OpenAPIConverter
from marshmallow import fields, validate


class Enumeration(validate.OneOf):
    """One of ``choices``, words or whole numbers: ``components/schemas/<name>``."""

    def __init__(self, name: str, choices: Iterable[str | int], meaning: str) -> None:
        super().__init__(tuple(choices))
        self.name = name
        self.meaning = meaning
        self.reference = {"$ref": f"#/components/schemas/{name}"}

    def enter(self, spec: APISpec) -> None:
        """Put it among the components of ``spec``, once. Refuses a name that means two things."""
        kind = "integer" if all(isinstance(choice, int) for choice in self.choices) else "string"
        entry = {"type": kind, "enum": list(self.choices), "description": self.meaning}
        if spec.components.schemas.get(self.name) != entry:
            spec.components.schema(self.name, entry)


def refer_to_enumeration(
    converter: OpenAPIConverter, field: fields.Field[Any], ret: dict[str, Any]
) -> dict[str, Any]:
    """An attribute function of apispec: a field says which enumeration it holds, not its words."""
    held = next((v for v in field.validators if isinstance(v, Enumeration)), None)
    if held is None:
        return {}
    held.enter(converter.spec)
    for said_there in ("type", "enum"):
        ret.pop(said_there, None)
    if field.allow_none:
        return {"anyOf": [held.reference, {"type": "null"}]}
    return held.reference
