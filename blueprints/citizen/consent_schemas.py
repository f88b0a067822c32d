"""Shapes of the register of consents."""

from marshmallow import fields

from hub.web import LANGUAGE, Enumeration, Instant, Schema, page_schema

CONSENT_STATE = Enumeration(
    "ConsentState",
    ("live", "over", "withdrawn"),
    "Only a live consent lets anybody do anything; one that is over has reached its end.",
)
CONSENT_SOURCE = Enumeration(
    "ConsentSource", ("page", "app", "counter"), "Where a consent was given."
)
CONSENT_ACT = Enumeration(
    "ConsentAct", ("given", "withdrawn"), "What a person did: gave a consent, or took it back."
)


class Consent(Schema):
    """What you let somebody use, in the words you were shown."""

    id = fields.String(required=True, metadata={"example": "consent_01k9z3m8q4v7x2c5n1b6h0j8rt"})
    recipient = fields.String(
        required=True,
        metadata={
            "description": "A partner's client id, or `city:` and the purpose.",
            "example": "client_01k9z3m8q4v7x2c5n1b6h0j8rt",
        },
    )
    recipient_name = fields.String(required=True, metadata={"example": "Songhua Tours"})
    scopes = fields.List(
        fields.String(metadata={"example": "citizen.profile:read"}),
        required=True,
        metadata={"description": "What they may use."},
    )
    purpose_text = fields.String(
        required=True, metadata={"example": "To print your name on the ticket."}
    )
    purpose_version = fields.String(required=True, metadata={"example": "1"})
    language = fields.String(
        required=True,
        validate=LANGUAGE,
        metadata={"description": "Of the purpose's text.", "example": "en"},
    )
    source = fields.String(
        required=True,
        validate=CONSENT_SOURCE,
        metadata={"description": "Where it was given.", "example": "page"},
    )
    state = fields.String(
        required=True,
        validate=CONSENT_STATE,
        metadata={"description": "Only a live one lets anybody do anything.", "example": "live"},
    )
    given_at = Instant(required=True)
    until = Instant(required=True)
    withdrawn_at = Instant()


ConsentPage = page_schema(Consent, "ConsentPage")


class ReceiptQuery(Schema):
    """Whose receipt: of giving the consent, or of taking it back."""

    act = fields.String(
        load_default="given",
        validate=CONSENT_ACT,
        metadata={"example": "given"},
    )
