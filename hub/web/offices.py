"""The desk of officers: what may be decided there by a second one, as sectors declared it."""

from collections.abc import Mapping

from flask import g

from hub.identity import Roles
from hub.kernel.errors import NotFound
from hub.parts import Parts

from .guard import ScopeMissing
from .request import parts
from .scopes import scopes_of
from .sector import FourEyes


class Desk:
    """The declared kinds of four-eyes decisions; one in a process."""

    def __init__(self, _: Parts) -> None:
        self.kinds: Mapping[str, FourEyes] = {}

    def of(self, kind: str) -> FourEyes:
        """The declaration of a kind, for an officer on duty who may decide it."""
        declared = self.kinds.get(kind)
        if declared is None:
            raise NotFound
        if declared.scope not in g.principal.scopes:
            raise ScopeMissing(extra={"scope": declared.scope})
        return declared

    def mine(self) -> list[str]:
        """The kinds that the officer on duty may decide."""
        held = g.principal.scopes
        return [kind for kind, declared in self.kinds.items() if declared.scope in held]


def desk() -> Desk:
    """The one of this process."""
    return parts().of(Desk)


def roles() -> Roles:
    """The roles that officers can be appointed to."""
    return scopes_of(parts()).roles
