"""The commands of `python -m hub` that concern this machine. hub/cli.py takes them in."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console

from . import archive, environment, occupancy
from . import backup as backups
from . import run as running
from .errors import CannotRun

FILE = click.Path(path_type=Path, dir_okay=False)
PASSPHRASE_FILE = click.option(
    "--passphrase-file", type=FILE, help="Read the passphrase from the first line of this file."
)


@click.command()
def run() -> None:
    """Start the whole hub on this machine: database, demo city, all roles. Ctrl-C ends it."""
    sys.exit(running.run(os.environ, Console()))


@click.command()
@click.argument("file", type=FILE)
@click.option("--seal", is_flag=True, help="Ask for a passphrase and seal the backup with it.")
@PASSPHRASE_FILE
def backup(file: Path, seal: bool, passphrase_file: Path | None) -> None:
    """Write database, keys and files into FILE. The hub may be running.

    A backup that is not sealed holds the root key in the clear: guard it like the key.
    """
    passphrase = _given(passphrase_file)
    if seal and passphrase is None:
        passphrase = click.prompt("Passphrase", hide_input=True, confirmation_prompt=True)
    with _one_sentence(), Console(stderr=True).status("Backing up"):
        size = backups.back_up(os.environ, file, passphrase=passphrase)
    click.echo(f"{file}: {size / 1e6:.1f} MB{'' if passphrase else ', not sealed'}")


@click.command()
@click.argument("file", type=FILE)
@click.option("--force", is_flag=True, help="Replace the hub that is there.")
@click.option(
    "--send-waiting",
    is_flag=True,
    help="Send what waited when the backup was made: only if the original cannot have sent it.",
)
@PASSPHRASE_FILE
def restore(file: Path, force: bool, send_waiting: bool, passphrase_file: Path | None) -> None:
    """Bring the backup in FILE back into HUB_HOME. The hub must not be running."""
    with _one_sentence():
        if not file.is_file():
            raise CannotRun(f"There is no file {file}.")
        passphrase = _given(passphrase_file)
        if passphrase is None and archive.is_sealed(file):
            passphrase = click.prompt("Passphrase", hide_input=True)
        with Console(stderr=True).status("Restoring"):
            manifest = backups.restore(
                os.environ, file, passphrase=passphrase, force=force, send_waiting=send_waiting
            )
    click.echo(f"The hub of {manifest.made_at} is back in {environment.home(os.environ)}.")
    if not send_waiting:
        click.echo("What still waited to be sent then is set aside and will not be sent.")


@click.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
def forget(yes: bool) -> None:
    """Remove this hub's data: database, keys, files, logs. The hub must not be running."""
    home = environment.home(os.environ)
    if not yes:
        click.confirm(f"Remove everything in {home} for ever?", abort=True)
    with _one_sentence(), occupancy.held(home):
        cluster = environment.cluster(os.environ)
        if cluster is not None:
            cluster.remove()
        shutil.rmtree(home)
    click.echo(f"{home} is gone.")


@contextmanager
def _one_sentence() -> Iterator[None]:
    try:
        yield
    except CannotRun as trouble:
        raise click.ClickException(str(trouble)) from None


def _given(passphrase_file: Path | None) -> str | None:
    if passphrase_file is None:
        return None
    try:
        return passphrase_file.read_text().splitlines()[0]
    except (OSError, IndexError, ValueError):
        raise click.ClickException(f"There is no passphrase in {passphrase_file}.") from None
