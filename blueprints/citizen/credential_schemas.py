"""Shapes of passwords, recovery codes and step-up."""

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from hub.web import Enumeration, Instant, Schema

from .schemas import ASSURANCE_LEVEL, device_name_field, login_field, second_code, six_digits

ADDRESS_CHANNEL = Enumeration("AddressChannel", ("sms", "email"), "What kind of address it is.")
PROOF = Enumeration(
    "Proof",
    ("code", "password", "code_and_second_factor", "password_and_second_factor"),
    "What a person can show in a step-up.",
)


def password_field(**more: Any) -> fields.String:
    """A password as it was typed; whether it is good enough is not the schema's to say."""
    return fields.String(
        validate=validate.Length(1, 512),
        metadata={
            "description": "As typed: spaces and any script count, nothing is cut off.",
            "example": "seven snowmen on Zhaolin Street",
            "format": "password",
        },
        **more,
    )


class PasswordEntry(Schema):
    """An address and its account's password."""

    channel = fields.String(required=True, validate=ADDRESS_CHANNEL, metadata={"example": "sms"})
    address = fields.String(
        required=True,
        validate=validate.Length(3, 254),
        metadata={
            "description": "A telephone number with its country code, or an e-mail address.",
            "example": "+8613912345678",
        },
    )
    password = password_field(required=True)
    device_name = device_name_field()


class NewPassword(Schema):
    """The password that the person chose."""

    password = password_field(required=True)
    sign_out_elsewhere = fields.Boolean(
        load_default=True,
        truthy={True},
        falsy={False},
        metadata={"description": "End all other sessions.", "example": True},
    )


class StepUp(Schema):
    """What the person shows now: as much as the account asks for, in one request."""

    password = password_field(load_default=None)
    second_code = second_code(load_default=None)
    login = login_field(load_default=None)
    code = six_digits("493027", load_default=None)

    @validates_schema
    def together(self, data: dict[str, Any], **_: Any) -> None:
        """A message's code goes with its login."""
        if (data.get("login") is None) != (data.get("code") is None):
            raise ValidationError("A code and its login go together.")


class StepUpTokens(Schema):
    """A fresh access token that says what was shown. Your refresh token stays what it was."""

    access_token = fields.String(
        required=True,
        metadata={"description": "RFC 9068 JWT.", "example": "eyJhbGciOiJFUzI1NiIs..."},
    )
    token_type = fields.String(required=True, metadata={"example": "Bearer"})
    expires_in = fields.Integer(required=True, metadata={"description": "Seconds.", "example": 600})
    scope = fields.String(required=True, metadata={"example": "citizen.profile:read"})
    session = fields.String(
        required=True, metadata={"example": "session_01k9z3m8q4v7x2c5n1b6h0j8rt"}
    )
    acr = fields.String(
        required=True, validate=ASSURANCE_LEVEL, metadata={"example": "urn:city:loa:2"}
    )


class RecoveryCodes(Schema):
    """Ten codes for paper, shown this once."""

    codes = fields.List(
        fields.String(metadata={"example": "k7m2x-9qv4t"}),
        required=True,
        metadata={"description": "Each is good once instead of the authenticator app."},
    )


class Security(Schema):
    """How the person's account is protected."""

    password_set_at = Instant(metadata={"description": "Absent without a password."})
    authenticator = fields.Boolean(
        required=True,
        metadata={"description": "Whether an authenticator app is set up.", "example": True},
    )
    recovery_codes_left = fields.Integer(required=True, metadata={"example": 9})
    step_up = fields.List(
        fields.String(validate=PROOF, metadata={"example": "password_and_second_factor"}),
        required=True,
        metadata={"description": "What is asked of the person before they change any of this."},
    )
