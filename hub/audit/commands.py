"""``python -m hub audit ...``: verify the access log, or check one proof without the hub."""

import sys
from pathlib import Path

import click
from rich.console import Console

from hub.kernel.db import Database
from hub.kernel.work import SYSTEM
from hub.keys import root_key
from hub.settings import Settings

from . import checking
from .copies import Copy, folders
from .verifying import Report, verify


@click.group()
def audit() -> None:
    """The access log: who read what about whom."""


@audit.command(name="verify")
def verify_log() -> None:
    """Recompute the whole log, from rows to signed checkpoints, here and in the copies outside.

    Names the first row that is not right and ends with 1; nothing in the database is believed.
    """
    settings = Settings.from_env()
    database = Database(settings.database_url, pool_size=1, application="hub-audit")
    root = root_key(settings.root_key, settings.home)
    copies = [Copy(folder) for folder in folders(settings)]
    with Console(stderr=True).status("Reading the checkpoints") as status:

        def tell(done: int) -> None:
            status.update(f"{done:,} rows")

        report = database.run(lambda work: verify(work, root, copies, tell), SYSTEM)
    database.dispose()
    _tell(report)


def _tell(report: Report) -> None:
    click.echo(
        f"{report.rows:,} rows sealed ({report.erased:,} erased since), {report.waiting:,} waiting;"
        f" {report.checkpoints:,} checkpoints in the database."
    )
    if report.not_counted:
        click.echo(f"{report.not_counted:,} signatures of keys in wrong hands were not counted.")
    for folder, count in report.copied.items():
        click.echo(f"{count:,} checkpoints in {folder}.")
    if not report.wrong:
        click.echo("The log is whole.")
        return
    for sentence in report.wrong:
        click.echo(f"WRONG: {sentence}.")
    sys.exit(1)


@audit.command()
@click.argument("proof", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--jwks",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="Saved from /.well-known/jwks.json; for an old proof from /v1/keys.",
)
def check(proof: Path, jwks: Path) -> None:
    """Check the PROOF that a citizen downloaded. Needs no database and no network."""
    try:
        row, statement = checking.check(proof.read_bytes(), jwks.read_bytes())
    except checking.ProofRefused as refusal:
        raise click.ClickException(str(refusal)) from None
    for name, value in row.items():
        click.echo(f"{name}: {value}")
    click.echo(
        f"This stood in the log of {statement.origin} at {statement.at:%Y-%m-%d %H:%M:%S} UTC,"
        f" among {statement.size:,} rows, and has not been changed since."
    )
