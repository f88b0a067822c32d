"""Shapes of the citizen's own API."""

from typing import Any

from marshmallow import ValidationError, fields, pre_load, validate

from hub import identity
from hub.web import LANGUAGE, Enumeration, Instant, Schema, page_schema

CODE_CHANNEL = Enumeration(
    "CodeChannel",
    ("sms", "email", "voice"),
    "How a one-time code travels; `voice` calls any telephone and reads it out.",
)
ASSURANCE_LEVEL = Enumeration(
    "AssuranceLevel",
    (identity.LOA_CODE, identity.LOA_STRONG, identity.LOA_VERIFIED),
    "How surely it is them: a one-time code, a second kind of factor, a verified real name.",
)

_LOGIN = validate.Regexp(r"login_[A-Za-z0-9_-]{43}$", error="Not a login of ours.")
_SIX_DIGITS = validate.Regexp(r"[0-9]{6}$", error="Six digits.")
_SECOND_CODE = validate.Regexp(
    r"([0-9]{6}|[0-9A-Za-z]{5}-?[0-9A-Za-z]{5})$", error="Six digits, or a recovery code."
)
PRINTABLE = validate.Regexp(
    r"[^\x00-\x1f\x7f]*\S[^\x00-\x1f\x7f]*$", error="Only letters and signs."
)


def login_field(**more: Any) -> fields.String:
    """The secret of a sign-in under way."""
    return fields.String(
        validate=_LOGIN,
        metadata={
            "description": "From the answer to `POST /v1/sign-in/codes`; keep it to yourself.",
            "example": "login_pB2c3qkZ0m1x4v7Y9tW6uJ8nL5rD2fG1hK3sQ0aE4iM",
        },
        **(more or {"required": True}),
    )


def six_digits(example: str, **more: Any) -> fields.String:
    """A code of six digits."""
    return fields.String(
        validate=_SIX_DIGITS, metadata={"example": example}, **(more or {"required": True})
    )


def second_code(**more: Any) -> fields.String:
    """Six digits of an authenticator app, or ten characters off the paper."""
    return fields.String(
        validate=_SECOND_CODE,
        metadata={
            "description": "Six digits of the authenticator app, or a recovery code.",
            "example": "112358",
        },
        **more,
    )


def device_name_field() -> fields.String:
    """How the person knows this device again."""
    return fields.String(
        load_default=None,
        validate=[validate.Length(1, 64), PRINTABLE],
        metadata={
            "description": "What the person calls this device in their list of devices.",
            "example": "Li Na's phone",
        },
    )


def device_mark() -> fields.String:
    """The mark that an earlier sign-in gave this device."""
    return fields.String(
        load_default=None,
        validate=validate.Regexp(r"device_[A-Za-z0-9_-]{43}$", error="Not a device of ours."),
        metadata={
            "description": "The `device` of an earlier sign-in here. Without it the person is told"
            " that somebody signed in on a new device.",
            "example": "device_pB2c3qkZ0m1x4v7Y9tW6uJ8nL5rD2fG1hK3sQ0aE4iM",
        },
    )


class CodeRequest(Schema):
    """Where to send a one-time code."""

    channel = fields.String(required=True, validate=CODE_CHANNEL, metadata={"example": "sms"})
    address = fields.String(
        required=True,
        validate=validate.Length(3, 254),
        metadata={
            "description": "A telephone number with its country code, or an e-mail address.",
            "example": "+8613912345678",
        },
    )


class CodeAsked(Schema):
    """A sign-in has begun and a code is on its way."""

    login = login_field()
    expires_at = Instant(required=True, metadata={"description": "When the code stops working."})
    again_at = Instant(
        required=True, metadata={"description": "When to ask again at the earliest."}
    )


class CodeEntry(Schema):
    """The code that the person received."""

    login = login_field()
    code = six_digits("493027")
    device_name = device_name_field()
    device = device_mark()


class SecondFactorEntry(Schema):
    """The code that the person's authenticator app shows, or one of their recovery codes."""

    login = login_field()
    code = second_code(required=True)
    device_name = device_name_field()
    device = device_mark()


class RefreshRequest(Schema):
    """A refresh token, to be exchanged for its successor."""

    refresh_token = fields.String(
        required=True,
        validate=validate.Length(1, 512),
        metadata={"example": "u3T0bJmVw1Yx9rKqS6cE2hZ8nP5dL7fG4aQ1iM0oX3k"},
    )


