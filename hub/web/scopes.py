"""Scopes: what may be asked of the hub, and what of it a partner may ask.

A sector declares each scope that its routes demand. One with a sentence can be granted to a
partner's app by a citizen, who reads that sentence on the consent page in their language; one
``of="partner"`` is given to a partner's service in its own name; one ``of="officer"`` to officers
on duty by the roles of a sector. Every other scope is the city's own: no client can ever be granted
it, and no partner's token passes a route that demands it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from hub.identity import EVERYTHING
from hub.parts import Parts

from .languages import marked, text
from .request import parts


@dataclass(frozen=True)
class Scope:
    """``<sector>.<noun>:<verb>``, or a word of a standard.

    ``sentence`` is a msgid that begins with a verb: "See your favourite stops and lines"; ``of``
    says in whose name the scope is used. ``care`` is how freely partners get it: in the
    ``sandbox`` by themselves, as ``usual`` from an officer, ``sensitive`` ones from two.
    """

    name: str
    sentence: str | None = None
    of: Literal["citizen", "officer", "partner"] = "citizen"
    care: Literal["sandbox", "usual", "sensitive"] = "usual"

    @property
    def askable(self) -> bool:
        """Whether a partner's app can be granted it by a citizen."""
        return self.of == "citizen" and self.sentence is not None


@dataclass
class Scopes:
    """All declared scopes by name; one in a process."""

    all: dict[str, Scope] = field(default_factory=dict)
    roles: dict[str, frozenset[str]] = field(default_factory=dict)

    def declare(self, scopes: Iterable[Scope]) -> None:
        """Add what a sector declares; the same name twice is a mistake."""
        for scope in scopes:
            if self.all.setdefault(scope.name, scope) != scope:
                raise ValueError(f"The scope {scope.name} is declared twice.")

    def appoint(self, sector: str, roles: Mapping[str, frozenset[str]]) -> None:
        """Add a sector's roles of officers; a role holds declared scopes of officers only."""
        for role, names in roles.items():
            strange = sorted(n for n in names if n not in self.all or self.all[n].of != "officer")
            if strange:
                raise ValueError(f"{sector}:{role} names no scope of officers: {strange}")
            self.roles[f"{sector}:{role}"] = names

    def askable(self) -> frozenset[str]:
        """What citizens can grant to partners' apps."""
        return frozenset(name for name, scope in self.all.items() if scope.askable)

    def safe(self) -> frozenset[str]:
        """What partners' clients can have by themselves."""
        meant = self.askable() | self.of_partners()
        return frozenset(name for name in meant if self.all[name].care == "sandbox")

    def sensitive(self) -> frozenset[str]:
        """What takes two officers to grant."""
        return frozenset(name for name, scope in self.all.items() if scope.care == "sensitive")

    def of_partners(self) -> frozenset[str]:
        """What partners' services can have in their own name."""
        return frozenset(name for name, scope in self.all.items() if scope.of == "partner")


def in_words(scopes: Iterable[str]) -> list[str]:
    """The sentences for these scopes in the reader's language, in the order of the scopes; one
    without a sentence is shown as it is."""
    declared = scopes_of(parts()).all
    everything = Scope(EVERYTHING, marked("Everything that can be done for others here"))
    found = ((n, everything if n == EVERYTHING else declared.get(n)) for n in sorted(scopes))
    return [text(scope.sentence) if scope and scope.sentence else name for name, scope in found]


def scopes_of(built: Parts) -> Scopes:
    """The scopes of this process."""
    return built.of(_scopes)


def _scopes(_: Parts) -> Scopes:
    return Scopes()
