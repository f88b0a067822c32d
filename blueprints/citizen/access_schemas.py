"""Shapes of the access log: who read what about the person, and what proves it."""

from typing import get_args

from marshmallow import fields, validate

from hub.kernel.personal import Basis
from hub.kernel.work import ActorKind
from hub.web import Enumeration, Instant, Schema, page_schema

READER_KIND = Enumeration(
    "ReaderKind",
    get_args(ActorKind),
    "What kind of party read: another citizen, an officer, a partner, a device, the hub itself.",
)
LEGAL_BASIS = Enumeration("LegalBasis", get_args(Basis), "By what right something is done.")

_HASH = "q0mYH8b0t8UO0a8u2xk4Y7l1Y8i8o0nC3f9Tt3pVb3w="
_LARGEST = 2**53 - 1  # the largest whole number that every client of JSON reads right


def _base64(meaning: str) -> fields.String:
    return fields.String(required=True, metadata={"description": meaning, "example": _HASH})


def _size(meaning: str) -> fields.Integer:
    return fields.Integer(required=True, metadata={"description": meaning, "example": 4711})


class Reader(Schema):
    """Who read."""

    kind = fields.String(required=True, validate=READER_KIND, metadata={"example": "officer"})
    id = fields.String(required=True, metadata={"example": "officer_01k9z3m8q4v7x2c5n1b6h0j8rt"})


class Access(Schema):
    """That somebody read something about the person."""

    id = fields.String(required=True, metadata={"example": "access_01k9z3m8q4v7x2c5n1b6h0j8rt"})
    at = Instant(required=True, metadata={"description": "When."})
    who = fields.Nested(Reader, required=True)
    for_whom = fields.String(
        metadata={
            "description": "For whom they acted, by a mandate.",
            "example": "person_01k9z3m8q4v7x2c5n1b6h0j8rt",
        }
    )
    client_id = fields.String(
        metadata={"description": "The partner or app it went through.", "example": "clinic-7"}
    )
    register = fields.String(
        required=True, metadata={"description": "Where it stands.", "example": "entitlements"}
    )
    purpose = fields.String(
        required=True, metadata={"description": "What for.", "example": "senior fare"}
    )
    legal_basis = fields.String(
        required=True, validate=LEGAL_BASIS, metadata={"example": "consent"}
    )
    fields_ = fields.List(
        fields.String(metadata={"example": "valid_until"}),
        required=True,
        data_key="fields",
        metadata={"description": "What of it, by name; the log never holds a value."},
    )
    sealed = fields.Boolean(
        required=True,
        metadata={
            "description": "In the signed tree: within two seconds. From then on there is a proof.",
            "example": True,
        },
    )


AccessPage = page_schema(Access, "AccessPage")


class SignedCheckpoint(Schema):
    """A signed state of the log."""

    text = fields.String(
        required=True,
        metadata={
            "description": "Origin, number of rows, root in base64, time; each with a line feed.",
            "example": f"hub.example/access-log\n4711\n{_HASH}\n2026-11-24T10:00:00.000000Z\n",
        },
    )
    kid = fields.String(
        required=True,
        metadata={
            "description": "The key: in `/.well-known/jwks.json`, one out of use in `/v1/keys`.",
            "example": "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs",
        },
    )
    signature = _base64("ES256 over the bytes of `text`: 64 bytes of r and s.")


class LogCheckpoint(SignedCheckpoint):
    """The newest signed state of the access log; keep one: nobody rewrites what it covers."""

    size = _size("How many rows there are.")
    root = _base64("The root of the tree over them.")
    signed_at = Instant(required=True)


class AccessProof(Schema):
    """All that is needed to check, without the hub, that a row stands in the log."""

    format = fields.String(required=True, metadata={"example": "hub-access-proof-1"})
    row = fields.String(
        required=True,
        metadata={
            "description": "The row, as the JSON text that was hashed: take its bytes as they are.",
            "example": '{"at":"2026-11-24T10:00:00.000000Z","fields":["valid_until"]}',
        },
    )
    salt = _base64("32 random bytes; SHA-256(salt + row) is the leaf.")
    leaf_hash = _base64("SHA-256(0x00 + leaf).")
    position = fields.Integer(
        required=True, metadata={"description": "Of the row in the log, from 0.", "example": 4710}
    )
    path = fields.List(
        fields.String(metadata={"example": _HASH}),
        required=True,
        metadata={"description": "The audit path of RFC 9162, section 2.1.3, from the leaf up."},
    )
    checkpoint = fields.Nested(SignedCheckpoint, required=True)


class ConsistencyQuery(Schema):
    """Which two states of the log."""

    old = fields.Integer(
        required=True,
        data_key="from",
        validate=validate.Range(1, _LARGEST),
        metadata={"description": "The size of a checkpoint that you kept.", "example": 1},
    )
    new = fields.Integer(
        load_default=None,
        data_key="to",
        validate=validate.Range(1, _LARGEST),
        metadata={"description": "A larger one; without it the newest.", "example": 1},
    )


class Consistency(Schema):
    """That the log of a larger checkpoint begins with that of a smaller one."""

    old_size = _size("The smaller.")
    old_root = _base64("Its root: it must be the one that you kept.")
    new_size = _size("The larger.")
    new_root = _base64("Its root.")
    path = fields.List(
        fields.String(metadata={"example": _HASH}),
        required=True,
        metadata={"description": "The consistency proof of RFC 9162, section 2.1.4."},
    )
