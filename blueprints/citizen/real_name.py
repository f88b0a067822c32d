"""The person's real name: handing in a document, seeing where it stands, withdrawing it."""

from dataclasses import asdict
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from hub import identity
from hub.identity import real_name_checks, real_names
from hub.identity.population_simulator import ADDRESS, PopulationSimulator
from hub.kernel.errors import Unavailable
from hub.kernel.work import SYSTEM, Reading, Work
from hub.parts import Parts
from hub.web import Blueprint, parts, reads, refuses, requires, transaction
from hub.web.languages import text as _

from .real_name_schemas import RealName, RealNameRequest

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
    """Withdraw the document, pending or verified; number and name are erased at once."""
    real_names.withdraw(work)


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
        today=city_day(work.now, settings.zone),
        specimens=settings.demo,
    )
    return real_names.submit(
        work,
        parts().keyring,
        document,
        wanted["name"],
        sensitive_consent=wanted["sensitive_consent"],
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
            today=city_day(work.now, built.settings.zone),
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


def city_day(now: datetime, zone: str) -> date:
    """The day that it is in the city."""
    return now.astimezone(ZoneInfo(zone)).date()
