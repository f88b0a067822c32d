"""Shapes of the public keys."""

from marshmallow import fields

from hub.web import Enumeration, Instant, Schema

KEY_STATE = Enumeration(
    "KeyState",
    ("next", "active", "retiring", "revoked"),
    "Published and not used yet; signs now; signs no more but still verifies; trusted no more.",
)
KEY_REVOKED_BECAUSE = Enumeration(
    "KeyRevokedBecause",
    ("age", "compromise"),
    "Its time was over, or somebody else may have it: then it vouches for nothing, ever.",
)


class JsonWebKey(Schema):
    """A public key (RFC 7517)."""

    kty = fields.String(required=True, metadata={"example": "EC"})
    crv = fields.String(required=True, metadata={"example": "P-256"})
    x = fields.String(
        required=True, metadata={"example": "WKn-ZIGevcwGIyyrzFoZNBdaq9_TsqzGl96oc0CWuis"}
    )
    y = fields.String(
        required=True, metadata={"example": "y77t-RvAHRKTsSGdIYUfweuOvwrvDD-Q3Hv5J0fSKbE"}
    )
    kid = fields.String(
        required=True, metadata={"example": "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"}
    )
    use = fields.String(required=True, metadata={"example": "sig"})
    alg = fields.String(required=True, metadata={"example": "ES256"})


class JsonWebKeySet(Schema):
    """The keys that our tokens verify with, now and soon."""

    keys = fields.List(fields.Nested(JsonWebKey), required=True)


class KeyRecord(JsonWebKey):
    """A signing key and what became of it."""

    state = fields.String(required=True, validate=KEY_STATE, metadata={"example": "retiring"})
    since = Instant(required=True, metadata={"description": "When this state began."})
    revoked_because = fields.String(validate=KEY_REVOKED_BECAUSE, metadata={"example": "age"})


class KeyHistory(Schema):
    """Every signing key of the hub, oldest first."""

    keys = fields.List(fields.Nested(KeyRecord), required=True)
