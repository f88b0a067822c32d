"""Shapes of recoveries and of a number's new holder."""

from marshmallow import fields, validate

from hub.web import Enumeration, Instant, Schema

from .schemas import device_mark, device_name_field, login_field, six_digits

RECOVERY_KIND = Enumeration(
    "RecoveryKind",
    ("account", "address"),
    "What was asked for: to be let into the account, or the telephone number for another.",
)


def _secret() -> fields.String:
    return fields.String(
        required=True,
        validate=validate.Regexp(r"recovery_[A-Za-z0-9_-]{43}$", error="Not a recovery of ours."),
        metadata={"example": "recovery_pB2c3qkZ0m1x4v7Y9tW6uJ8nL5rD2fG1hK3sQ0aE4iM"},
    )


class RecoveryRequest(Schema):
    """A sign-in whose code was right but not enough."""

    login = login_field()


class RecoveryOpened(Schema):
    """A recovery that waits. Keep `recovery` until it is due."""

    recovery = _secret()
    due_at = Instant(required=True, metadata={"description": "When to come back."})
    lapses_at = Instant(required=True, metadata={"description": "After that it is too late."})


class RecoveryCompletion(Schema):
    """A recovery that is due, and a fresh code for the same address."""

    recovery = _secret()
    login = login_field()
    code = six_digits("493027")
    device_name = device_name_field()
    device = device_mark()


class RecoveryCancellation(Schema):
    """What the link in the notice carries."""

    token = fields.String(
        required=True,
        validate=validate.Length(1, 128),
        metadata={"example": "recovery_01k9z3m8q4v7x2c5n1b6h0j8rt.0f8e2b6c6f4e4a0e"},
    )


class NewAccount(Schema):
    """A sign-in by a telephone number that another account still has."""

    login = login_field()
    device_name = device_name_field()
    device = device_mark()


class Recovery(Schema):
    """What somebody asked for and you can stop."""

    id = fields.String(required=True, metadata={"example": "recovery_01k9z3m8q4v7x2c5n1b6h0j8rt"})
    kind = fields.String(required=True, validate=RECOVERY_KIND, metadata={"example": "account"})
    opened_at = Instant(required=True)
    due_at = Instant(required=True, metadata={"description": "When it happens, if not stopped."})


class Recoveries(Schema):
    """What waits for the account."""

    items = fields.List(fields.Nested(Recovery), required=True)
