"""What this server offers, in the words of the standards: said in its metadata, and kept to."""

from hub.identity import AuthMethod, ClientKind

METHODS: tuple[AuthMethod, ...] = (
    "client_secret_basic",
    "client_secret_post",
    "private_key_jwt",
    "none",
)
"""How clients prove themselves (OpenID Connect Core, 9)."""

PROVEN = METHODS[:-1]
"""Those of them that prove something."""

DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
FOR_PEOPLE = frozenset({"authorization_code", "refresh_token", DEVICE_CODE})
"""The ways to a token that begin with somebody's consent."""

GRANTS: dict[ClientKind, frozenset[str]] = {
    "public": FOR_PEOPLE,
    "confidential": FOR_PEOPLE | {"client_credentials"},
    "service": frozenset({"client_credentials"}),
}
"""The ways to a token by the kind of the client."""

GRANT_TYPES = tuple(sorted(frozenset().union(*GRANTS.values())))
