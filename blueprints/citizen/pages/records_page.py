"""The page of what the city's registers hold: from where, who may see it, and appeals."""

from blueprints.citizen import records
from hub import databank
from hub.databank import appeals
from hub.kernel import ids
from hub.kernel.errors import Refusal
from hub.web import parts
from hub.web.languages import marked
from hub.web.pages import Answer, act, asked, for_signed_in, go_to, page, sent

from . import bp

KINDS = {
    "student": marked("Student"),
    "senior": marked("Senior"),
    "disabled": marked("Person with a disability"),
    "carer": marked("Carer"),
}
STATES = {
    "granted": marked("granted"),
    "refused": marked("refused"),
    "ended": marked("ended"),
}
APPEALS = {
    "filed": marked("Your appeal is with the office."),
    "upheld": marked("Your appeal was upheld."),
    "dismissed": marked("Your appeal was dismissed."),
}
WORDS = {"female": marked("female"), "male": marked("male"), **KINDS, **STATES}
ASKERS = {
    "citizen": marked("you"),
    "officer": marked("officers"),
    "partner": marked("partners"),
    "device": marked("gates and kiosks"),
    "system": marked("the hub itself"),
    "nobody": marked("everybody"),
}
BASES = {
    "consent": marked("with your consent"),
    "contract": marked("to serve you as you asked"),
    "legal_duty": marked("because the law says so"),
    "public_interest": marked("in the public interest"),
    "vital_interest": marked("to save a life"),
}


@bp.get("/me/records")
@for_signed_in
def records_page() -> Answer:
    """What the registers hold; looking leaves a line in the person's own access log."""
    return _page()


@bp.post("/me/entitlements/<entitlement_id>/appeals")
@for_signed_in
def file_appeal(entitlement_id: str) -> Answer:
    """Appeal against a refusal."""
    record_id, statement = ids.read("record", entitlement_id), sent("statement")
    if not statement:
        return go_to("/me/records")
    try:
        act(lambda work: appeals.file(work, parts().keyring, record_id, statement))
    except databank.NothingToAppeal as refusal:
        return _page(refusal)
    return go_to("/me/records?done=appeal")


def _page(refusal: Refusal | None = None) -> Answer:
    registers, entitled = act(lambda work: (records.held(work), records.entitlements(work)))
    return page(
        "citizen/records.html",
        refusal.status if refusal else 200,
        private=True,
        registers=registers,
        entitled=entitled,
        words=WORDS,
        kinds=KINDS,
        states=STATES,
        appeals=APPEALS,
        askers=ASKERS,
        bases=BASES,
        refusal=refusal,
        done=asked("done") == "appeal",
        zone=parts().settings.zone,
    )
