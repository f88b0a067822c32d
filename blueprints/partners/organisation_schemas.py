"""Shapes of partner organisations, their clients and what they ask."""

from typing import Any

from marshmallow import ValidationError, fields, validate

from hub.web import LANGUAGE, Enumeration, Instant, Schema, page_schema

from .schemas import CLIENT_KIND

_ORGANISATION = "organisation_01k9z3m8q4v7x2c5n1b6h0j8rt"
_PERSON = "person_01k9z3m8q4v7x2c5n1b6h0j8rt"
_CLIENT = "client_01m866kyycews916y6fh7wpj97"
_REQUEST = "scoperequest_01m866kyycews916y6fh7wpj97"
_JWKS = {"keys": [{"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vu...", "y": "x_FEzRu9m3..."}]}
# One line that shows something, and nothing that turns or hides letters; ``$`` alone lets a last
# line break through.
_PLAIN = validate.Regexp(
    r"^(?=.*\S)[^\x00-\x1f\x7f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]{1,200}$(?!\n)"
)

MEMBER_ROLE = Enumeration(
    "MemberRole", ("owner", "developer"), "Owners also decide who belongs to the organisation."
)
ORGANISATION_STATE = Enumeration(
    "OrganisationState", ("active", "suspended"), "All clients of a suspended one are out."
)
CLIENT_STATE = Enumeration("ClientState", ("active", "suspended"), "A suspended client is out.")
AUTH_METHOD = Enumeration(
    "ClientAuthMethod",
    ("none", "client_secret_basic", "client_secret_post", "private_key_jwt"),
    "How a client proves itself; `none` is for public ones.",
)
SCOPE_REQUEST_STATE = Enumeration(
    "ScopeRequestState", ("waiting", "granted", "refused"), "What became of a request for scopes."
)
SCOPE_DECISION = Enumeration("ScopeDecision", ("granted", "refused"), "What an officer decided.")
SCOPE_OUTCOME = Enumeration(
    "ScopeOutcome",
    ("granted", "refused", "waiting_for_second"),
    "Sensitive scopes wait for a second officer.",
)


def _texts(example: str) -> Any:
    return fields.Dict(
        keys=fields.String(validate=LANGUAGE),
        values=fields.String(validate=_PLAIN),
        required=True,
        validate=_in_english,
        metadata={"description": "By language; English at least.", "example": {"en": example}},
    )


def _in_english(texts: dict[str, str]) -> None:
    if "en" not in texts:
        raise ValidationError("Say it in English at least.")


def _scopes(example: str) -> Any:
    return fields.List(
        fields.String(validate=validate.Length(max=100), metadata={"example": example}),
        required=True,
        validate=validate.Length(min=1, max=50),
    )


class OrganisationEntry(Schema):
    """An organisation as its founder names it."""

    names = _texts("Songhua Maps (synthetic)")
    contact = fields.Email(
        required=True,
        validate=validate.Length(max=200),
        metadata={"description": "For questions of the city.", "example": "api@example.org"},
    )


class Organisation(Schema):
    """A partner organisation."""

    id = fields.String(required=True, metadata={"example": _ORGANISATION})
    names: Any = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        required=True,
        metadata={"example": {"en": "Songhua Maps (synthetic)"}},
    )
    contact = fields.String(required=True, metadata={"example": "api@example.org"})
    state = fields.String(
        required=True, validate=ORGANISATION_STATE, metadata={"example": "active"}
    )
    role = fields.String(
        validate=MEMBER_ROLE, metadata={"description": "Yours.", "example": "owner"}
    )
    created_at = Instant(required=True)


OrganisationPage = page_schema(Organisation, "OrganisationPage")


class Member(Schema):
    """Somebody who acts for an organisation."""

    person = fields.String(required=True, metadata={"example": _PERSON})
    role = fields.String(required=True, validate=MEMBER_ROLE, metadata={"example": "developer"})
    added_at = Instant(required=True)


class OrganisationWhole(Organisation):
    """An organisation of yours with its members."""

    members = fields.List(fields.Nested(Member), required=True)


class MemberEntry(Schema):
    """What somebody is to the organisation."""

    role = fields.String(required=True, validate=MEMBER_ROLE, metadata={"example": "developer"})


