"""Signing out because an app asks (OpenID Connect RP-Initiated Logout 1.0).

The person is always asked: any page on the web may send a browser here. An app that asks by a form
comes without our cookies, so its form is answered with the way to the page.
"""

from urllib.parse import urlencode

from flask import g

from blueprints.partners.asking import asked_in_form, asked_in_query, authority
from hub import identity, oauth
from hub.kernel.errors import Unauthorized
from hub.web import citizen_at_home, forget_cookies, parts, public, visitor
from hub.web.edge import content_policy
from hub.web.pages import Answer, act, go_to, page, sent

from . import bp
from .authorize_page import leave, turned_away, without_ours

PATH = "/oauth/end-session"


@bp.get(PATH)
@public
def end_session() -> Answer:
    """Ask the person whether to sign out; who is not signed in goes straight on."""
    asked = without_ours(asked_in_query())
    try:
        leaving = oauth.read_logout(authority(), asked)
    except oauth.OAuthRefusal as refusal:
        return turned_away(refusal, asked)
    return _onward(leaving) if visitor() is None else _question(asked, leaving)


@bp.post(PATH)
@public
def decide_end_session() -> Answer:
    """What the person decided; without a decision, an app's request by form."""
    form = asked_in_form()
    asked = without_ours(form)
    try:
        form.check_once()
        leaving = oauth.read_logout(authority(), asked)
    except oauth.OAuthRefusal as refusal:
        return turned_away(refusal, asked)
    if not sent("decision"):
        return go_to(f"{PATH}?{urlencode(asked.parameters)}")
    if sent("decision") != "allow":
        return go_to("/me")
    try:
        somebody = citizen_at_home()  # refuses a form that is not from our page
    except Unauthorized:
        return _onward(leaving)  # signed out meanwhile
    g.actor = somebody.actor
    assert somebody.session_id is not None
    session_id = somebody.session_id
    act(lambda work: identity.end(work, session_id))
    forget_cookies()
    return _onward(leaving)


def _onward(leaving: oauth.Leaving) -> Answer:
    if leaving.address is not None:
        return leave(leaving.address)
    return page("partners/signed_out.html", private=True)


def _question(asked: oauth.Asked, leaving: oauth.Leaving) -> Answer:
    target = "" if leaving.back is None else oauth.form_target(leaving.back.redirect_uri)
    answer = page(
        "partners/sign_out.html",
        private=True,
        client=leaving.client,
        target=target,
        asked=asked.parameters,
    )
    policy = content_policy(parts().settings, form_target=target)
    answer.headers["Content-Security-Policy"] = policy
    return answer
