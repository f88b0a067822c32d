"""Shapes of what the registers hold about somebody."""

from marshmallow import fields, validate

from hub.web import Enumeration, Instant, Schema

from .access_schemas import LEGAL_BASIS, READER_KIND

ENTITLEMENT_KIND = Enumeration(
    "EntitlementKind",
    ("student", "senior", "disabled", "carer"),
    "What somebody is entitled to reductions or help as.",
)
ENTITLEMENT_STATE = Enumeration(
    "EntitlementState", ("granted", "refused", "ended"), "Where an entitlement stands."
)
APPEAL_STATE = Enumeration(
    "AppealState", ("filed", "upheld", "dismissed"), "Where an appeal stands."
)
_RECORD_ID = "record_01k9z3m8q4v7x2c5n1b6h0j8rt"


class RecordValue(Schema):
    """One thing that a register holds."""

    field = fields.String(required=True, metadata={"example": "district"})
    title = fields.String(
        required=True,
        metadata={"description": "In the reader's language.", "example": "District"},
    )
    value = fields.String(required=True, metadata={"example": "Nangang"})


class HeldRecord(Schema):
    """One record, in its newest version."""

    id = fields.String(required=True, metadata={"example": _RECORD_ID})
    key = fields.String(required=True, metadata={"example": "person"})
    version = fields.Integer(required=True, metadata={"example": 1})
    source = fields.String(required=True, metadata={"example": "Public security bureau"})
    as_of = Instant(required=True, metadata={"description": "When the source said so."})
    values = fields.List(fields.Nested(RecordValue), required=True)


class DeclaredPurpose(Schema):
    """For what a register may be read, and by whom; there is no other way to read it."""

    slug = fields.String(required=True, metadata={"example": "age_check"})
    sentence = fields.String(
        required=True,
        metadata={"example": "To see whether you are old enough for a service that you asked for."},
    )
    basis = fields.String(required=True, validate=LEGAL_BASIS, metadata={"example": "consent"})
    source = fields.String(
        required=True,
        metadata={"description": "Where the basis is written.", "example": "PIPL article 13 (1)"},
    )
    fields_ = fields.List(
        fields.String(metadata={"example": "born_on"}), required=True, data_key="fields"
    )
    askers = fields.List(
        fields.String(validate=READER_KIND, metadata={"example": "partner"}), required=True
    )


class HeldRegister(Schema):
    """A register, what it holds about the person, and who may read it what for."""

    register = fields.String(required=True, metadata={"example": "population"})
    title = fields.String(required=True, metadata={"example": "Population register"})
    keeper = fields.String(required=True, metadata={"example": "Public security bureau"})
    as_of = Instant(metadata={"description": "When its office last confirmed all of it."})
    source_away = fields.Boolean(
        required=True,
        metadata={"description": "It did not answer when last asked; `as_of` is earlier."},
    )
    records = fields.List(fields.Nested(HeldRecord), required=True)
    purposes = fields.List(fields.Nested(DeclaredPurpose), required=True)


class HeldRecords(Schema):
    """What the city's registers hold about the person; nothing before their name is verified."""

    items = fields.List(fields.Nested(HeldRegister), required=True)


class Appeal(Schema):
    """A person's appeal against a refusal."""

    id = fields.String(required=True, metadata={"example": "appeal_01k9z3m8q4v7x2c5n1b6h0j8rt"})
    state = fields.String(required=True, validate=APPEAL_STATE, metadata={"example": "filed"})
    statement = fields.String(required=True, metadata={"example": "The certificate is attached."})
    filed_at = Instant(required=True)
    decided_at = Instant()
    answer = fields.String(metadata={"description": "What the office says."})


class AppealRequest(Schema):
    """Why the refusal is wrong."""

    statement = fields.String(
        required=True,
        validate=validate.Length(1, 4000),
        metadata={"example": "My carer's certificate was renewed on 3 November."},
    )


class Entitlement(Schema):
    """An entitlement as the register holds it: granted, refused with a reason, or ended."""

    id = fields.String(required=True, metadata={"example": _RECORD_ID})
    kind = fields.String(required=True, validate=ENTITLEMENT_KIND, metadata={"example": "student"})
    state = fields.String(
        required=True, validate=ENTITLEMENT_STATE, metadata={"example": "granted"}
    )
    issuer = fields.String(metadata={"example": "Harbin Institute of Examples (invented)"})
    valid_from = fields.Date(metadata={"example": "2026-09-01"})
    valid_until = fields.Date(metadata={"example": "2030-06-30"})
    valid_today = fields.Boolean(
        required=True, metadata={"description": "Granted, and valid on this day of the city."}
    )
    evidence = fields.String(metadata={"example": "Certificate SYN-77"})
    reason = fields.String(metadata={"description": "Why it was refused."})
    source = fields.String(required=True, metadata={"example": "Civil affairs bureau"})
    as_of = Instant(required=True, metadata={"description": "When the source said so."})
    appeal = fields.Nested(Appeal)


class Entitlements(Schema):
    """The person's entitlements; none before their name is verified."""

    items = fields.List(fields.Nested(Entitlement), required=True)
    as_of = Instant(metadata={"description": "When the register last confirmed all of it."})
    source_away = fields.Boolean(required=True)
