"""What a register is: its fields, and for which purposes who may see which of them.

Definitions are values, checked when they are made. Titles and sentences are English and translated
in this package's catalogues, like every sentence of the hub.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from hub.kernel.personal import Basis
from hub.kernel.work import ActorKind

Sensitivity = Literal["ordinary", "sensitive"]


def _as_it_is(value: Any) -> Any:
    return value


@dataclass(frozen=True, kw_only=True)
class Field:
    """One thing that a register holds about somebody; ``sensitive`` as in PIPL article 28.
    ``shown`` is how it leaves the databank, for whatever purpose."""

    slug: str
    title: str
    sensitivity: Sensitivity = "ordinary"
    shown: Callable[[Any], Any] = _as_it_is


@dataclass(frozen=True, kw_only=True)
class Purpose:
    """Why a register may be read: the sentence that the person is shown, the legal basis and where
    it is written, the fields it may see, and who may ask."""

    slug: str
    sentence: str
    basis: Basis
    source: str
    fields: tuple[str, ...]
    askers: tuple[ActorKind, ...]

    @property
    def recipient(self) -> str:
        """Whom a consent to this purpose is given to, when the city itself asks."""
        return f"city:{self.slug}"


@dataclass(frozen=True, kw_only=True)
class Register:
    """A register of the city and the office that keeps it."""

    slug: str
    title: str
    keeper: str
    fields: tuple[Field, ...]
    purposes: tuple[Purpose, ...]

    def __post_init__(self) -> None:
        names = [field.slug for field in self.fields]
        if len({*names}) < len(names) or len({p.slug for p in self.purposes}) < len(self.purposes):
            raise ValueError(f"{self.slug}: a name is given twice.")
        for purpose in self.purposes:
            if unknown := {*purpose.fields} - {*names}:
                raise ValueError(f"{self.slug}.{purpose.slug} sees what is not there: {unknown}.")
            if purpose.basis == "contract" and self.sensitive(purpose.fields):
                raise ValueError(f"{self.slug}.{purpose.slug}: a contract opens nothing sensitive.")

    def purpose(self, slug: str) -> Purpose:
        """The purpose of this name; asking for one that was never declared is a fault of ours."""
        return next(purpose for purpose in self.purposes if purpose.slug == slug)

    def field(self, slug: str) -> Field:
        """The field of this name."""
        return next(field for field in self.fields if field.slug == slug)

    def sensitive(self, fields: tuple[str, ...]) -> bool:
        """Whether one of these fields is sensitive personal information."""
        return any(f.sensitivity == "sensitive" for f in self.fields if f.slug in fields)

    def scope(self, purpose: Purpose) -> str:
        """What a consent to this purpose says: ``population.age_check:read``."""
        return f"{self.slug}.{purpose.slug}:read"
