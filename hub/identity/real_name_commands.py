"""``python -m hub real-names ...``: what a service desk does with documents."""

import click

from hub.kernel.db import Database
from hub.kernel.errors import Refusal
from hub.kernel.work import SYSTEM
from hub.keys import KeyRing, root_key
from hub.settings import Settings

from . import documents, real_names
from .ages import day_in
from .documents import Kind


@click.group()
def real_names_of_people() -> None:
    """Verified names: what a service desk may do about them."""


@real_names_of_people.command()
@click.option("--kind", type=click.Choice([kind.value for kind in Kind]), required=True)
@click.option("--issuing-state", default="CHN", show_default=True)
@click.option("--evidence", required=True, help="The number of the desk's own record of the visit.")
def release(kind: str, issuing_state: str, evidence: str) -> None:
    """Take a document away from the account that has it, after seeing it and its holder.

    The number is asked for, not given as an argument: arguments stay in a shell's history.
    """
    settings = Settings.from_env()
    number = click.prompt("Number", hide_input=True)
    database = Database(settings.database_url, pool_size=2, application="hub-real-names")
    keyring = KeyRing(database, lambda: root_key(settings.root_key, settings.home))
    try:
        document = documents.parse(
            Kind(kind),
            number,
            issuing_state=issuing_state,
            today=day_in(settings.zone, database.clock()),
            specimens=settings.demo,
        )
    except Refusal as refusal:
        wrong = "; ".join(error["detail"] for error in refusal.errors) or refusal.title
        raise click.ClickException(wrong) from None
    released = database.run(
        lambda work: real_names.release(work, keyring, document, evidence=evidence), SYSTEM
    )
    click.echo("Released." if released else "No account has this document.")
