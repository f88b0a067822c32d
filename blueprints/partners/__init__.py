"""Partners: organisations whose apps and services speak with the hub, for citizens or alone."""

from pathlib import Path

from hub import oauth
from hub.identity import GrantEnded
from hub.kernel.work import CLOCK
from hub.parts import Parts
from hub.web import FourEyes, Schedule, Scope, Sector
from hub.web.languages import marked, speak_for

from . import (
    clients,
    discovery,
    entitlements,
    notices,
    organisations,
    pages,
    registrar,
    registration,
    tokens,
)

speak_for(Path(__file__).parent)


def forget_old(parts: Parts) -> None:
    """Let the authorization server forget what its protocol needs no more."""
    parts.database.run(oauth.forget_old, CLOCK)


SECTOR = Sector(
    slug="partners",
    title="Partners",
    scopes=(
        Scope("openid", marked("Recognise you when you come back"), care="sandbox"),
        Scope("profile", marked("See the name you use here, and your language"), care="sandbox"),
        Scope(
            entitlements.SCOPE,
            marked("Ask whether you have one entitlement, and get yes or no"),
            care="sensitive",
        ),
        Scope("offline_access", marked("Do this also while you are away"), care="sandbox"),
        Scope("partner.client:read", of="partner", care="sandbox"),
        Scope("partner.organisation:read"),
        Scope("partner.organisation:manage"),
        Scope("partner.registration:read", of="officer"),
        Scope("partner.registration:decide", of="officer"),
    ),
    roles={
        "registrar": frozenset({"partner.registration:read", "partner.registration:decide"}),
    },
    four_eyes=(
        FourEyes(
            kind=registrar.SENSITIVE_SCOPES,
            title=marked("Grant sensitive scopes to a partner"),
            scope="partner.registration:decide",
            does=registrar.grant_as_asked,
        ),
    ),
    blueprints=(
        tokens.bp,
        registration.bp,
        discovery.bp,
        entitlements.bp,
        organisations.bp,
        clients.bp,
        registrar.bp,
    ),
    pages=(pages.bp,),
    errands={GrantEnded: (notices.tell_of_logout,)},
    schedules=(Schedule(name="oauth.forget_old", cron="27 * * * *", run=forget_old),),
)
