"""Shapes of the authorization server's answers, as its standards say them."""

from typing import Any

import marshmallow as ma
from marshmallow import fields

from hub.web import Enumeration, Instant, Schema

_TOKEN = "eyJhbGciOiJFUzI1NiIsImtpZCI6IjFhIiwidHlwIjoiYXQrand0In0.e30.MEQCIA"  # noqa: S105 (shown)

CLIENT_KIND = Enumeration(
    "ClientKind",
    ("public", "confidential", "service"),
    "An app that can keep no secret, one that can, or a service that acts in its own name only.",
)


class OAuthProblem(Schema):
    """A refusal of OAuth 2 (RFC 6749, 5.2)."""

    class Meta:
        unknown = ma.INCLUDE

    error = fields.String(required=True, metadata={"example": "invalid_grant"})
    error_description = fields.String(metadata={"example": "The code was used before."})
    error_uri = fields.String(metadata={"example": "https://hub.example/problems/invalid-grant"})


class TokenAnswer(Schema):
    """Tokens (RFC 6749, 5.1)."""

    access_token = fields.String(required=True, metadata={"example": _TOKEN})
    token_type = fields.String(required=True, metadata={"example": "Bearer"})
    expires_in = fields.Integer(required=True, metadata={"example": 600})
    scope = fields.String(required=True, metadata={"example": "openid profile"})
    refresh_token = fields.String(metadata={"example": "pB2c3qkZ0m1x4v7Y9tW6uJ8nL5rD2fG1hK3sQ0a"})
    id_token = fields.String(metadata={"example": _TOKEN})


class DeviceAnswer(Schema):
    """What a device shows and keeps (RFC 8628, 3.2)."""

    device_code = fields.String(
        required=True, metadata={"example": "pB2c3qkZ0m1x4v7Y9tW6uJ8nL5rD2fG1hK3sQ0a"}
    )
    user_code = fields.String(required=True, metadata={"example": "WDJB-MJHT"})
    verification_uri = fields.String(
        required=True, metadata={"example": "https://hub.example/device"}
    )
    verification_uri_complete = fields.String(
        required=True, metadata={"example": "https://hub.example/device?user_code=WDJB-MJHT"}
    )
    expires_in = fields.Integer(required=True, metadata={"example": 600})
    interval = fields.Integer(required=True, metadata={"example": 5})


class Introspection(Schema):
    """What a token says (RFC 7662, 2.2)."""

    active = fields.Boolean(required=True, metadata={"example": True})
    scope = fields.String(metadata={"example": "openid profile"})
    client_id = fields.String(metadata={"example": "client_01m866kyycews916y6fh7wpj97"})
    token_type = fields.String(metadata={"example": "Bearer"})
    exp = fields.Integer(metadata={"example": 1795500600})
    iat = fields.Integer(metadata={"example": 1795500000})
    sub = fields.String(metadata={"example": "qx0cH5m1rK8e3l3zS0V7Yw1q0pG5u9cI2mB4nT6vXyA"})
    aud = fields.String(metadata={"example": "https://hub.example"})
    iss = fields.String(metadata={"example": "https://hub.example"})
    jti = fields.String(metadata={"example": "token_01m866kyycews916y6fh7wpj97"})
    sid = fields.String(metadata={"example": "grant_01m866kyycews916y6fh7wpj97"})
    acr = fields.String(metadata={"example": "urn:city:loa:1"})
    auth_time = fields.Integer(metadata={"example": 1795499000})


class UserInfo(Schema):
    """Claims about the person (OpenID Connect Core, 5.3.2)."""

    sub = fields.String(
        required=True, metadata={"example": "qx0cH5m1rK8e3l3zS0V7Yw1q0pG5u9cI2mB4nT6vXyA"}
    )
    name = fields.String(metadata={"example": "Li Na (synthetic)"})
    locale = fields.String(metadata={"example": "zh-CN"})


