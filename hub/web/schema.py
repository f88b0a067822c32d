"""Schemas: what every shape of the API has in common."""

from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from .enumeration import Enumeration
from .languages import LANGUAGES

COORDINATE_SYSTEM = Enumeration(
    "CoordinateSystem",
    ("wgs84", "gcj02", "bd09"),
    "WGS 84, or the shifted systems of maps of mainland China (`bd09`: Baidu's).",
)
LANGUAGE = Enumeration("Language", LANGUAGES, "A language that the hub speaks (BCP 47).")


class Schema(ma.Schema):
    """Unknown input is refused; an output without a value is left out: absent means null."""

    class Meta:
        unknown = ma.RAISE

    @ma.post_dump
    def leave_out_absent(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Absent means null."""
        return {name: value for name, value in data.items() if value is not None}


class Instant(fields.AwareDateTime):
    """A moment: RFC 3339 in UTC, to the second or finer."""

    def __init__(self, **more: Any) -> None:
        super().__init__(format="iso", **more)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        shown = super()._serialize(value, attr, obj, **kwargs)
        return shown.replace("+00:00", "Z") if isinstance(shown, str) else shown


class Place(Schema):
    """A GeoJSON point: longitude first (RFC 7946)."""

    type = fields.Constant("Point", metadata={"type": "string", "enum": ["Point"]})
    coordinates = fields.List(
        fields.Float(),
        required=True,
        validate=validate.Length(equal=2),
        metadata={"example": [126.63, 45.76], "description": "Longitude, latitude in degrees."},
    )


class PageQuery(Schema):
    """How much of a list, and from where on."""

    limit = fields.Integer(
        load_default=20,
        validate=validate.Range(1, 100),
        metadata={"description": "How many at most.", "example": 20},
    )
    after = fields.String(
        load_default=None,
        validate=validate.Length(max=500),
        metadata={"description": "The `next` of the page before."},
    )


class CoordinatesQuery(Schema):
    """In which coordinate system places are answered."""

    crs = fields.String(
        load_default="wgs84",
        validate=COORDINATE_SYSTEM,
        metadata={
            "description": "WGS 84, or shifted as maps of mainland China draw it.",
            "example": "wgs84",
        },
    )


class FieldProblem(Schema):
    """One wrong place in the input."""

    pointer = fields.String(required=True, metadata={"example": "/address"})
    detail = fields.String(required=True, metadata={"example": "Not a valid phone number."})


class Problem(Schema):
    """What went wrong (RFC 9457); ``type`` leads to a page with what to do next."""

    class Meta:
        unknown = ma.INCLUDE

    type = fields.String(required=True, metadata={"example": "/problems/not-found"})
    title = fields.String(required=True, metadata={"example": "Not found"})
    status = fields.Integer(required=True, metadata={"example": 404})
    detail = fields.String(metadata={"example": "Check the address and the id."})
    instance = fields.String(
        required=True,
        metadata={"description": "The request id.", "example": "9f1c2d3e4b5a69788796a5b4c3d2e1f0"},
    )
    errors = fields.List(fields.Nested(FieldProblem))


class _Page(ma.Schema):
    """A page says null at its end, where other shapes leave out."""

    class Meta:
        unknown = ma.RAISE


def page_schema(item: type[Schema], name: str) -> type[ma.Schema]:
    """The schema of a keyset page of ``item``."""
    return _Page.from_dict(
        {
            "items": fields.List(fields.Nested(item), required=True),
            "next": fields.String(
                required=True,
                allow_none=True,
                metadata={"description": "Give it as `after` for the next page; null at the end."},
            ),
        },
        name=name,
    )
