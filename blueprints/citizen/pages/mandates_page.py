"""Who may act for whom: giving and accepting, looking at what was done, ending, children."""

from datetime import date, timedelta
from typing import Any

from blueprints.citizen.mandates import act_shown, shown
from hub.identity import children, mandates
from hub.kernel import ids
from hub.kernel.errors import Refusal
from hub.kernel.paging import id_place, place_after
from hub.kernel.work import Reading
from hub.web import actor, parts, reads, scopes_for_others
from hub.web.languages import marked
from hub.web.pages import Answer, act, asked, for_signed_in, go_to, page, sent, sent_all
from hub.web.scopes import in_words

from . import bp

SHOWN = 50
ACTS_SHOWN = 50
DONE = {
    "accepted": marked("Accepted. You may act for them now."),
    "ended": marked("Ended. From now on nothing can be done by it."),
    "child": marked("Your child is entered. You act for it until it is eighteen."),
}
TERMS = {
    "7": marked("one week"),
    "30": marked("one month"),
    "182": marked("half a year"),
    "365": marked("one year"),
}


@bp.get("/me/mandates")
@for_signed_in
def mandates_page() -> Answer:
    """All mandates, and the form for a code."""
    return overview()


def overview(refusal: Refusal | None = None, form: str = "") -> Answer:
    """The page of all mandates; ``refusal`` is shown beside the form it was an answer to."""
    after = id_place(asked("after") or None, "mandate")
    found = parts().database.read(
        lambda reading: mandates.mine(reading, after=after, limit=SHOWN), actor()
    )
    lines = [in_plain_words(line) for line in found[:SHOWN]]
    return page(
        "citizen/mandates.html",
        refusal.status if refusal else 200,
        private=True,
        lines=lines,
        next=place_after((lines[-1]["id"],)) if len(found) > SHOWN else None,
        zone=parts().settings.zone,
        done=DONE.get(asked("done")),
        refusal=refusal,
        form=form,
        typed={name: sent(name) for name in ("code", "display_name", "born_on")},
    )


@bp.get("/me/mandates/new")
@for_signed_in
def new_mandate_page() -> Answer:
    """The form: what for, until when, how much."""
    return mandate_form()


def mandate_form(refusal: Refusal | None = None) -> Answer:
    """The form for a new mandate, with what was wrong with it."""
    scopes = sorted(scopes_for_others())
    return page(
        "citizen/new_mandate.html",
        refusal.status if refusal else 200,
        private=True,
        scopes=list(zip(scopes, in_words(scopes), strict=True)),
        terms=TERMS,
        chosen=sent_all("scope"),
        typed={name: sent(name) for name in ("kind", "term", "acts_limit", "to", "hand_on")},
        refusal=refusal,
    )


@bp.post("/me/mandates/new")
@for_signed_in
def offer_mandate() -> Answer:
    """Offer it, and show the code this once."""
    try:
        wanted = _terms_of_form()
        offered = act(
            lambda work: mandates.offer(
                work, parts().keyring, wanted, delegable=scopes_for_others()
            )
        )
    except Refusal as refusal:
        return mandate_form(refusal)
    return page("citizen/mandate_offered.html", private=True, offered=offered)


def _terms_of_form() -> mandates.Terms:
    acts, to, term = sent("acts_limit"), sent("to"), sent("term")
    return mandates.Terms(
        kind="care" if sent("kind") == "care" else "mandate",
        scopes=frozenset(sent_all("scope")),
        until=parts().database.clock() + timedelta(days=int(term) if term in TERMS else 0),
        acts_limit=int(acts[:6]) if acts.isascii() and acts.isdigit() else None,
        may_delegate=sent("hand_on") == "yes",
        to=ids.read("person", to) if to else None,
    )


@bp.post("/me/mandates/accept")
@for_signed_in
def accept_mandate() -> Answer:
    """Accept by the code that was told, or what was offered to oneself."""
    offered, code = sent("mandate"), "".join(filter(str.isalnum, sent("code")))
    try:
        mandate_id = ids.read("mandate", offered) if offered else None
        act(
            lambda work: mandates.accept(
                work, parts().keyring, code=None if offered else code, mandate_id=mandate_id
            )
        )
    except Refusal as refusal:
        return overview(refusal, "code")
    return go_to("/me/mandates?done=accepted")


@bp.post("/me/children")
@for_signed_in
def enter_child() -> Answer:
    """Enter a child of one's own."""
    try:
        name, born_on = sent("display_name")[:80], _day(sent("born_on"))
        zone = parts().settings.zone
        act(lambda work: children.enter(work, display_name=name, born_on=born_on, zone=zone))
    except Refusal as refusal:
        return overview(refusal, "child")
    return go_to("/me/mandates?done=child")


def _day(typed: str) -> date:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        raise children.BirthDateNotValid from None


@bp.get("/me/mandates/<mandate_id>")
@for_signed_in
@reads
def mandate_page(reading: Reading, mandate_id: str) -> Answer:
    """One mandate and everything that was done by it."""
    return one_mandate(reading, mandate_id)


def one_mandate(reading: Reading, mandate_id: str, refusal: Refusal | None = None) -> Answer:
    """The page of one mandate; ``refusal`` says why it did not end."""
    line = mandates.of_mine(reading, ids.read("mandate", mandate_id))
    acts = mandates.acts(reading, line.id, after=None, limit=ACTS_SHOWN)[:ACTS_SHOWN]
    told = [act_shown(row) for row in acts]
    return page(
        "citizen/mandate.html",
        refusal.status if refusal else 200,
        private=True,
        mandate=in_plain_words(line),
        acts=[one | {"what": in_words([one["scope"]])[0]} for one in told],
        zone=parts().settings.zone,
        refusal=refusal,
    )


@bp.post("/me/mandates/<mandate_id>/end")
@for_signed_in
def end_mandate(mandate_id: str) -> Answer:
    """End it, or decline the offer."""
    ended = ids.read("mandate", mandate_id)
    try:
        act(lambda work: mandates.end(work, ended, zone=parts().settings.zone))
    except Refusal as refusal:
        told = refusal
        return parts().database.read(
            lambda reading: one_mandate(reading, mandate_id, told), actor()
        )
    return go_to("/me/mandates?done=ended")


def in_plain_words(line: mandates.Line) -> dict[str, Any]:
    """The mandate as the API shows it, with its scopes in words."""
    return shown(line) | {"what": in_words(line.scopes), "offer_until": line.offer_until}
