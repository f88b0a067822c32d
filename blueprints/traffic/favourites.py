"""The stops and lines that a citizen keeps at hand."""

from typing import Any

from hub.kernel.ids import read, show
from hub.kernel.paging import Page, id_place, place_after
from hub.kernel.work import Reading, Work
from hub.transit import favourites
from hub.web import Blueprint, PageQuery, reads, refuses, requires, transaction

from .schemas import Favourite, FavouritePage, NewFavourite

bp = Blueprint("favourites", __name__, description="Stops and lines at hand")


@bp.get("/v1/me/favourites")
@requires("traffic.favourite:read", for_others=True)
@reads
@bp.arguments(PageQuery, location="query")
@bp.response(200, FavouritePage)
def my_favourites(reading: Reading, query: dict[str, Any]) -> Page[dict[str, Any]]:
    """List the stops and lines you keep at hand, the oldest first."""
    limit = query["limit"]
    after = id_place(query["after"], "favourite")
    found = favourites.mine(reading, limit=limit, after=after)
    items = [_shown(kept) for kept in found[:limit]]
    return Page(items, place_after((items[-1]["id"],)) if len(found) > limit else None)


@bp.post("/v1/me/favourites")
@requires("traffic.favourite:manage", for_others=True)
@transaction(once=True)
@refuses(404)
@bp.arguments(NewFavourite)
@bp.response(201, Favourite)
def keep_favourite(work: Work, wanted: dict[str, Any]) -> dict[str, Any]:
    """Keep a stop or a line at hand. Keeping it a second time gives it the new label."""
    return _shown(favourites.keep(work, wanted["kind"], wanted["target"], wanted["label"]))


@bp.delete("/v1/me/favourites/<favourite_id>")
@requires("traffic.favourite:manage", for_others=True)
@transaction()
@refuses(404)
@bp.response(204)
def drop_favourite(work: Work, favourite_id: str) -> None:
    """Let go of a stop or a line."""
    favourites.drop(work, read("favourite", favourite_id))


def _shown(kept: Any) -> dict[str, Any]:
    return {
        "id": show("favourite", kept.id),
        "kind": kept.kind,
        "target": kept.target,
        "label": kept.label,
        "created_at": kept.created_at,
    }
