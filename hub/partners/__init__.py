"""Partners: organisations and their members, the clients they register, what an officer grants.

A client begins in the sandbox, at once and by itself: it has scopes that do no harm there, and only
members of its organisation and invented people can let it in. What it may do with everybody is
asked for by a member and granted by an officer.
"""

from .clients import (
    AppIn,
    clients_of,
    end_client,
    end_old_secret,
    new_secret,
    register,
    replace_keys,
)
from .errors import LastOwner, OrganisationSuspended, RequestOver, SandboxOnly, ScopesNotUsable
from .organisations import (
    Member,
    Organisation,
    all_organisations,
    found,
    mine,
    one_of_mine,
    remove_member,
    set_member,
    set_state,
)
from .requests import (
    ScopeRequest,
    ask_scopes,
    check_may_let_in,
    grant,
    request_of,
    requests_of,
    turn_down,
    waiting,
)

__all__ = [
    "AppIn",
    "LastOwner",
    "Member",
    "Organisation",
    "OrganisationSuspended",
    "RequestOver",
    "SandboxOnly",
    "ScopeRequest",
    "ScopesNotUsable",
    "all_organisations",
    "ask_scopes",
    "check_may_let_in",
    "clients_of",
    "end_client",
    "end_old_secret",
    "found",
    "grant",
    "mine",
    "new_secret",
    "one_of_mine",
    "register",
    "remove_member",
    "replace_keys",
    "request_of",
    "requests_of",
    "set_member",
    "set_state",
    "turn_down",
    "waiting",
]
