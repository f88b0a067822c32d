"""The page of the copy of everything that is kept about the person, and of closing the account."""

from blueprints.citizen import exports
from hub import identity, privacy
from hub.kernel.errors import Conflict
from hub.kernel.work import Reading, Work
from hub.web import forget_cookies, parts, reads
from hub.web.pages import Answer, act, asked, for_signed_in, go_to, page, sent

from . import bp

HERE = "/me/data"
SHOW_AGAIN = "/step-up?next=/me/data"
SHOWN = 10
DONE = {"asked", "kept"}


@bp.get("/me/data")
@for_signed_in
@reads
def data_page(reading: Reading) -> Answer:
    """The copies that can be fetched, and whether the account is going to be closed."""
    found = privacy.exports_of(reading, after=None, limit=SHOWN)
    return page(
        "citizen/data.html",
        private=True,
        exports=[exports.shown(one) for one in found],
        closure=privacy.closure_of(reading),
        zone=parts().settings.zone,
        done=asked("done") if asked("done") in DONE else "",
    )


@bp.post("/me/data/exports")
@for_signed_in
def ask_for_copy() -> Answer:
    """Ask for a copy; whoever signed in long ago shows first that it is them."""
    try:
        act(privacy.ask_for_export)
    except identity.StrongerSignInNeeded:
        return go_to(SHOW_AGAIN)
    return go_to(f"{HERE}?done=asked")


@bp.get("/me/data/exports/<export_id>")
@for_signed_in
def fetch_copy(export_id: str) -> Answer:
    """The zip."""
    return act(lambda work: exports.attached(work, export_id))


@bp.post("/me/data/closure")
@for_signed_in
def close_account() -> Answer:
    """Close the account in a week; only with the box that says so."""
    everywhere = sent("sign_out_everywhere") == "yes"
    if sent("understood") != "yes":
        return go_to(HERE)

    def ask(work: Work) -> None:
        privacy.ask_to_close(work, sign_out_everywhere=everywhere)

    try:
        act(ask)
    except identity.StrongerSignInNeeded:
        return go_to(SHOW_AGAIN)
    except Conflict:
        return go_to(HERE)  # which says until when it can be called off
    if everywhere:
        forget_cookies()
    return go_to("/" if everywhere else HERE)


@bp.post("/me/data/closure/cancel")
@for_signed_in
def keep_account() -> Answer:
    """Keep the account after all."""
    act(privacy.cancel_closure)
    return go_to(f"{HERE}?done=kept")
