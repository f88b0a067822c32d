"""Asks the offices that keep the registers what they hold about somebody.

``POST <HUB_REGISTERS_URL>/records`` with a bearer key and ``{"register": "entitlements", "person":
"..."}``, where ``person`` is the population register's own word for them; in answer ``{"as_of":
"2026-11-24T03:00:00Z", "records": {"student": {"kind": "student", "state": "granted", ...}}}``. The
HTTP itself is the population register's (hub/identity/population_gateway.py).
"""

from datetime import datetime
from typing import Any, Protocol

import msgspec

from hub.identity import PopulationGateway

from .definitions import Register


class Delivery(msgspec.Struct, frozen=True):
    """All that a register holds about one person, by key, as of a moment."""

    as_of: datetime
    records: dict[str, dict[str, Any]]


class Source(Protocol):
    """The registers' offices; raises identity.RegisterAway."""

    def records(self, register: Register, person: str) -> Delivery:
        """What a register holds about a person."""


class SourceGateway:
    """The offices behind HTTP."""

    def __init__(self, http: PopulationGateway) -> None:
        self._http = http

    def records(self, register: Register, person: str) -> Delivery:
        """What a register holds about a person."""
        body = {"register": register.slug, "person": person}
        return self._http.asked("POST", "/records", Delivery, body=body)
