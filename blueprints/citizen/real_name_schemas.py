"""Shapes of real names."""

from marshmallow import fields, validate

from hub.identity import DocumentKind
from hub.web import Enumeration, Instant, Schema

DOCUMENT_KIND = Enumeration(
    "DocumentKind", (kind.value for kind in DocumentKind), "What sort of document it is."
)
REAL_NAME_STATE = Enumeration(
    "RealNameState",
    ("none", "pending", "verified", "refused", "revoked"),
    "Where a person's real name stands: nothing handed in, the register is being asked, confirmed,"
    " not accepted, or ended.",
)
REAL_NAME_REASON = Enumeration(
    "RealNameReason",
    ("no_match", "not_current", "under_14", "taken", "register_away", "withdrawn", "released"),
    "Why a document was refused (the first five), or how a verified name ended.",
)


class RealNameRequest(Schema):
    """A document, and the name that is printed on it."""

    kind = fields.String(
        required=True,
        validate=DOCUMENT_KIND,
        metadata={"example": "passport"},
    )
    issuing_state = fields.String(
        load_default="CHN",
        validate=validate.Length(1, 8),
        metadata={
            "description": "Who issued it: three letters (ISO 3166, ICAO 9303).",
            "example": "UTO",
        },
    )
    number = fields.String(
        required=True,
        validate=validate.Length(1, 40),
        metadata={
            "description": "As printed; spaces, a small x and full-width digits do not matter.",
            "example": "L898902C3",
        },
    )
    name = fields.String(
        required=True,
        validate=validate.Length(1, 200),
        metadata={"description": "As printed.", "example": "ERIKSSON ANNA MARIA"},
    )
    mrz = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(1, 200),
        metadata={
            "description": "The two machine-readable lines of a passport; all check digits are "
            "looked at, and they must be of this passport.",
        },
    )
    sensitive_consent = fields.Boolean(
        required=True,
        metadata={
            "description": "The person was told what the number is used for and agreed to that "
            "alone (PIPL article 29).",
            "example": True,
        },
    )


class RealNameRefusal(Schema):
    """Why a document was refused, in the reader's language, with a page that says what to do."""

    type = fields.String(required=True, metadata={"example": "/problems/real-name-not-confirmed"})
    title = fields.String(
        required=True,
        metadata={"example": "The register does not know this name under this number"},
    )


class RealName(Schema):
    """Where the person stands; number and name are masked."""

    state = fields.String(
        required=True,
        validate=REAL_NAME_STATE,
        metadata={"example": "verified"},
    )
    kind = fields.String(validate=DOCUMENT_KIND, metadata={"example": "resident_card"})
    issuing_state = fields.String(metadata={"example": "CHN"})
    number = fields.String(metadata={"example": "000101********1235"})
    name = fields.String(metadata={"example": "*伟"})
    reason = fields.String(
        validate=REAL_NAME_REASON,
        metadata={"example": "no_match"},
    )
    refusal = fields.Nested(RealNameRefusal)
    provider_reference = fields.String(
        metadata={"description": "The register's own number.", "example": "SIM-0A1B2C3D4E5F6071"}
    )
    submitted_at = Instant()
    decided_at = Instant()
    ended_at = Instant()
