"""Acting for another person: ``X-Acting-For: person_...`` on the routes that allow it.

The guard asks the database for a mandate that covers the route's scope. From there on the request
is that person's: the actor's ``id`` is theirs, ``act`` who does it (``sub`` and ``act`` of RFC
8693). The transaction of the act counts it and writes it into the audit (``stamp``); a read writes
its line first. A route that does not allow it refuses the header: left unread, it would let
somebody do to themselves what they meant for another.
"""

from dataclasses import dataclass, replace

from flask import current_app, g, request

from hub.identity import DELEGATING, NoMandate, Principal, mandates
from hub.kernel import ids
from hub.kernel.errors import Forbidden, NotFound
from hub.kernel.work import Work

from .request import parts

HEADER = "X-Acting-For"
HEADER_PARAMETER = {
    "in": "header",
    "name": HEADER,
    "required": False,
    "description": "The id of the person for whom this is done, by a mandate (docs/identity.md).",
    "schema": {"type": "string", "maxLength": 64},
}
_READS = {"GET", "HEAD"}


class NotForOthers(Forbidden):
    """You sent ``X-Acting-For`` to an address that nobody can use for somebody else, or through a
    partner's app. Leave the header out, or let the person themselves do this."""

    title = "This cannot be done for somebody else"


@dataclass(frozen=True)
class Acting:
    """What the request does for another: with which scope, by which operation."""

    scope: str
    operation: str


def act_for_another(scope: str, operation: str, *, allowed: bool) -> None:
    """Let the request act for whom its header names; refuses with NotForOthers and NoMandate."""
    named = request.headers.get(HEADER)
    if named is None:
        return
    principal: Principal = g.principal
    if not allowed or not principal.at_home:
        raise NotForOthers
    if named != principal.id:
        become(principal, named, scope, operation)


def become(principal: Principal, named: str, scope: str, operation: str) -> None:
    """From here on the request is that of the person ``named``, done by ``principal``."""
    try:
        for_whom = ids.read("person", named)
    except NotFound:
        raise NoMandate from None
    found = parts().database.read(
        lambda reading: mandates.allows(
            reading,
            principal_person=for_whom,
            acting_person=ids.read("person", principal.id),
            scope=scope,
            changes=request.method not in _READS,
        ),
        principal.actor,
    )
    if found is None:
        raise NoMandate
    g.principal = replace(
        principal, id=named, act=principal.id, mandate=ids.show("mandate", found.id)
    )
    g.actor = g.principal.actor
    g.acting = Acting(scope, operation)


def stamp(work: Work) -> None:
    """First thing in the transaction of an act: look at the mandate again, count, write it down."""
    acting: Acting | None = g.get("acting")
    if acting is not None:
        mandates.act_under(
            work,
            scope=acting.scope,
            operation=acting.operation,
            changes=request.method not in _READS,
        )


def scopes_for_others() -> frozenset[str]:
    """Every scope that some route lets be used for others: what a mandate can be about."""
    guards = (getattr(view, "guard", None) for view in current_app.view_functions.values())
    return frozenset(
        guard.scope for guard in guards if guard is not None and guard.for_others and guard.scope
    ) - {DELEGATING}
