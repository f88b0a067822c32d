"""Where a person decides what a partner's app may do: who asks, for what, why and until when.

Browsers are sent to a registered address only, after client and address were found to be good; what
is wrong before that is said on a page of ours. A form that ends in another place's address must say
so in its content security policy, since browsers follow ``form-action`` through redirects; for the
same reason whoever comes from our sign-in form leaves by a page of their own (``since``).
"""

from dataclasses import replace
from datetime import datetime
from urllib.parse import urlencode

from flask import Response, g, request

from blueprints.partners.asking import asked_in_form, asked_in_query, authority
from hub import identity, oauth, partners
from hub.identity import Principal
from hub.kernel import ids
from hub.kernel.work import Work
from hub.web import citizen_at_home, parts, public, visitor
from hub.web.edge import content_policy
from hub.web.languages import current_language
from hub.web.pages import Answer, act, go_to, page, plain, sent
from hub.web.scopes import in_words

from . import bp

OURS = {"csrf_token", "decision"}
"""Fields of our own form. An app that asks with them would press the buttons for the person."""


@bp.get("/oauth/authorize")
@public
def authorize() -> Answer:
    """Ask the person, or send them to sign in first, or straight back when they agreed before."""
    asked, somebody = without_ours(asked_in_query()), visitor()
    if somebody is not None:
        g.actor = somebody.actor
    try:
        return act(lambda work: _asked(work, asked, somebody))
    except oauth.OAuthRefusal as refusal:
        return turned_away(refusal, asked)


@bp.post("/oauth/authorize")
@public
def decide() -> Answer:
    """What the person decided; without a decision, a request that came by POST (OpenID Connect
    Core, 3.1.2.1), which is shown like any other."""
    form = asked_in_form()
    asked = without_ours(form)
    try:
        if not sent("decision"):
            asked.check_length()
            return go_to("/oauth/authorize?" + urlencode(asked.parameters))
        somebody = citizen_at_home()
        g.actor = somebody.actor
        form.check_once(OURS)
        return act(lambda work: _decided(work, asked, somebody, sent("decision") == "allow"))
    except oauth.OAuthRefusal as refusal:
        return turned_away(refusal, asked)


def without_ours(asked: oauth.Asked) -> oauth.Asked:
    return replace(asked, parameters=[pair for pair in asked.parameters if pair[0] not in OURS])


def _asked(work: Work, asked: oauth.Asked, somebody: Principal | None) -> Answer:
    wanted = oauth.read_request(work, authority(), asked)
    if oauth.needs_sign_in(wanted, somebody, work.now):
        return _sign_in_first(work, asked)
    assert somebody is not None
    if oauth.needs_step_up(work, wanted, somebody):
        return _show_more_first(asked)
    agreed = oauth.agreed_until(work, wanted, somebody)
    if agreed is None:
        return _question(work, asked, wanted)
    assert somebody.session_id is not None
    address = oauth.give_code(work, authority(), wanted, somebody.session_id, agreed)
    return leave(address, by_page=wanted.since is not None)


def _decided(work: Work, asked: oauth.Asked, somebody: Principal, allowed: bool) -> Answer:
    wanted = oauth.read_request(work, authority(), asked)
    if oauth.needs_sign_in(wanted, somebody, work.now):
        return _sign_in_first(work, asked)
    if not allowed:
        return leave(oauth.refused_by_person(work, authority(), wanted))
    if oauth.needs_step_up(work, wanted, somebody):
        return _show_more_first(asked)
    assert somebody.session_id is not None
    agreed = agree(work, wanted.client, wanted.scopes, somebody)
    return leave(oauth.give_code(work, authority(), wanted, somebody.session_id, agreed))


def agree(
    work: Work, client: identity.Client, scopes: frozenset[str], somebody: Principal
) -> datetime:
    """Enter what the person agreed to in the words that the page said; until when."""
    partners.check_may_let_in(work, client.id, ids.read("person", somebody.id))
    return oauth.agree(
        work,
        authority(),
        client,
        scopes,
        somebody,
        purpose_text=plain(dict(client.purpose)),
        client_name=plain(dict(client.names)),
        language=current_language(),
    )


def _sign_in_first(work: Work, asked: oauth.Asked) -> Answer:
    """To the sign-in page and back here, with the moment from which a sign-in counts as fresh."""
    kept = [pair for pair in asked.parameters if pair[0] != oauth.SINCE]
    kept.append((oauth.SINCE, str(int(work.now.timestamp()))))
    return go_to("/sign-in?" + urlencode({"next": "/oauth/authorize?" + urlencode(kept)}))


def _show_more_first(asked: oauth.Asked) -> Answer:
    """To the page that asks for a second kind of factor, and back here."""
    back = "/oauth/authorize?" + urlencode(asked.parameters)
    return go_to("/step-up?" + urlencode({"next": back}))


def _question(work: Work, asked: oauth.Asked, wanted: oauth.Wanted) -> Answer:
    settings = parts().settings
    answer = page(
        "partners/authorize.html",
        private=True,
        client=wanted.client,
        sentences=in_words(wanted.scopes),
        offline=wanted.offline,
        until=oauth.until(work.now),
        zone=settings.zone,
        target=oauth.form_target(wanted.back.redirect_uri),
        asked=asked.parameters,
    )
    policy = content_policy(settings, form_target=oauth.form_target(wanted.back.redirect_uri))
    answer.headers["Content-Security-Policy"] = policy
    return answer


def turned_away(refusal: oauth.OAuthRefusal, asked: oauth.Asked) -> Answer:
    """Told to the client when the way back is good, else to the person."""
    request.environ["hub.refusal"] = refusal.slug()
    if refusal.back is None:
        return page("partners/refused.html", 400, private=True, refusal=refusal)
    by_page = asked.get(oauth.SINCE) is not None
    return leave(oauth.answer_address(authority(), refusal), by_page=by_page)


def leave(address: str, *, by_page: bool = False) -> Answer:
    """To the client (303, so that no form is sent on); nobody there learns where from."""
    if by_page:
        answer = page("partners/continue.html", private=True, address=address)
    else:
        answer = Response(b"", 303, {"Location": address, "Cache-Control": "no-store"})
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