class Tokens(Schema):
    """Ten minutes of access, and the means to get the next ten."""

    access_token = fields.String(
        required=True,
        metadata={"description": "RFC 9068 JWT.", "example": "eyJhbGciOiJFUzI1NiIs..."},
    )
    token_type = fields.String(required=True, metadata={"example": "Bearer"})
    expires_in = fields.Integer(required=True, metadata={"description": "Seconds.", "example": 600})
    refresh_token = fields.String(
        required=True,
        metadata={
            "description": "Good once. Store it before you use it; its use gives the next one.",
            "example": "u3T0bJmVw1Yx9rKqS6cE2hZ8nP5dL7fG4aQ1iM0oX3k",
        },
    )
    scope = fields.String(required=True, metadata={"example": "citizen.profile:read"})
    session = fields.String(
        required=True, metadata={"example": "session_01k9z3m8q4v7x2c5n1b6h0j8rt"}
    )
    acr = fields.String(
        required=True, validate=ASSURANCE_LEVEL, metadata={"example": "urn:city:loa:1"}
    )
    device = fields.String(
        metadata={
            "description": "Of a new sign-in: keep it with the app and send it with the next.",
            "example": "device_pB2c3qkZ0m1x4v7Y9tW6uJ8nL5rD2fG1hK3sQ0aE4iM",
        }
    )


_NOT_TOLD = "Not told to partners' apps."


class Me(Schema):
    """The person behind the token, as they see themselves."""

    id = fields.String(required=True, metadata={"example": "person_01k9z3m8q4v7x2c5n1b6h0j8rt"})
    display_name = fields.String(metadata={"example": "Li Na"})
    language = fields.String(required=True, validate=LANGUAGE, metadata={"example": "zh-CN"})
    phone = fields.String(metadata={"description": "Masked.", "example": "+86*********78"})
    email = fields.String(metadata={"description": "Masked.", "example": "l***@example.org"})
    second_factor = fields.Boolean(metadata={"description": _NOT_TOLD, "example": False})
    acr = fields.String(
        required=True,
        validate=ASSURANCE_LEVEL,
        metadata={"description": "How surely this sign-in is them.", "example": "urn:city:loa:1"},
    )
    amr = fields.List(
        fields.String(metadata={"example": "sms"}),
        required=True,
        metadata={"description": "How they signed in (RFC 8176)."},
    )
    synthetic = fields.Boolean(
        required=True, metadata={"description": "Invented, for a demonstration.", "example": False}
    )
    created_at = Instant(metadata={"description": _NOT_TOLD})


class MeChanges(Schema):
    """What a person may change of themselves; what is left out stays."""

    display_name = fields.String(
        allow_none=True,
        validate=[validate.Length(1, 80), PRINTABLE],
        metadata={"description": "Null takes the name away.", "example": "Li Na"},
    )
    language = fields.String(validate=LANGUAGE, metadata={"example": "zh-CN"})

    @pre_load
    def not_empty(self, data: Any, **_: Any) -> Any:
        """A change changes something."""
        if data == {}:
            raise ValidationError("Say what to change.")
        return data


class Session(Schema):
    """A device or browser on which the person is signed in."""

    id = fields.String(required=True, metadata={"example": "session_01k9z3m8q4v7x2c5n1b6h0j8rt"})
    device_name = fields.String(metadata={"example": "Li Na's phone"})
    current = fields.Boolean(
        required=True, metadata={"description": "The one that asks.", "example": True}
    )
    acr = fields.String(
        required=True, validate=ASSURANCE_LEVEL, metadata={"example": "urn:city:loa:1"}
    )
    amr = fields.List(
        fields.String(metadata={"example": "sms"}),
        required=True,
        metadata={"description": "How the person signed in there (RFC 8176)."},
    )
    signed_in_at = Instant(required=True)
    last_seen_at = Instant(required=True, metadata={"description": "To about ten minutes."})
    expires_at = Instant(required=True)


SessionPage = page_schema(Session, "SessionPage")


class SignedOut(Schema):
    """How many sessions were ended."""

    ended = fields.Integer(required=True, metadata={"example": 3})


class NewAuthenticator(Schema):
    """The secret for an authenticator app, shown this once."""

    secret = fields.String(
        required=True,
        metadata={"description": "Base32.", "example": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"},
    )
    uri = fields.String(
        required=True,
        metadata={
            "description": "For a QR code.",
            "example": "otpauth://totp/Harbin:%2B86*78?secret=JBSWY3DPEHPK3PXP&issuer=Harbin",
        },
    )


class AuthenticatorCode(Schema):
    """A code of the authenticator app."""

    code = six_digits("112358")


class ShownMessage(Schema):
    """A message that this demonstration shows instead of sending."""

    id = fields.String(required=True, metadata={"example": "message_01k9z3m8q4v7x2c5n1b6h0j8rt"})
    channel = fields.String(required=True, metadata={"example": "sms"})
    address = fields.String(required=True, metadata={"example": "+8613912345678"})
    subject = fields.String(required=True, metadata={"example": "Your code for Harbin"})
    text = fields.String(required=True, metadata={"example": "493027 is your code for Harbin."})
    sent_at = Instant(required=True)


class ShownMessages(Schema):
    """The newest messages of this demonstration."""

    items = fields.List(fields.Nested(ShownMessage), required=True)


class MessageQuery(Schema):
    """Whose messages."""

    address = fields.String(
        load_default=None,
        validate=validate.Length(max=254),
        metadata={"description": "Only those to this address.", "example": "+8613912345678"},
    )
