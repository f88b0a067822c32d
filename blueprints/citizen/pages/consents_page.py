"""What the person let others use: who, what, why, until when, and taking it back."""

from blueprints.citizen import real_name
from blueprints.citizen.consents import shown
from hub import consent
from hub.kernel import ids
from hub.kernel.paging import id_place, place_after
from hub.kernel.work import Reading
from hub.web import parts, reads
from hub.web.languages import marked
from hub.web.languages import text as _
from hub.web.pages import Answer, act, asked, for_signed_in, go_to, page
from hub.web.scopes import in_words

from . import bp

SHOWN = 20
WORDS = {
    real_name.SCOPE: marked("Check name and number of your document in the population register"),
}
"""What no app can ask for has no sentence among the scopes."""


@bp.get("/me/consents")
@for_signed_in
@reads
def consents_page(reading: Reading) -> Answer:
    """The list, the newest first."""
    after = id_place(asked("after") or None, "consent")
    found = consent.mine(reading, after=after, limit=SHOWN)
    items = [
        shown(one) | {"what": [_(WORDS.get(word, word)) for word in in_words(one.scopes)]}
        for one in found[:SHOWN]
    ]
    return page(
        "citizen/consents.html",
        private=True,
        consents=items,
        next=place_after((items[-1]["id"],)) if len(found) > SHOWN else None,
        zone=parts().settings.zone,
        done=asked("done") == "withdrawn",
    )


@bp.post("/me/consents/<consent_id>/withdraw")
@for_signed_in
def withdraw_consent(consent_id: str) -> Answer:
    """Take one back."""
    withdrawn = ids.read("consent", consent_id)
    built = parts()
    act(
        lambda work: consent.withdraw(
            work, built.keyring, withdrawn, issuer=built.settings.public_url
        )
    )
    return go_to("/me/consents?done=withdrawn")
