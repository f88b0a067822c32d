"""Partners: organisations whose apps and services speak with the hub, for citizens or alone."""

from pathlib import Path

from hub import oauth
from hub.kernel.work import CLOCK
from hub.parts import Parts
from hub.web import Schedule, Scope, Sector
from hub.web.languages import marked, speak_for

from . import discovery, entitlements, pages, tokens

speak_for(Path(__file__).parent)


def forget_old(parts: Parts) -> None:
    """Let the authorization server forget what its protocol needs no more."""
    parts.database.run(oauth.forget_old, CLOCK)


SECTOR = Sector(
    slug="partners",
    title="Partners",
    scopes=(
        Scope("openid", marked("Recognise you when you come back")),
        Scope("profile", marked("See the name you use here, and your language")),
        Scope(
            entitlements.SCOPE,
            marked("Ask whether you have one entitlement, and get yes or no"),
        ),
        Scope("offline_access", marked("Do this also while you are away")),
        Scope("partner.client:read", of="partner"),
    ),
    blueprints=(tokens.bp, discovery.bp, entitlements.bp),
    pages=(pages.bp,),
    schedules=(Schedule(name="oauth.forget_old", cron="27 * * * *", run=forget_old),),
)
