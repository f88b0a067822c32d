"""Sectors: what one department of the city brings to the hub."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hub.identity import Approval
from hub.kernel.outbox import Event
from hub.kernel.work import Work
from hub.parts import Loop, Parts, Schedule

from .blueprint import Blueprint
from .front import Ready, Unchanged
from .scopes import Scope

Reaction = Callable[[Work, Any], None]
Errand = Callable[[Parts, Any], None]


@dataclass(frozen=True, kw_only=True)
class System:
    """One of the systems that the city asked for: its number in the city's text and its name."""

    number: str
    title: str
    shape: str


@dataclass(frozen=True, kw_only=True)
class FourEyes:
    """Something that an officer asks for (``approvals.ask``) and another must agree to: who may
    decide, and what an approval does, in the transaction of the decision."""

    kind: str
    title: str
    scope: str
    does: Callable[[Work, Approval], None]


@dataclass(frozen=True, kw_only=True)
class Probe:
    """A thing that citizens may ask after: ``works`` looks now, at the thing itself."""

    slug: str
    title: str
    works: Callable[[Parts], bool]


@dataclass(frozen=True, kw_only=True)
class Sector:
    """A department: its views, its systems, and what it does when something has happened.

    A ``reaction`` runs inside one transaction together with the note that it has run: an event
    delivered twice acts once. An ``errand`` manages its own transactions, for long or outside work,
    and must itself survive being run again. ``roles`` are what its officers can be appointed to
    (``<slug>:<role>``), each with its scopes; ``four_eyes`` what takes two of them.
    """

    slug: str
    title: str
    systems: tuple[System, ...] = ()
    scopes: tuple[Scope, ...] = ()
    roles: Mapping[str, frozenset[str]] = field(default_factory=dict)
    four_eyes: tuple[FourEyes, ...] = ()
    blueprints: tuple[Blueprint, ...] = ()
    pages: tuple[Any, ...] = ()
    reactions: Mapping[type[Event], tuple[Reaction, ...]] = field(default_factory=dict)
    errands: Mapping[type[Event], tuple[Errand, ...]] = field(default_factory=dict)
    loops: tuple[Loop, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    probes: tuple[Probe, ...] = ()
    ready: tuple[Ready | Unchanged, ...] = ()
