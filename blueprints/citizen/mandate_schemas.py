"""Shapes of mandates and children."""

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from hub.web import Enumeration, Instant, Schema, page_schema

from .schemas import CodeEntry

MANDATE_KIND = Enumeration(
    "MandateKind",
    ("mandate", "care", "guardianship"),
    "One adult for another, a carer for a senior, or a guardian for a child.",
)
MANDATE_STATE = Enumeration(
    "MandateState",
    ("offered", "active", "over", "ended"),
    "Awaits the other's word, is in force within its term, has passed, or was ended.",
)
MANDATE_PART = Enumeration(
    "MandatePart",
    ("giver", "holder", "between"),
    "You are the one for whom is acted, who acts, or who handed it on.",
)
MANDATE_END = Enumeration(
    "MandateEnd",
    ("withdrawn", "given_up", "declined", "ended_with_another"),
    "By the giver, by the holder, before it was accepted, or with the one it was handed on from.",
)
CONFIRMED_THROUGH = Enumeration(
    "ConfirmedThrough", ("app", "kiosk"), "In the app or the pages, or at an enrolled kiosk."
)
CURRENCY = Enumeration("Currency", ("CNY",), "ISO 4217.")
_PERSON = validate.Regexp(r"person_[0-9a-hjkmnp-tv-z]{26}$", error="Not the id of a person.")
_A_PERSON = "person_01k9z3m8q4v7x2c5n1b6h0j8rt"
_A_MANDATE = "mandate_01k9z3m8q4v7x2c5n1b6h0j8rt"


class Money(Schema):
    """An amount in minor units."""

    amount = fields.Integer(
        required=True,
        strict=True,
        validate=validate.Range(0, 10**12),
        metadata={"description": "Minor units: 1250 is 12.50 yuan.", "example": 20000},
    )
    currency = fields.String(required=True, validate=CURRENCY, metadata={"example": "CNY"})


class NewMandate(Schema):
    """Whom you let act for you, in what, and until when."""

    kind = fields.String(
        load_default="mandate", validate=MANDATE_KIND, metadata={"example": "mandate"}
    )
    to = fields.String(
        load_default=None,
        validate=_PERSON,
        metadata={
            "description": "Their public id; left out, you get a code to tell them.",
            "example": _A_PERSON,
        },
    )
    scopes = fields.List(
        fields.String(
            validate=validate.Length(1, 128), metadata={"example": "traffic.favourite:manage"}
        ),
        load_default=(),
        validate=validate.Length(max=30),
        metadata={"description": "What they may do; not needed for another guardian."},
    )
    starts_at = Instant(load_default=None, metadata={"description": "Left out: at once."})
    until = Instant(
        load_default=None,
        metadata={"description": "At most a year, for carers three; guardianship ends at 18."},
    )
    acts_limit = fields.Integer(
        load_default=None,
        strict=True,
        validate=validate.Range(1, 100_000),
        metadata={"description": "How many changes they may make in all.", "example": 10},
    )
    amount_limit = fields.Nested(
        Money,
        load_default=None,
        metadata={"description": "The most for one payment; left out, they pay nothing for you."},
    )
    may_delegate = fields.Boolean(
        load_default=False,
        truthy={True},
        falsy={False},
        metadata={"description": "Whether they may hand it on, one step.", "example": False},
    )

    @validates_schema
    def has_an_end(self, data: dict[str, Any], **_: Any) -> None:
        """Only guardianship has its end by law."""
        if data.get("kind") != "guardianship" and data.get("until") is None:
            raise ValidationError("Say until when.", "until")


class MandateOffered(Schema):
    """The mandate is offered; the other must accept it."""

    id = fields.String(required=True, metadata={"example": _A_MANDATE})
    code = fields.String(
        metadata={
            "description": "Shown this once, for seven days: tell it to the one who shall act.",
            "example": "493027112358",
        }
    )


class Acceptance(Schema):
    """The mandate that you accept: by its code, or by its id when it was offered to you."""

    code = fields.String(
        load_default=None,
        validate=validate.Regexp(r"[0-9]{12}$", error="Twelve digits."),
        metadata={"example": "493027112358"},
    )
    mandate = fields.String(
        load_default=None, validate=validate.Length(1, 64), metadata={"example": _A_MANDATE}
    )

    @validates_schema
    def names_one(self, data: dict[str, Any], **_: Any) -> None:
        """One of the two."""
        if (data.get("code") is None) == (data.get("mandate") is None):
            raise ValidationError("Send the code or the mandate's id.", "code")


class Accepted(Schema):
    """The mandate that is in force now."""

    id = fields.String(required=True, metadata={"example": _A_MANDATE})


