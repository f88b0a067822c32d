"""Registers: the offices that decide what a register says of somebody."""

from pathlib import Path

from hub.web import Scope, Sector
from hub.web.languages import speak_for

from . import appeals

speak_for(Path(__file__).parent)

SECTOR = Sector(
    slug="databank",
    title="Registers",
    scopes=(
        Scope("databank.appeal:read", of="officer"),
        Scope("databank.appeal:decide", of="officer"),
    ),
    roles={"caseworker": frozenset({"databank.appeal:read", "databank.appeal:decide"})},
    blueprints=(appeals.bp,),
)
