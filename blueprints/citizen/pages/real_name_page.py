"""The page of the real name: hand in a document, see where it stands, withdraw it."""

from blueprints.citizen import real_name
from hub.identity import DocumentKind, real_names
from hub.identity.issuing_states import ISSUERS, SPECIMEN
from hub.kernel.errors import Refusal
from hub.kernel.work import Reading
from hub.web import parts, reads
from hub.web.languages import marked
from hub.web.pages import Answer, act, for_signed_in, go_to, page, sent

from . import bp

KINDS = {
    "resident_card": marked("Resident identity card"),
    "residence_permit": marked("Residence permit for Hong Kong, Macao or Taiwan residents"),
    "travel_permit_hk_macao": marked("Mainland travel permit for Hong Kong or Macao residents"),
    "travel_permit_taiwan": marked("Mainland travel permit for Taiwan residents"),
    "permanent_residence_card": marked("Foreign permanent resident's card"),
    "passport": marked("Foreign passport"),
}
FIELDS = ("kind", "issuing_state", "number", "name", "mrz")


@bp.get("/me/real-name")
@for_signed_in
@reads
def real_name_page(reading: Reading) -> Answer:
    """Where the person stands, and the form where there is something to hand in."""
    return _page(real_names.mine(reading, parts().keyring))


@bp.post("/me/real-name")
@for_signed_in
def submit_real_name() -> Answer:
    """Hand in a document; what is wrong is said beside its field."""
    wanted = {name: sent(name) for name in FIELDS}
    kind = wanted["kind"] if wanted["kind"] in KINDS else DocumentKind.RESIDENT_CARD.value
    foreign = kind == DocumentKind.PASSPORT
    filled = {
        "kind": kind,
        "issuing_state": wanted["issuing_state"] if foreign else "CHN",
        "number": wanted["number"],
        "name": wanted["name"],
        "mrz": wanted["mrz"] or None,
        "sensitive_consent": sent("sensitive_consent") == "yes",
    }
    try:
        act(lambda work: real_name.hand_in(work, filled))
    except Refusal as refusal:
        return _page(real_names.RealNameState("none"), refusal, wanted)
    return go_to("/me/real-name")


@bp.post("/me/real-name/withdraw")
@for_signed_in
def withdraw_real_name() -> Answer:
    """Withdraw the document and erase it."""
    act(real_name.withdraw)
    return go_to("/me/real-name")


def _page(
    stands: real_names.RealNameState,
    refusal: Refusal | None = None,
    typed: dict[str, str] | None = None,
) -> Answer:
    settings = parts().settings
    wrong = {e["pointer"].removeprefix("/"): e["detail"] for e in refusal.errors} if refusal else {}
    return page(
        "citizen/real_name.html",
        refusal.status if refusal else 200,
        private=True,
        stands=stands,
        kinds=KINDS,
        agreement=real_name.AGREEMENT,
        issuers=sorted(ISSUERS if settings.demo else ISSUERS - {SPECIMEN}),
        refused=stands.refusal,
        refusal=refusal,
        wrong=wrong,
        typed=typed or {},
        zone=settings.zone,
        demo=settings.demo,
    )
