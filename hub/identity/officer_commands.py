"""``python -m hub officers ...``: appoint the first officers, from where the hub is run."""

from collections.abc import Callable
from datetime import timedelta

import click

from hub.kernel import ids
from hub.kernel.db import Database
from hub.kernel.errors import Refusal
from hub.kernel.work import SYSTEM
from hub.settings import Settings

from .officers import LONGEST_TERM, PREFIX, Roles, all_appointments, appoint, end_appointment


@click.group()
def officers() -> None:
    """Officers of the city and their roles."""


@officers.command(name="appoint")
@click.option("--person", required=True, help="Their id, as /v1/me shows it to them.")
@click.option("--role", required=True, help="As in identity:administrator.")
@click.option("--name", required=True, help="Their name in service, as citizens read it.")
@click.option(
    "--days",
    type=click.IntRange(1, LONGEST_TERM.days),
    default=365,
    show_default=True,
    help="For how long.",
)
@click.pass_obj
def appoint_one(roles: Callable[[], Roles], person: str, role: str, name: str, days: int) -> None:
    """Appoint a person to a role. This is for the first administrators; from then on they appoint
    through the hub, two of them where it makes another administrator."""
    declared = roles()
    if role not in declared:
        raise click.ClickException(f"There is no role {role}; there are {', '.join(declared)}.")
    try:
        person_id = ids.read("person", person)
        made = _database().run(
            lambda work: appoint(
                work,
                declared,
                person_id=person_id,
                role=role,
                service_name=name,
                until=work.now + timedelta(days=days),
            ),
            SYSTEM,
        )
    except Refusal as refusal:
        raise click.ClickException(f"{person} cannot be appointed: {refusal.title}.") from None
    click.echo(ids.show(PREFIX, made.id))


@officers.command()
@click.argument("appointment")
def end(appointment: str) -> None:
    """End APPOINTMENT (its id from the list) before its day."""
    try:
        appointment_id = ids.read(PREFIX, appointment)
        _database().run(lambda work: end_appointment(work, appointment_id), SYSTEM)
    except Refusal:
        raise click.ClickException(f"There is no appointment {appointment}.") from None
    click.echo(f"{appointment} is ended.")


@officers.command(name="list")
def listing() -> None:
    """Print every appointment ever made."""
    database = _database()
    now = database.clock()
    for one in database.run(all_appointments, SYSTEM):
        state = "ended" if one.ended_at else "in force" if one.until > now else "over"
        fields = (
            ids.show(PREFIX, one.id),
            state,
            one.role,
            one.service_name,
            ids.show("officer", one.officer_id),
            f"until {one.until:%Y-%m-%d}",
        )
        click.echo("\t".join(fields))


def _database() -> Database:
    return Database(Settings.from_env().database_url, pool_size=1, application="hub-officers")
