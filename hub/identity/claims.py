"""What the hub's tokens say, claim by claim."""

from typing import Literal

import msgspec


class AccessClaims(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """The claims of RFC 9068, 2.2, and the two that flask-jwt-extended reads. What tells of a
    sign-in is absent where nobody signed in: in a partner's token in its own name."""

    iss: str
    aud: str
    sub: str
    client_id: str
    scope: str
    sid: str = ""
    jti: str
    acr: str = ""
    amr: tuple[str, ...] = ()
    auth_time: int = 0
    iat: int
    exp: int
    type: Literal["access"]
    fresh: bool = False

    def as_dict(self) -> dict[str, object]:
        return {name: getattr(self, name) for name in self.__struct_fields__}


class IdClaims(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """The claims of OpenID Connect Core, 2."""

    iss: str
    aud: str
    sub: str
    sid: str
    iat: int
    exp: int
    auth_time: int
    acr: str
    amr: tuple[str, ...]
    at_hash: str
    nonce: str | None = None


LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"


class LogoutClaims(msgspec.Struct, kw_only=True, frozen=True):
    """The claims of OpenID Connect Back-Channel Logout 1.0, 2.4."""

    iss: str
    aud: str
    sub: str
    sid: str
    iat: int
    exp: int
    jti: str
    events: dict[str, dict[str, str]]
