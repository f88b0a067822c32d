"""Where a person answers a device without a browser: its code first, then who asks for what.

The code is entered by hand or comes with the link; nothing happens before the person has compared
it with the screen and confirmed (RFC 8628, 5.4: a link alone must not be enough).
"""

from blueprints.partners.asking import authority
from hub import identity, oauth
from hub.kernel.errors import Refusal
from hub.kernel.work import Work
from hub.web import citizen_at_home, client_address, parts
from hub.web.pages import Answer, act, asked, for_signed_in, page, sent
from hub.web.scopes import in_words

from . import bp
from .authorize_page import agree


@bp.get("/device")
@for_signed_in
def device_page() -> Answer:
    """Which code does the screen show?"""
    return code_page(asked("user_code")[:20])


@bp.post("/device")
@for_signed_in
def enter_user_code() -> Answer:
    """Show what the device with this code asks, or do what the person decided about it."""
    typed, decision = sent("user_code")[:20], sent("decision")
    try:
        question = act(lambda work: found(work, typed, decision))
    except Refusal as refusal:
        return code_page(typed, refusal)
    if decision:
        return page("partners/device_done.html", private=True, allowed=decision == "allow")
    return page(
        "partners/device_question.html",
        private=True,
        client=question.client,
        sentences=in_words(question.scopes),
        offline="offline_access" in question.scopes,
        until=oauth.until(parts().database.clock()),
        zone=parts().settings.zone,
        user_code=typed,
    )


def found(work: Work, typed: str, decision: str) -> oauth.Question:
    """The device's question, decided if there is a decision."""
    somebody = citizen_at_home()
    network = identity.limits.network_of(client_address())
    question = oauth.look_up(work, authority(), typed, person=somebody.id, network=network)
    if decision:
        assert somebody.session_id is not None
        until = None
        if decision == "allow":
            until = agree(work, question.client, question.scopes, somebody)
        oauth.decide(work, question, somebody.session_id, until)
    return question


def code_page(typed: str, refusal: Refusal | None = None) -> Answer:
    """The form for the code, with what was wrong with it."""
    return page(
        "partners/device.html",
        refusal.status if refusal else 200,
        private=True,
        typed=typed,
        refusal=refusal,
    )
