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
    needs_step_up,
    push,
    read_request,
    refused_by_person,
    until,
)
from .device_codes import Question, decide, look_up
from .dynamic import register_dynamically
from .errors import OAuthRefusal, UserCodeUnknown
from .forgetting import forget_old
from .looking import introspect, revoke, user_info
from .metadata import metadata
from .redirects import form_target
from .redirects import usable as usable_redirect
from .registering import is_good as initial_token_is_good
from .registering import new_initial_token, register
from .signing_out import Leaving, LogoutNotHeard, read_logout, tell_client, usable_logout


def token(work: Work, authority: Authority, asked: Asked) -> dict[str, Any]:
    """The answer of the token endpoint (RFC 6749, 5.1); refuses with a kind of OAuthRefusal."""
    from . import authlib_gateway  # late: see there

    return authlib_gateway.token(work, authority, asked)


def device_request(work: Work, authority: Authority, asked: Asked) -> dict[str, Any]:
    """The answer to a device without a browser (RFC 8628, 3.2); refuses like ``token``."""
    from . import authlib_gateway

    return authlib_gateway.device_request(work, authority, asked)


__all__ = [
    "SINCE",
    "Asked",
    "Authority",
    "Leaving",
    "LogoutNotHeard",
    "OAuthRefusal",
    "Question",
    "UserCodeUnknown",
    "Wanted",
    "agree",
    "agreed_until",
    "answer_address",
    "decide",
    "device_request",
    "forget_old",
    "form_target",
    "give_code",
    "initial_token_is_good",
    "introspect",
    "look_up",
    "metadata",
    "needs_sign_in",
    "needs_step_up",
    "new_initial_token",
    "push",
    "read_logout",
    "read_request",
    "refused_by_person",
    "register",
    "register_dynamically",
    "revoke",
    "tell_client",
    "token",
    "until",
    "usable_logout",
    "usable_redirect",
    "user_info",
]
