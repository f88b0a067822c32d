"""``python -m hub databank ...``: appeals; officers decide them at ``/v1/databank/appeals`` too."""

from typing import cast

import click

from hub.kernel import ids
from hub.kernel.db import Database
from hub.kernel.errors import Refusal
from hub.kernel.work import SYSTEM
from hub.keys import KeyRing, root_key
from hub.settings import Settings

from . import appeals
from .appeals import Outcome

LISTED = 100


@click.group()
def databank() -> None:
    """The city's registers: appeals against refused entitlements."""


@databank.command(name="appeals")
def listing() -> None:
    """Print the first hundred appeals that wait for a decision, the oldest first."""
    database, keyring = _hub()
    waiting = database.run(
        lambda work: appeals.waiting(work, keyring, after=None, limit=LISTED), SYSTEM
    )
    for appeal in waiting[:LISTED]:
        shown = ids.show("appeal", appeal.id)
        click.echo(f"{shown}\t{appeal.filed_at.isoformat()}\t{appeal.statement}")


@databank.command()
@click.argument("appeal")
@click.argument("outcome", type=click.Choice(["upheld", "dismissed"]))
@click.option("--answer", required=True, help="What the person reads.")
def decide(appeal: str, outcome: str, answer: str) -> None:
    """Decide APPEAL (its id from the list)."""
    database, keyring = _hub()
    try:
        appeal_id = ids.read("appeal", appeal)
        database.run(
            lambda work: appeals.decide(
                work, keyring, appeal_id, outcome=cast(Outcome, outcome), answer=answer
            ),
            SYSTEM,
        )
    except Refusal:
        raise click.ClickException(f"No appeal {appeal} waits for a decision.") from None
    click.echo(f"{appeal} is {outcome}.")


def _hub() -> tuple[Database, KeyRing]:
    settings = Settings.from_env()
    database = Database(settings.database_url, pool_size=2, application="hub-databank")
    return database, KeyRing(database, lambda: root_key(settings.root_key, settings.home))
