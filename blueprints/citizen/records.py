"""What the city's registers hold about the person, their entitlements, and appeals."""

from datetime import date
from typing import Any

from hub import databank, identity
from hub.databank import ENTITLEMENTS, REGISTERS, Entry, Register, appeals
from hub.databank.appeals import AppealState
from hub.databank.entitlements import holds
from hub.databank.registers import OWN_RECORD
from hub.identity.population_simulator import ADDRESS
from hub.kernel import ids
from hub.kernel.work import CLOCK, SYSTEM, Work
from hub.parts import Parts
from hub.web import Blueprint, parts, refuses, requires, transaction
from hub.web.languages import text as _

from .record_schemas import Appeal, AppealRequest, Entitlements, HeldRecords

AT_ONCE = 500

bp = Blueprint("records", __name__, description="What the city's registers hold about the person")


@bp.get("/v1/me/records")
@requires("citizen.record:read")
@transaction()
@bp.response(200, HeldRecords)
def my_records(work: Work) -> dict[str, Any]:
    """Show what each register holds about the person, from where, and who may read it what for.

    Every look is noted in the person's access log, this one too.
    """
    return {"items": held(work)}


@bp.get("/v1/me/entitlements")
@requires("citizen.entitlement:read")
@transaction()
@bp.response(200, Entitlements)
def my_entitlements(work: Work) -> dict[str, Any]:
    """Show the person's entitlements with source, term and evidence; a refusal with its reason and
    the appeal against it."""
    return entitlements(work)


@bp.post("/v1/me/entitlements/<entitlement_id>/appeals")
@requires("citizen.entitlement:appeal")
@transaction(once=True)
@refuses(404)
@bp.arguments(AppealRequest)
@bp.response(201, Appeal)
def appeal_against_refusal(
    work: Work, wanted: dict[str, Any], entitlement_id: str
) -> dict[str, Any]:
    """Appeal against a refused entitlement; an officer decides, and the decision is shown with it.

    One appeal against one refusal; a new refusal can be appealed against again.
    """
    record_id = ids.read("record", entitlement_id)
    return shown(appeals.file(work, parts().keyring, record_id, wanted["statement"]))


def held(work: Work) -> list[dict[str, Any]]:
    """Every register with what it holds about the acting person, in the reader's language."""
    return [_register(own(work, register)) for register in REGISTERS]


def own(work: Work, register: Register) -> Entry:
    """What a register holds about the acting person."""
    return databank.look_up(
        work,
        parts().keyring,
        register=register,
        subject=ids.read("person", work.actor.id),
        purpose=OWN_RECORD,
        fields=register.purpose(OWN_RECORD).fields,
    )


def entitlements(work: Work) -> dict[str, Any]:
    """The acting person's entitlements, with their appeals."""
    today = identity.day_in(parts().settings.zone, work.now)
    filed = appeals.mine(work, parts().keyring)
    entry = own(work, ENTITLEMENTS)
    items = []
    for record in entry.records:
        appeal = filed.get(record.id)
        items.append(
            {
                **record.values,
                **{
                    name: date.fromisoformat(record.values[name])
                    for name in ("valid_from", "valid_until")
                    if name in record.values
                },
                "id": ids.show("record", record.id),
                "valid_today": holds(record, today),
                "source": _(record.source),
                "as_of": record.as_of,
                "appeal": shown(appeal) if appeal else None,
            }
        )
    return {"items": items, "as_of": entry.as_of, "source_away": entry.source_away}


def shown(appeal: AppealState) -> dict[str, Any]:
    """An appeal in the shape of the schema."""
    return {
        "id": ids.show("appeal", appeal.id),
        "state": appeal.state,
        "statement": appeal.statement,
        "filed_at": appeal.filed_at,
        "decided_at": appeal.decided_at,
        "answer": appeal.answer,
    }


def bring_records_in(built: Parts, event: identity.RealNameVerified) -> None:
    """Errand: ask the registers about somebody whose name was verified. While one is away this
    raises and is run again."""
    databank.fetch(built.database, built.keyring, built.of(source), event.person_id)


def forget_records(work: Work, event: identity.RealNameEnded) -> None:
    """Reaction: a name is verified no more, so the hub's copies go."""
    databank.forget(work, event.person_id)


def refresh_records(built: Parts) -> None:
    """Schedule: ask again about people whose records were not confirmed for most of a day."""
    for person_id in built.database.run(lambda work: databank.due(work, limit=AT_ONCE), SYSTEM):
        try:
            databank.fetch(built.database, built.keyring, built.of(source), person_id)
        except identity.RegisterAway:
            return  # noted; the others would wait for the same office, so the next hour tries


def forget_old(built: Parts) -> None:
    """Schedule: delete appeals whose time is over."""
    built.database.run(databank.appeals.forget_old, CLOCK)


def source(built: Parts) -> databank.Source:
    """The offices that the settings name; in a demonstration, else the simulator."""
    settings = built.settings
    if settings.registers_url:
        http = identity.PopulationGateway(settings.registers_url, settings.registers_key)
    else:
        key = built.keyring.derive("citizen.register_simulator").hex()
        simulator = databank.RegisterSimulator(built.database, key)
        http = identity.PopulationGateway(ADDRESS, key, inside=simulator)
    return databank.SourceGateway(http)


def _register(entry: Entry) -> dict[str, Any]:
    register = entry.register
    return {
        "register": register.slug,
        "title": _(register.title),
        "keeper": _(register.keeper),
        "as_of": entry.as_of,
        "source_away": entry.source_away,
        "records": [
            {
                "id": ids.show("record", record.id),
                "key": record.key,
                "version": record.version,
                "source": _(record.source),
                "as_of": record.as_of,
                "values": [
                    {"field": name, "title": _(register.field(name).title), "value": str(value)}
                    for name, value in record.values.items()
                ],
            }
            for record in entry.records
        ],
        "purposes": [
            {
                "slug": purpose.slug,
                "sentence": _(purpose.sentence),
                "basis": purpose.basis,
                "source": purpose.source,
                "fields_": purpose.fields,
                "askers": purpose.askers,
            }
            for purpose in register.purposes
        ],
    }
