"""Shapes of passwords, recovery codes and step-up."""

from typing import Any

from marshmallow import EXCLUDE, ValidationError, fields, validate, validates_schema

from hub.web import Enumeration, Instant, Schema

from .schemas import (
    ASSURANCE_LEVEL,
    PRINTABLE,
    device_mark,
    device_name_field,
    login_field,
    second_code,
    six_digits,
)

ADDRESS_CHANNEL = Enumeration("AddressChannel", ("sms", "email"), "What kind of address it is.")
_BASE64URL = validate.Regexp(r"[A-Za-z0-9_-]{1,8192}$", error="Base64url without padding.")
PROOF = Enumeration(
    "Proof",
    ("code", "password", "code_and_second_factor", "password_and_second_factor", "passkey"),
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


def _base64url(example: str, required: bool = False) -> fields.String:
    return fields.String(required=required, validate=_BASE64URL, metadata={"example": example})


def passkey_name() -> fields.String:
    """How the person knows a passkey again."""
    return fields.String(
        required=True, validate=[validate.Length(1, 64), PRINTABLE], metadata={"example": "Phone"}
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
    device = device_mark()


class NewPassword(Schema):
    """The password that the person chose."""

    password = password_field(required=True)
    sign_out_elsewhere = fields.Boolean(
        load_default=True,
        truthy={True},
        falsy={False},
        metadata={"description": "End all other sessions.", "example": True},
    )


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


class PasskeyResponse(Schema):
    """What the authenticator made or signed; members that a browser adds are let be."""

    class Meta:
        unknown = EXCLUDE

    clientDataJSON = _base64url("eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoi...", True)  # noqa: N815
    attestationObject = _base64url("o2NmbXRkbm9uZWdhdHRTdG10oGhhdXRoRGF0YVik...")  # noqa: N815
    authenticatorData = _base64url("SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2MFAAAAAA")  # noqa: N815
    signature = _base64url("MEUCIQDx...")
    userHandle = fields.String(  # noqa: N815
        allow_none=True,
        validate=validate.Regexp(r"[A-Za-z0-9_-]{0,128}$", error="Base64url without padding."),
        metadata={"example": "AZqvI3n8dQ6Ql0a8x2Kf5g"},
    )
    transports = fields.List(
        fields.String(validate=validate.Length(max=32), metadata={"example": "internal"}),
        validate=validate.Length(max=10),
    )


class PasskeyCredential(Schema):
    """`PublicKeyCredential.toJSON()` of the browser (WebAuthn Level 3); what it adds is let be."""

    class Meta:
        unknown = EXCLUDE

    id = _base64url("zVnJ7yYX3oJzTtO6cS2n4w", True)
    rawId = _base64url("zVnJ7yYX3oJzTtO6cS2n4w", True)  # noqa: N815
    type = fields.String(
        required=True, validate=validate.Equal("public-key"), metadata={"example": "public-key"}
    )
    response = fields.Nested(PasskeyResponse, required=True)


class StepUp(Schema):
    """What the person shows now: as much as the account asks for, in one request."""

    password = password_field(load_default=None)
    second_code = second_code(load_default=None)
    login = login_field(load_default=None)
    code = six_digits("493027", load_default=None)
    passkey = fields.Nested(
        PasskeyCredential,
        load_default=None,
        metadata={"description": "Alone with the `login` of its challenge."},
    )

    @validates_schema
    def together(self, data: dict[str, Any], **_: Any) -> None:
        """A message's code, or a passkey, goes with its login."""
        if data.get("passkey") is not None:
            if data.get("login") is None or any(
                data.get(name) is not None for name in ("password", "second_code", "code")
            ):
                raise ValidationError("A passkey goes with its login, and alone.")
        elif (data.get("login") is None) != (data.get("code") is None):
            raise ValidationError("A code and its login go together.")


class PasskeyChallenge(Schema):
    """A passkey ceremony has begun."""

    login = login_field()
    options = fields.Dict(
        keys=fields.String(),
        required=True,
        metadata={
            "description": "For `navigator.credentials`, as WebAuthn Level 3 writes it in JSON: "
            "`PublicKeyCredential.parseCreationOptionsFromJSON` or `parseRequestOptionsFromJSON`.",
            "example": {"challenge": "o2R7...", "rpId": "hub.example"},
        },
    )
    expires_at = Instant(required=True)


class PasskeyEntry(Schema):
    """A passkey, shown."""

    login = login_field()
    credential = fields.Nested(PasskeyCredential, required=True)
    device_name = device_name_field()
    device = device_mark()


class NewPasskey(Schema):
    """A passkey, just made."""

    login = login_field()
    credential = fields.Nested(PasskeyCredential, required=True)
    name = passkey_name()


class PasskeySignUp(NewPasskey):
    """A passkey, just made, that opens an account."""

    device_name = device_name_field()
    device = device_mark()


class PasskeyName(Schema):
    """What the person calls a passkey."""

    name = passkey_name()


class Passkey(Schema):
    """A passkey of the person."""

    id = fields.String(required=True, metadata={"example": "passkey_01k9z3m8q4v7x2c5n1b6h0j8rt"})
    name = fields.String(required=True, metadata={"example": "Phone"})
    synced = fields.Boolean(
        required=True,
        metadata={
            "description": "Whether their devices share it; else it stays on one device.",
            "example": True,
        },
    )
    backed_up = fields.Boolean(required=True, metadata={"example": True})
    created_at = Instant(required=True)
    last_used_at = Instant()


class Passkeys(Schema):
    """The person's passkeys, twenty at most, oldest first."""

    items = fields.List(fields.Nested(Passkey), required=True)


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
    passkeys = fields.Integer(
        required=True, metadata={"description": "How many there are.", "example": 1}
    )
    recovery_codes_left = fields.Integer(required=True, metadata={"example": 9})
    step_up = fields.List(
        fields.String(validate=PROOF, metadata={"example": "password_and_second_factor"}),
        required=True,
        metadata={"description": "What is asked of the person before they change any of this."},
    )
