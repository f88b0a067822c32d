"""The stops and lines that a signed-in person keeps at hand."""

from hub.kernel import ids
from hub.transit import favourites
from hub.web import actor
from hub.web.pages import Answer, act, for_signed_in, for_whom, go_to, page, sent

from . import bp, sources


@bp.get("/favourites")
@for_signed_in
def favourites_page() -> Answer:
    """The list, one's own or that of a person for whom one may act (``?for=``)."""
    whom = for_whom("traffic.favourite:read")
    return page(
        "traffic/favourites.html",
        private=True,
        favourites=sources.favourites(actor()),
        whom=whom,
    )


@bp.post("/favourites")
@for_signed_in
def keep_favourite() -> Answer:
    """Keep the stop or line of the form."""
    for_whom("traffic.favourite:manage")
    kind: favourites.Kind = "route" if sent("kind") == "route" else "stop"
    target, label = sent("target"), sent("label")[:100] or None
    act(lambda work: favourites.keep(work, kind, target, label))
    return go_to(sent("back"))


@bp.post("/favourites/remove")
@for_signed_in
def drop_favourite() -> Answer:
    """Let go of one."""
    for_whom("traffic.favourite:manage")
    favourite_id = ids.read("favourite", sent("favourite"))
    act(lambda work: favourites.drop(work, favourite_id))
    return go_to(sent("back"))
