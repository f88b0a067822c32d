"""The person's real name: handing in a document, seeing where it stands, withdrawing it."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from hub import consent, identity
from hub.identity import real_name_checks, real_names
from hub.identity.population_simulator import ADDRESS, PopulationSimulator
from hub.kernel import ids
from hub.kernel.errors import Unavailable
from hub.kernel.work import SYSTEM, Reading, Work
from hub.parts import Parts
from hub.web import Blueprint, parts, reads, refuses, requires, transaction
from hub.web.languages import current_language, marked
from hub.web.languages import text as _

from .real_name_schemas import RealName, RealNameRequest

RECIPIENT = "city:real_name"
SCOPE = "citizen.real_name:verify"
AGREEMENT = marked(
    "I agree that the city gives number and name of this document to the population register, to "
    "verify my name, and keeps them encrypted until I withdraw. This is sensitive personal "
    "information; without it all services that need no verified name stay open to me."
)
"""What the person agrees to, word for word, on the page and in every app (PIPL article 29)."""

bp = Blueprint("real_name", __name__, description="The person's verified name")


class RealNamesNotOffered(Unavailable):
    """This hub is not connected to a population register, so nobody's name can be verified here.
    Whoever runs it sets ``HUB_POPULATION_URL``; nothing that was sent was kept."""

    title = "Names cannot be verified here just now"


@bp.post("/v1/me/real-name")
@requires("citizen.real_name:manage")
@transaction(once=True)
@bp.arguments(RealNameRequest)
@bp.response(202, RealName)
def submit_real_name(work: Work, wanted: dict[str, Any]) -> dict[str, Any]:
    """Hand in a document; the population register is asked in the background.

    Follow it at `GET /v1/me/real-name`. Once it is verified, the next sign-in or refresh of a
    strong sign-in (`urn:city:loa:2`) is `urn:city:loa:3`.
    """
    return shown(hand_in(work, wanted))


@bp.get("/v1/me/real-name")
@requires("citizen.real_name:read")
@reads
@bp.response(200, RealName)
def my_real_name(reading: Reading) -> dict[str, Any]:
    """Tell whether the person's real name is verified, by which document, or why not."""
    return shown(real_names.mine(reading, parts().keyring))


@bp.delete("/v1/me/real-name")
@requires("citizen.real_name:manage")
@transaction()
@refuses(404)
@bp.response(204)
def withdraw_real_name(work: Work) -> None:
    """Withdraw the document, pending or verified; number and name are erased at once, and the
    consent to their use ends."""
    withdraw(work)


def hand_in(work: Work, wanted: dict[str, Any]) -> real_names.RealNameState:
    """Hand in what was sent or filled in; today is the city's day."""
    settings = parts().settings
    if not (settings.population_url or settings.demo):
        raise RealNamesNotOffered
    document = identity.read_document(
        identity.DocumentKind(wanted["kind"]),
        wanted["number"],
        issuing_state=wanted["issuing_state"],
        mrz=wanted["mrz"],
        today=identity.day_in(settings.zone, work.now),
        specimens=settings.demo,
    )
    handed_in = real_names.submit(
        work,
        parts().keyring,
        document,
        wanted["name"],
        sensitive_consent=wanted["sensitive_consent"],
    )
    _agreed(work, ids.read("person", work.actor.id))
    return handed_in


def withdraw(work: Work) -> None:
    """Withdraw the acting person's document, and with it the consent to its use."""
    built = parts()
    real_names.withdraw(work)
    consent.withdraw_from(work, built.keyring, RECIPIENT, issuer=built.settings.public_url)


def end_with_the_consent(work: Work, event: consent.ConsentWithdrawn) -> None:
    """Reaction: the consent to the use of the document was taken back, wherever; so it ends. Not if
    the person has meanwhile agreed anew."""
    person_id = event.person_id
    if event.recipient == RECIPIENT and not consent.covers(
        work, person_id=person_id, recipient=RECIPIENT, scope=SCOPE
    ):
        real_names.end_of(work, person_id)


def _agreed(work: Work, person_id: UUID) -> None:
    """Enter the agreement, with a receipt, unless one stands."""
    built = parts()
    if consent.covers(work, person_id=person_id, recipient=RECIPIENT, scope=SCOPE):
        return
    consent.give(
        work,
        built.keyring,
        issuer=built.settings.public_url,
        person_id=person_id,
        recipient=RECIPIENT,
        recipient_name=_("Population register"),
        scopes=[SCOPE],
        purpose_text=_(AGREEMENT),
        language=current_language(),
        until=work.now + consent.LONGEST,
    )


def shown(found: real_names.RealNameState) -> dict[str, Any]:
    """A state in the shape of the schema, with the sentence for its reason."""
    seen = asdict(found)
    if (refusal := found.refusal) is not None:
        seen["refusal"] = {"type": f"/problems/{refusal.slug()}", "title": _(refusal.title)}
    return seen


def ask_the_register(built: Parts, event: identity.RealNameSubmitted) -> None:
    """Errand: ask the population register about a document that was handed in.

    While it is away this raises and is run again, for three days; a process killed in the middle
    asks once more under the same key.
    """
    inquiry = built.database.run(
        lambda work: real_name_checks.inquiry_of(work, built.keyring, event.claim_id), SYSTEM
    )
    if inquiry is None:
        return
    answer = built.of(population).check(inquiry)
    built.database.run(
        lambda work: real_name_checks.conclude(
            work,
            built.keyring,
            event.claim_id,
            answer,
            today=identity.day_in(built.settings.zone, work.now),
        ),
        SYSTEM,
    )


def population(built: Parts) -> identity.Population:
    """The register that the settings name; in a demonstration, else the simulator, behind the same
    adapter."""
    settings = built.settings
    if settings.population_url:
        return identity.PopulationGateway(settings.population_url, settings.population_key)
    key = built.keyring.derive("citizen.population_simulator").hex()
    return identity.PopulationGateway(ADDRESS, key, inside=PopulationSimulator(built.database, key))
