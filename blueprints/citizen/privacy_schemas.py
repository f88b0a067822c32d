"""Shapes of the person's copy of their data, and of closing the account."""

from marshmallow import fields

from hub.web import Enumeration, Instant, Schema, page_schema

EXPORT_STATE = Enumeration(
    "ExportState", ("waiting", "ready"), "A copy can be fetched once it is ready."
)
CLOSURE_STATE = Enumeration(
    "ClosureState", ("none", "waiting"), "Whether the account will be closed."
)


class Export(Schema):
    """A copy of what the city keeps about you."""

    id = fields.String(required=True, metadata={"example": "export_01k9z3m8q4v7x2c5n1b6h0j8rt"})
    state = fields.String(required=True, validate=EXPORT_STATE, metadata={"example": "ready"})
    asked_at = Instant(required=True)
    ready_at = Instant()
    expires_at = Instant(metadata={"description": "Then it is deleted."})
    size = fields.Integer(metadata={"description": "Bytes of the zip.", "example": 4096})


ExportPage = page_schema(Export, "ExportPage")


class ClosureRequest(Schema):
    """The wish to close the account."""

    sign_out_everywhere = fields.Boolean(
        load_default=False,
        truthy={True},
        falsy={False},
        metadata={"description": "End all sessions now, this one too.", "example": False},
    )


class Closure(Schema):
    """Whether the account will be closed, and when."""

    state = fields.String(required=True, validate=CLOSURE_STATE, metadata={"example": "waiting"})
    asked_at = Instant()
    due_at = Instant(metadata={"description": "Until then it can be called off."})