class ClientEntry(Schema):
    """A client to register, into the sandbox and at once."""

    kind = fields.String(required=True, validate=CLIENT_KIND, metadata={"example": "confidential"})
    names = _texts("Route planner (synthetic)")
    purpose = _texts("To show your stops in the planner.")
    scopes = _scopes("openid")
    auth_method = fields.String(
        required=True, validate=AUTH_METHOD, metadata={"example": "client_secret_basic"}
    )
    redirect_uris = fields.List(
        fields.String(validate=validate.Length(max=500)),
        load_default=list,
        validate=validate.Length(max=10),
        metadata={"example": ["http://127.0.0.1:8090/callback"]},
    )
    jwks: Any = fields.Dict(
        keys=fields.String(),
        load_default=None,
        metadata={"description": "Public keys, for private_key_jwt (RFC 7517).", "example": _JWKS},
    )
    after_logout_uris = fields.List(
        fields.String(validate=validate.Length(max=500)),
        load_default=list,
        validate=validate.Length(max=10),
        metadata={
            "description": "Where a browser may go after signing out (RP-Initiated Logout 1.0).",
            "example": ["https://planner.example/bye"],
        },
    )
    logout_uri = fields.String(
        load_default=None,
        validate=validate.Length(max=500),
        metadata={
            "description": "Hears of sign-outs (OpenID Connect Back-Channel Logout 1.0).",
            "example": "https://planner.example/logout",
        },
    )


class OrganisationClient(Schema):
    """A client of an organisation."""

    client_id = fields.String(required=True, metadata={"example": _CLIENT})
    kind = fields.String(required=True, validate=CLIENT_KIND, metadata={"example": "confidential"})
    names: Any = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        required=True,
        metadata={"example": {"en": "Route planner (synthetic)"}},
    )
    state = fields.String(required=True, validate=CLIENT_STATE, metadata={"example": "active"})
    scopes = fields.List(fields.String(), required=True, metadata={"example": ["openid"]})
    auth_method = fields.String(
        required=True, validate=AUTH_METHOD, metadata={"example": "client_secret_basic"}
    )
    redirect_uris = fields.List(
        fields.String(), required=True, metadata={"example": ["http://127.0.0.1:8090/callback"]}
    )
    after_logout_uris = fields.List(
        fields.String(), required=True, metadata={"example": ["https://planner.example/bye"]}
    )
    logout_uri = fields.String(metadata={"example": "https://planner.example/logout"})
    registered_at = Instant(required=True)
    live_at = Instant(metadata={"description": "Out of the sandbox since; absent: still in it."})


class NewClient(OrganisationClient):
    """A client just registered."""

    client_secret = fields.String(
        metadata={
            "description": "Shown this once and kept nowhere.",
            "example": "pB2c3qkZ0m1x4v7Y9tW6uJ8nL5rD2fG1hK3sQ0aXyZw",
        }
    )


class ClientList(Schema):
    """The clients of an organisation, the oldest first."""

    items = fields.List(fields.Nested(OrganisationClient), required=True)


class NewSecret(Schema):
    """A secret, shown this once."""

    client_secret = fields.String(
        required=True, metadata={"example": "pB2c3qkZ0m1x4v7Y9tW6uJ8nL5rD2fG1hK3sQ0aXyZw"}
    )


class KeysEntry(Schema):
    """A key set (RFC 7517) of one to five public P-256 keys."""

    jwks: Any = fields.Dict(keys=fields.String(), required=True, metadata={"example": _JWKS})


class ScopesEntry(Schema):
    """What a client is to be allowed with everybody, and why."""

    scopes = _scopes("citizen.profile:read")
    reason = fields.String(
        required=True,
        validate=validate.Length(min=10, max=2000),
        metadata={"description": "For the officer.", "example": "The planner greets people."},
    )


class ScopeRequest(Schema):
    """What was asked for a client, and what became of it."""

    id = fields.String(required=True, metadata={"example": _REQUEST})
    client_id = fields.String(required=True, metadata={"example": _CLIENT})
    organisation = fields.String(required=True, metadata={"example": _ORGANISATION})
    scopes = fields.List(
        fields.String(), required=True, metadata={"example": ["citizen.profile:read"]}
    )
    reason = fields.String(required=True, metadata={"example": "The planner greets people."})
    state = fields.String(
        required=True, validate=SCOPE_REQUEST_STATE, metadata={"example": "waiting"}
    )
    asked_at = Instant(required=True)
    decided_by = fields.String(metadata={"example": "officer_01k9z3m8q4v7x2c5n1b6h0j8rt"})
    decided_at = Instant()


class ScopeRequestList(Schema):
    """What an organisation asked for, the newest first."""

    items = fields.List(fields.Nested(ScopeRequest), required=True)


ScopeRequestPage = page_schema(ScopeRequest, "ScopeRequestPage")


class ScopeDecisionEntry(Schema):
    """What you decide."""

    decision = fields.String(
        required=True, validate=SCOPE_DECISION, metadata={"example": "granted"}
    )


class ScopeDecisionAnswer(Schema):
    """What became of the request; `approval` is what a second officer has to decide."""

    outcome = fields.String(
        required=True, validate=SCOPE_OUTCOME, metadata={"example": "waiting_for_second"}
    )
    approval = fields.String(metadata={"example": "approval_01k9z3m8q4v7x2c5n1b6h0j8rt"})


class StateEntry(Schema):
    """Whether the organisation is let in."""

    state = fields.String(
        required=True, validate=ORGANISATION_STATE, metadata={"example": "suspended"}
    )
