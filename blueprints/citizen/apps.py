"""Which partners' apps the person has let in, and letting one in no longer."""

from typing import Any

from hub import consent, identity
from hub.kernel.errors import NotFound
from hub.kernel.paging import Page, id_place, place_after
from hub.kernel.work import Reading, Work
from hub.web import Blueprint, PageQuery, parts, reads, requires, transaction
from hub.web.scopes import in_words

from .app_schemas import AppPage

bp = Blueprint("apps", __name__, description="Partners' apps that the person has let in")


@bp.get("/v1/me/apps")
@requires("citizen.app:read")
@reads
@bp.arguments(PageQuery, location="query")
@bp.response(200, AppPage)
def my_apps(reading: Reading, query: dict[str, Any]) -> Page[dict[str, Any]]:
    """List the partners' apps that may do something for the person, what, and until when."""
    limit = query["limit"]
    after = id_place(query["after"], "client")
    found = identity.my_apps(reading, after=after, limit=limit)
    items = [shown(app) for app in found[:limit]]
    return Page(items, place_after((items[-1]["id"],)) if len(found) > limit else None)


@bp.delete("/v1/me/apps/<app_id>")
@requires("citizen.app:manage")
@transaction()
@bp.response(204)
def end_app(work: Work, app_id: str) -> None:
    """Let an app in no longer: whatever it was allowed ends at once. What has ended stays ended."""
    let_in_no_longer(work, app_id)


def let_in_no_longer(work: Work, app_id: str) -> None:
    """Take back every consent that the acting person gave the app, and end what it may do."""
    built = parts()
    issuer = built.settings.public_url
    withdrawn = consent.withdraw_from(work, built.keyring, app_id, issuer=issuer)
    try:
        identity.end_app(work, app_id)
    except NotFound:
        if not withdrawn:  # neither asked for nor given
            raise


def shown(app: identity.App) -> dict[str, Any]:
    """An app as the API and the account page show it."""
    return {
        "id": app.id,
        "name": app.names,
        "organisation": app.organisation,
        "purpose": app.purpose,
        "scopes": sorted(app.scopes),
        "may": in_words(app.scopes),
        "while_away": app.offline,
        "allowed_at": app.allowed_at,
        "last_used_at": app.last_used_at,
        "until": app.until,
    }
