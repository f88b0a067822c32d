"""Officers of the city: going on duty, who is appointed to what, and what takes two of them."""

from pathlib import Path

from hub.identity.officers import DESK
from hub.web import FourEyes, Scope, Sector
from hub.web.languages import marked, speak_for

from . import appointments, approvals, duty, pages, service_desk

speak_for(Path(__file__).parent)

SECTOR = Sector(
    slug="identity",
    title="Officers",
    scopes=(
        Scope("identity.duty:begin"),
        Scope(DESK, of="officer"),
        Scope("identity.appointment:read", of="officer"),
        Scope("identity.appointment:manage", of="officer"),
        Scope("identity.real_name:release", of="officer"),
    ),
    roles={
        "administrator": frozenset({"identity.appointment:read", "identity.appointment:manage"}),
        "attendant": frozenset({"identity.real_name:release"}),
        "auditor": frozenset({"identity.appointment:read"}),
    },
    four_eyes=(
        FourEyes(
            kind=appointments.NEW_ADMINISTRATOR,
            title=marked("Appoint an administrator"),
            scope="identity.appointment:manage",
            does=appointments.appoint_as_asked,
        ),
    ),
    blueprints=(duty.bp, appointments.bp, approvals.bp, service_desk.bp),
    pages=(pages.bp,),
)
