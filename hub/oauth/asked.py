"""A request to the authorization server in plain values: nothing here knows HTTP's framework."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from .errors import InvalidRequest

LONGEST_VALUE = 8192
LONGEST_ADDRESS = 8192
"""What goes from address to address is refused beyond: no browser carries it on."""

MAY_REPEAT = frozenset({"resource", "audience"})  # RFC 8707, RFC 8693


@dataclass(frozen=True)
class Asked:
    """What came: method, address, headers by lower-case name, and the parameters in their order.

    ``repeated`` headers are joined by whoever builds this, so that two ``Authorization`` headers
    are one that fits nothing.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    parameters: Sequence[tuple[str, str]] = ()

    @cached_property
    def values(self) -> dict[str, str]:
        """The parameters by name; the first of repeated ones. Empty ones count as absent (RFC 6749,
        3.1)."""
        found: dict[str, str] = {}
        for name, value in self.parameters:
            if value:
                found.setdefault(name, value)
        return found

    def get(self, name: str) -> str | None:
        """A parameter, if it was sent."""
        return self.values.get(name)

    def check_once(self, names: Iterable[str] | None = None) -> None:
        """Refuse a parameter that came more than once (RFC 6749, 3.1 and 3.2), has a null character
        in it or is unreasonably long; with ``names`` look at these only."""
        seen: set[str] = set()
        wanted = None if names is None else set(names)
        for name, value in self.parameters:
            if wanted is not None and name not in wanted:
                continue
            if name in seen and name not in MAY_REPEAT:
                raise InvalidRequest(said="A parameter was sent more than once.")
            if "\x00" in name + value:
                raise InvalidRequest(said="A parameter has a letter that no text has.")
            if len(value) > LONGEST_VALUE:
                raise InvalidRequest(said="A parameter is too long.")
            seen.add(name)

    def check_length(self, most: int = LONGEST_ADDRESS) -> None:
        """Refuse parameters that are too long altogether, in letters."""
        if sum(len(name) + len(value) for name, value in self.parameters) > most:
            raise InvalidRequest(said="The request is too long.")


def scopes_in(text: str | None) -> frozenset[str]:
    """The scopes of a space-separated list."""
    return frozenset((text or "").split())


def seconds(text: str | None) -> int | None:
    """A whole number of seconds, if it was sent; refuses anything else with InvalidRequest."""
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 12):
        raise InvalidRequest(said="Seconds are a whole number.")
    return int(text)
