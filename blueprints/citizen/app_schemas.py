"""Shapes of the list of partners' apps."""

from typing import Any

from marshmallow import fields

from hub.web import Instant, Schema, page_schema


def _texts(example: str) -> Any:
    return fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        required=True,
        metadata={"description": "Language tag (BCP 47) to text.", "example": {"en": example}},
    )


class App(Schema):
    """A partner's app that the person has let in."""

    id = fields.String(
        required=True,
        metadata={"description": "Its client id.", "example": "client_01k9z3m8q4v7x2c5n1b6h0j8rt"},
    )
    name = _texts("Route planner (synthetic)")
    organisation = fields.String(required=True, metadata={"example": "Songhua Maps (synthetic)"})
    purpose = _texts("To show your stops in the planner.")
    scopes = fields.List(
        fields.String(metadata={"example": "traffic.favourite:read"}), required=True
    )
    may = fields.List(
        fields.String(metadata={"example": "See the favourite stops and lines"}),
        required=True,
        metadata={"description": "The same in sentences, in the reader's language."},
    )
    while_away = fields.Boolean(
        required=True,
        metadata={"description": "Also while nobody is signed in.", "example": False},
    )
    allowed_at = Instant(required=True)
    last_used_at = Instant(required=True)
    until = Instant(required=True)


AppPage = page_schema(App, "AppPage")
