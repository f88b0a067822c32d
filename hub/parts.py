"""What is built once in a process and handed to whoever needs it.

The composition root (hub/app.py) builds the parts from the settings; views find them through
``hub.web.parts()``, jobs get them as their first argument. Verbs never see them: a verb gets a
Work, and a gateway where it needs one.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeVar

from hub.files import Vault
from hub.kernel.changes import Watch
from hub.kernel.db import Database
from hub.keys import KeyRing, RootKey, root_key
from hub.settings import Settings

T = TypeVar("T")


@dataclass(eq=False)
class Parts:
    """The parts of one process. Nothing connects, reads or forks before its first use."""

    settings: Settings
    database: Database
    root: Callable[[], RootKey]
    watch: Watch
    keyring: KeyRing
    vault: Vault
    _made: dict[Any, Any] = field(default_factory=dict)

    def of(self, make: "Callable[[Parts], T]") -> T:
        """The one ``make(parts)`` of this process: boards, verifiers, gateways of a capability."""
        if make not in self._made:
            self._made.setdefault(make, make(self))
        made: T = self._made[make]
        return made


@dataclass(frozen=True, kw_only=True)
class Loop:
    """Work that the worker role does again and again: ``turn`` says whether there may be more to do
    at once; otherwise it is called again after ``pause`` seconds."""

    name: str
    turn: Callable[[Parts], bool]
    pause: float


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """A duty at fixed times (cron, UTC); runs on one worker, harmless when run twice."""

    name: str
    cron: str
    run: Callable[[Parts], None]


def build_parts(settings: Settings, *, application: str = "hub", pool_size: int = 4) -> Parts:
    """The parts as the settings say."""
    database = Database(
        settings.database_url,
        pool_size=pool_size,
        pooled=settings.database_pooled,
        application=application,
    )
    watch = Watch(database)
    root = cache(lambda: root_key(settings.root_key, settings.home))
    keyring = KeyRing(database, root, watch)
    vault = Vault(settings.home / "files", keyring)
    return Parts(settings, database, root, watch, keyring, vault)
