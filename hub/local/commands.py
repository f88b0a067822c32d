"""The commands of `python -m hub` that concern this machine. hub/cli.py takes them in."""

import os
import sys

import click
from rich.console import Console

from . import run as running


@click.command()
def run() -> None:
    """Start the whole hub on this machine: database, demo city, all roles. Ctrl-C ends it."""
    sys.exit(running.run(os.environ, Console()))


COMMANDS: tuple[click.Command, ...] = (run,)
