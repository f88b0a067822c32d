"""The desk of officers, for a browser: going on duty and off, and deciding what takes two.

A browser is a citizen's or an officer's, never both: going on duty ends the citizen's session.
"""

from functools import wraps
from typing import Any

from flask import g

from blueprints.officers.approval_shape import shown
from blueprints.officers.approvals import decided
from hub import identity
from hub.identity import officers
from hub.identity.approvals import PREFIX
from hub.kernel import ids
from hub.kernel.errors import Refusal, Unauthorized
from hub.kernel.work import Reading, Work
from hub.web import (
    Guard,
    forget_cookies,
    guarded,
    issuer,
    keep_in_cookies,
    officer_on_duty,
    parts,
    reads,
)
from hub.web.offices import desk, roles
from hub.web.pages import Answer, Pages, act, for_signed_in, go_to, page, sent
from hub.web.tokens import principal_of

bp = Pages("officers_pages", __name__)
SHOWN = 50


def for_officers(view: Any) -> Any:
    """A page of an officer on duty; others are shown the way to a duty."""

    @wraps(view)
    def knock(*args: Any, **kwargs: Any) -> Answer:
        try:
            principal = officer_on_duty()
        except Unauthorized:
            return go_to("/officers/duty")
        g.actor, g.principal = principal.actor, principal
        answer: Answer = view(*args, **kwargs)
        return answer

    return guarded(knock, Guard("token"))


@bp.get("/officers/duty")
@for_signed_in
def duty_page() -> Answer:
    """What going on duty means, and the button."""
    return page("officers/duty.html", private=True)


@bp.post("/officers/duty")
@for_signed_in
def begin_duty() -> Answer:
    """Go on duty in this browser, which is the citizen's no longer."""
    citizen = principal_of().session_id

    def begin(work: Work) -> identity.Tokens:
        begun = officers.go_on_duty(work, issuer(), roles(), device_name=None)
        assert citizen is not None
        identity.end(work, citizen)
        return begun

    try:
        begun = act(begin)
    except identity.StrongerSignInNeeded:
        return go_to("/step-up?next=/officers/duty")
    except Refusal as refusal:
        return page("officers/duty.html", refusal.status, private=True, refusal=refusal)
    keep_in_cookies(begun)
    return go_to("/officers")


@bp.get("/officers")
@for_officers
@reads
def desk_page(reading: Reading) -> Answer:
    """Who is on duty, and what waits for a second officer."""
    return _desk(reading)


@bp.post("/officers/approvals/<approval_id>")
@for_officers
def decide(approval_id: str) -> Answer:
    """Decide one."""
    approval, approve = ids.read(PREFIX, approval_id), sent("decision") == "approved"
    try:
        act(lambda work: decided(work, approval, approve=approve))
    except Refusal as refusal:
        wrong = refusal
        return parts().database.read(lambda reading: _desk(reading, wrong), g.actor)
    return go_to("/officers")


@bp.post("/officers/duty/end")
@for_officers
def end_duty() -> Answer:
    """Go off duty."""
    act(officers.end_duty)
    forget_cookies()
    return go_to("/")


def _desk(reading: Reading, refusal: Refusal | None = None) -> Answer:
    waiting = identity.approvals.waiting(reading, desk().mine(), after=None, limit=SHOWN)
    kinds = desk().kinds
    return page(
        "officers/desk.html",
        refusal.status if refusal else 200,
        private=True,
        me=g.actor.id,
        appointments=officers.my_appointments(reading),
        approvals=[shown(one) | {"title": kinds[one.kind].title} for one in waiting],
        zone=parts().settings.zone,
        refusal=refusal,
    )
