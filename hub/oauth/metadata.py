"""What the authorization server says of itself (RFC 8414, OpenID Connect Discovery)."""

from typing import Any

from hub import identity

from .authority import Authority
from .offered import GRANT_TYPES, METHODS, PROVEN


def metadata(authority: Authority) -> dict[str, Any]:
    """The document of both ``/.well-known/oauth-authorization-server`` and
    ``/.well-known/openid-configuration``."""
    url = authority.url
    return {
        "issuer": url,
        "authorization_endpoint": f"{url}/oauth/authorize",
        "token_endpoint": f"{url}/oauth/token",
        "revocation_endpoint": f"{url}/oauth/revoke",
        "introspection_endpoint": f"{url}/oauth/introspect",
        "device_authorization_endpoint": f"{url}/oauth/device_authorization",
        "pushed_authorization_request_endpoint": f"{url}/oauth/par",
        "require_pushed_authorization_requests": False,
        "registration_endpoint": f"{url}/oauth/register",
        "userinfo_endpoint": f"{url}/oauth/userinfo",
        "end_session_endpoint": f"{url}/oauth/end-session",
        "jwks_uri": f"{url}/.well-known/jwks.json",
        "service_documentation": f"{url}/docs",
        "scopes_supported": sorted(authority.askable | authority.of_partners),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": GRANT_TYPES,
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": METHODS,
        "revocation_endpoint_auth_methods_supported": METHODS,
        "introspection_endpoint_auth_methods_supported": PROVEN,
        "token_endpoint_auth_signing_alg_values_supported": ["ES256"],
        "revocation_endpoint_auth_signing_alg_values_supported": ["ES256"],
        "introspection_endpoint_auth_signing_alg_values_supported": ["ES256"],
        "authorization_response_iss_parameter_supported": True,
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "claims_supported": [
            "acr", "amr", "at_hash", "aud", "auth_time", "exp", "iat", "iss", "locale", "name",
            "nonce", "sid", "sub",
        ],
        "claim_types_supported": ["normal"],
        "acr_values_supported": identity.LEVELS,
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "ui_locales_supported": ["zh-CN", "en", "ru"],
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "claims_parameter_supported": False,
    }  # fmt: skip
