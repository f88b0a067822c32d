"""The authorization server (OAuth 2.1, OpenID Connect): its protocol, and the state that only the
protocol needs. Clients, sessions, grants and tokens belong to ``hub.identity``."""

from typing import Any

from hub.kernel.work import Work

from .asked import Asked
from .authority import Authority
from .authorizing import (
    SINCE,
    Wanted,
    agree,
    agreed_until,
    answer_address,
    give_code,
    needs_sign_in,
    read_request,
    refused_by_person,
    until,
)
from .codes import forget_old
from .errors import OAuthRefusal
from .looking import introspect, revoke, user_info
from .metadata import metadata
from .redirects import form_target
from .redirects import usable as usable_redirect


def token(work: Work, authority: Authority, asked: Asked) -> dict[str, Any]:
    """The answer of the token endpoint (RFC 6749, 5.1); refuses with a kind of OAuthRefusal."""
    from . import authlib_gateway  # late: see there

    return authlib_gateway.token(work, authority, asked)


__all__ = [
    "SINCE",
    "Asked",
    "Authority",
    "OAuthRefusal",
    "Wanted",
    "agree",
    "agreed_until",
    "answer_address",
    "forget_old",
    "form_target",
    "give_code",
    "introspect",
    "metadata",
    "needs_sign_in",
    "read_request",
    "refused_by_person",
    "revoke",
    "token",
    "until",
    "usable_redirect",
    "user_info",
]
