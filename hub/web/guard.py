"""Guards: who may knock at a door. Every route says it aloud; a test walks all of them.

``@public`` for everybody, ``@requires(scope)`` for people and partners with a token,
``@signed(scope)`` (hub/web/signatures.py) for enrolled devices that sign what they send.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps
from typing import Any, Literal

from flask import g, request

from hub.identity import Principal, StrongerSignInNeeded, reaches
from hub.kernel.errors import Forbidden

from .acting_for import HEADER_PARAMETER, act_for_another
from .operation import describe
from .request import parts
from .scopes import scopes_of
from .tokens import principal_of

View = Callable[..., Any]


@dataclass(frozen=True)
class Guard:
    """What a route demands; readable by tests, the catalogue and the OpenAPI document."""

    kind: Literal["public", "token", "signature"]
    scope: str | None = None
    acr: str | None = None
    max_age: timedelta | None = None
    at_once: bool = False
    of: Literal["citizen", "officer", "partner"] = "citizen"
    for_others: bool = False


class ScopeMissing(Forbidden):
    """Your access token does not carry the scope that this operation needs; ``scope`` in the answer
    names it. Sign in with an app that asks for it."""

    title = "Your sign-in does not cover this"

    def __init__(self, detail: str | None = None, **more: Any) -> None:
        super().__init__(detail, **more)
        scope = self.extra.get("scope", "")
        self.headers["WWW-Authenticate"] = (
            f'Bearer realm="hub", error="insufficient_scope", scope="{scope}"'
        )


def public(view: View) -> View:
    """Everybody may. Said aloud, so that nothing is public by oversight."""
    return guarded(view, Guard("public"))


def requires(
    scope: str,
    *,
    acr: str | None = None,
    max_age: timedelta | None = None,
    at_once: bool = False,
    of: Literal["citizen", "officer", "partner"] = "citizen",
    for_others: bool = False,
) -> Callable[[View], View]:
    """Only with an access token that carries ``scope``: of a citizen, here or through an app that
    they granted it to; with ``of="partner"`` of a partner's service in its own name; with
    ``of="officer"`` of an officer on duty.

    ``acr`` is the least assurance of the sign-in behind it (``identity.LOA_STRONG``), ``max_age``
    how long ago that sign-in may be: too low or too long ago answers with RFC 9470's challenge.
    ``at_once`` asks the database whether the session still lives: for money and health.

    With ``for_others`` the request may name in ``X-Acting-For`` for whom it is made: then a mandate
    must allow the scope, and everything in the view is that person's (hub/web/acting_for.py).
    """
    guard = Guard("token", scope, acr, max_age, at_once, of, for_others)

    def decorate(view: View) -> View:
        @wraps(view)
        def knock(*args: Any, **kwargs: Any) -> Any:
            principal = principal_of(at_once=at_once)
            if principal.kind != of or not _may_come_through(principal, scope):
                raise ScopeMissing(extra={"scope": scope})
            admit(principal, scope, ScopeMissing)
            if acr is not None or max_age is not None:
                _sure_enough(principal, guard)
            act_for_another(scope, view.__name__, allowed=for_others)
            return view(*args, **kwargs)

        guarded(knock, guard)
        if for_others:
            describe(knock, parameters=[HEADER_PARAMETER])
        return knock

    return decorate


def _sure_enough(principal: Principal, guard: Guard) -> None:
    high = guard.acr is None or reaches(principal.acr, guard.acr)
    age = parts().database.clock().timestamp() - principal.auth_time
    if not high or (guard.max_age is not None and age > guard.max_age.total_seconds()):
        raise StrongerSignInNeeded(acr=guard.acr, max_age=guard.max_age)


def _may_come_through(principal: Principal, scope: str) -> bool:
    """A second lock: what the city keeps to itself is refused to partners whatever their token
    says."""
    if principal.through is None or principal.kind == "partner":
        return True
    declared = scopes_of(parts()).all.get(scope)
    return declared is not None and declared.askable


def admit(principal: Principal, scope: str, refusal: type[Forbidden]) -> None:
    """Let somebody in who holds ``scope``; from here on the request is theirs."""
    if scope not in principal.scopes:
        raise refusal(extra={"scope": scope})
    g.actor = principal.actor
    g.principal = principal
    request.environ["hub.actor"] = principal.actor.kind


def guarded(view: View, guard: Guard) -> View:
    """Mark a view with its guard, and its operation with what it demands and may answer."""
    security: list[dict[str, list[str]]] = []
    if guard.kind == "token":
        security = [{"bearer": [guard.scope or ""]}, {"cookie": [guard.scope or ""]}]
    elif guard.kind == "signature":
        security = [{"jws": []}]
    refusals = () if guard.kind == "public" else (401, 403)
    view.guard = guard  # type: ignore[attr-defined]
    describe(view, refusals=refusals, security=security)
    return view