class ServerMetadata(Schema):
    """What the authorization server offers (RFC 8414, OpenID Connect Discovery)."""

    class Meta:
        unknown = ma.INCLUDE

    issuer = fields.String(required=True, metadata={"example": "https://hub.example"})
    authorization_endpoint = fields.String(
        required=True, metadata={"example": "https://hub.example/oauth/authorize"}
    )
    token_endpoint = fields.String(
        required=True, metadata={"example": "https://hub.example/oauth/token"}
    )
    jwks_uri = fields.String(
        required=True, metadata={"example": "https://hub.example/.well-known/jwks.json"}
    )


class PartnerClient(Schema):
    """A partner's client as the hub knows it."""

    client_id = fields.String(
        required=True, metadata={"example": "client_01m866kyycews916y6fh7wpj97"}
    )
    kind = fields.String(required=True, validate=CLIENT_KIND, metadata={"example": "service"})
    names: Any = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        required=True,
        metadata={"example": {"en": "Route planner"}},
    )
    organisation = fields.String(required=True, metadata={"example": "Songhua Maps (synthetic)"})
    scopes = fields.List(
        fields.String(), required=True, metadata={"example": ["partner.client:read"]}
    )
    redirect_uris = fields.List(fields.String(), required=True, metadata={"example": []})
    registered_at = Instant(required=True)


class PushedAnswer(Schema):
    """Where a pushed request lies (RFC 9126, 2.2)."""

    request_uri = fields.String(
        required=True,
        metadata={"example": "urn:ietf:params:oauth:request_uri:6esc_11ACC5bwc014ltc14eY22c"},
    )
    expires_in = fields.Integer(required=True, metadata={"description": "Seconds.", "example": 540})


class ClientMetadata(Schema):
    """What a client says of itself (RFC 7591, 2); members not named here are ignored."""

    class Meta:
        unknown = ma.INCLUDE

    client_name = fields.String(required=True, metadata={"example": "Route planner"})
    redirect_uris = fields.List(
        fields.String(), metadata={"example": ["https://planner.example/callback"]}
    )
    grant_types = fields.List(fields.String(), metadata={"example": ["authorization_code"]})
    response_types = fields.List(fields.String(), metadata={"example": ["code"]})
    token_endpoint_auth_method = fields.String(metadata={"example": "client_secret_basic"})
    scope = fields.String(required=True, metadata={"example": "openid profile"})
    jwks: Any = fields.Dict(metadata={"description": "Public keys, for private_key_jwt."})
    post_logout_redirect_uris = fields.List(
        fields.String(), metadata={"example": ["https://planner.example/bye"]}
    )
    backchannel_logout_uri = fields.String(
        metadata={
            "description": "Hears of sign-outs (OpenID Connect Back-Channel Logout 1.0).",
            "example": "https://planner.example/logout",
        }
    )
    hub_purpose = fields.String(
        metadata={
            "description": "What for, in English, as people read it.",
            "example": "To show your stops in the planner.",
        }
    )


class RegisteredClient(Schema):
    """A client just registered (RFC 7591, 3.2.1)."""

    class Meta:
        unknown = ma.INCLUDE

    client_id = fields.String(
        required=True, metadata={"example": "client_01m866kyycews916y6fh7wpj97"}
    )
    client_secret = fields.String(
        metadata={"description": "Shown this once.", "example": "u3T0bJmVw1Yx9rKqS6cE2hZ8nP5dL7f"}
    )
    client_secret_expires_at = fields.Integer(metadata={"example": 0})
    client_id_issued_at = fields.Integer(required=True, metadata={"example": 1795500000})
    client_name = fields.String(required=True, metadata={"example": "Route planner"})
    redirect_uris = fields.List(
        fields.String(), required=True, metadata={"example": ["https://planner.example/callback"]}
    )
    token_endpoint_auth_method = fields.String(
        required=True, metadata={"example": "client_secret_basic"}
    )
    scope = fields.String(required=True, metadata={"example": "openid profile"})
    post_logout_redirect_uris = fields.List(
        fields.String(), metadata={"example": ["https://planner.example/bye"]}
    )
    backchannel_logout_uri = fields.String(metadata={"example": "https://planner.example/logout"})
    backchannel_logout_session_required = fields.Boolean(metadata={"example": True})