class MandatePerson(Schema):
    """One side of a mandate."""

    id = fields.String(required=True, metadata={"example": _A_PERSON})
    name = fields.String(metadata={"example": "Li Na"})


class Mandate(Schema):
    """A mandate as you see it."""

    id = fields.String(required=True, metadata={"example": _A_MANDATE})
    kind = fields.String(required=True, validate=MANDATE_KIND, metadata={"example": "mandate"})
    part = fields.String(required=True, validate=MANDATE_PART, metadata={"example": "giver"})
    state = fields.String(required=True, validate=MANDATE_STATE, metadata={"example": "active"})
    giver = fields.Nested(
        MandatePerson, required=True, metadata={"description": "For whom is acted."}
    )
    holder = fields.Nested(
        MandatePerson, metadata={"description": "Who acts; named once they have accepted."}
    )
    scopes = fields.List(
        fields.String(metadata={"example": "traffic.favourite:manage"}),
        required=True,
        metadata={"description": "What may be done; `*` is all that can be done for others."},
    )
    amount_limit = fields.Nested(Money, metadata={"description": "The most for one payment."})
    acts_limit = fields.Integer(metadata={"example": 10})
    acts_done = fields.Integer(
        required=True,
        metadata={
            "description": "Changes made so far, by whom it was handed on to as well.",
            "example": 3,
        },
    )
    may_delegate = fields.Boolean(required=True, metadata={"example": False})
    handed_on = fields.Boolean(
        required=True,
        metadata={"description": "Handed on from another mandate, with which it ends."},
    )
    starts_at = Instant(required=True)
    until = Instant(required=True)
    offered_at = Instant(required=True)
    offered_through = fields.String(
        required=True, validate=CONFIRMED_THROUGH, metadata={"example": "app"}
    )
    accepted_at = Instant()
    accepted_through = fields.String(validate=CONFIRMED_THROUGH, metadata={"example": "kiosk"})
    ended_at = Instant()
    ended_because = fields.String(validate=MANDATE_END, metadata={"example": "withdrawn"})


MandatePage = page_schema(Mandate, "MandatePage")


class MandateAct(Schema):
    """Something that was done or read by a mandate."""

    at = Instant(required=True)
    by = fields.String(required=True, metadata={"description": "Who did it.", "example": _A_PERSON})
    scope = fields.String(required=True, metadata={"example": "traffic.favourite:manage"})
    operation = fields.String(required=True, metadata={"example": "keep_favourite"})
    changes = fields.Boolean(
        required=True, metadata={"description": "False when it only read.", "example": True}
    )


MandateActPage = page_schema(MandateAct, "MandateActPage")


class NewChild(Schema):
    """A child whose guardian you are."""

    display_name = fields.String(
        required=True,
        validate=[
            validate.Length(1, 80),
            validate.Regexp(
                r"[^\x00-\x1f\x7f]*\S[^\x00-\x1f\x7f]*$", error="Only letters and signs."
            ),
        ],
        metadata={"example": "Li Xiaoming"},
    )
    born_on = fields.Date(required=True, metadata={"example": "2019-05-31"})


class ChildEntered(Schema):
    """The child, and the guardianship by which you act for it."""

    id = fields.String(
        required=True, metadata={"description": "For `X-Acting-For`.", "example": _A_PERSON}
    )
    mandate = fields.String(required=True, metadata={"example": _A_MANDATE})


class ChildAddress(CodeEntry):
    """The code that was sent to the child's own telephone or mailbox."""

    class Meta(CodeEntry.Meta):
        exclude = ("device_name",)


class KioskMandate(NewMandate):
    """A mandate offered at a kiosk by whoever received the one-time code there."""

    login = fields.String(
        required=True,
        validate=validate.Length(1, 64),
        metadata={"description": "Of `POST /v1/sign-in/codes`.", "example": "login_pB2c3qkZ0m1x"},
    )
    login_code = fields.String(
        required=True,
        validate=validate.Regexp(r"[0-9]{6}$", error="Six digits."),
        metadata={"description": "Sent or spoken to their telephone.", "example": "493027"},
    )


class KioskAcceptance(Schema):
    """An invitation accepted at a kiosk by whoever received the one-time code there."""

    login = fields.String(
        required=True,
        validate=validate.Length(1, 64),
        metadata={"description": "Of `POST /v1/sign-in/codes`.", "example": "login_pB2c3qkZ0m1x"},
    )
    login_code = fields.String(
        required=True,
        validate=validate.Regexp(r"[0-9]{6}$", error="Six digits."),
        metadata={"description": "Sent or spoken to their telephone.", "example": "493027"},
    )
    invitation = fields.String(
        required=True,
        validate=validate.Regexp(r"[0-9]{12}$", error="Twelve digits."),
        metadata={"description": "The giver's twelve digits.", "example": "493027112358"},
    )
