"""The stops and lines that a signed-in person keeps at hand."""

from hub.kernel import ids
from hub.transit import favourites
from hub.web import actor
from hub.web.pages import Answer, act, for_signed_in, go_to, page, sent

from . import bp, sources


@bp.get("/favourites")
@for_signed_in
def favourites_page() -> Answer:
    """The list."""
    return page("traffic/favourites.html", private=True, favourites=sources.favourites(actor()))


@bp.post("/favourites")
@for_signed_in
def keep_favourite() -> Answer:
    """Keep the stop or line of the form."""
    kind: favourites.Kind = "route" if sent("kind") == "route" else "stop"
    target, label = sent("target"), sent("label")[:100] or None
    act(lambda work: favourites.keep(work, kind, target, label))
    return go_to(sent("back"))


@bp.post("/favourites/remove")
@for_signed_in
def drop_favourite() -> Answer:
    """Let go of one."""
    favourite_id = ids.read("favourite", sent("favourite"))
    act(lambda work: favourites.drop(work, favourite_id))
    return go_to(sent("back"))
