"""``python -m hub keys ...``: see the keys, rotate them, revoke one."""

import time
from functools import partial
from typing import cast

import click

from hub import keys
from hub.kernel.db import Database
from hub.kernel.errors import Refusal
from hub.kernel.work import SYSTEM
from hub.settings import Settings

from . import keeping_keys


@click.group(name="keys")
def commands() -> None:
    """The keys that sign and seal: list, rotate, revoke."""


@commands.command(name="list")
def listing() -> None:
    """Print every key: kid, kind, state, and since when."""
    database, _ = _surroundings()
    for key in database.run(keys.every_key, SYSTEM):
        state = f"{key.state} ({key.revoked_because})" if key.revoked_because else key.state
        click.echo(f"{key.kid}\t{key.kind}\t{state}\t{key.changed_at:%Y-%m-%dT%H:%M:%SZ}")
    database.dispose()


@commands.command()
@click.option("--kind", type=click.Choice(keys.ROTATED), default="sign", show_default=True)
@click.option("--now", is_flag=True, help="It may be in wrong hands: wait for no cache.")
def rotate(kind: str, now: bool) -> None:
    """Take the next key into use. The one before goes on verifying (or opening) what it made.

    Without a key that was published long enough, this publishes one and says so: run it again an
    hour later. With --now it waits only the seconds in which every process hears of it.
    """
    database, root = _surroundings()
    wanted = cast(keys.Kind, kind)
    turn = partial(keeping_keys.rotate, root=root, kind=wanted, at_once=now)
    if now:
        kid = database.run(lambda work: keys.publish_next(work, root, wanted), SYSTEM)
        click.echo(f"{kid} is published; it is used in {keys.HEARD_EVERYWHERE.seconds} seconds.")
        time.sleep(keys.HEARD_EVERYWHERE.total_seconds())
    try:
        kid = database.run(turn, SYSTEM)
    except keys.NotReadyYet:
        click.echo("The next key is published but too young to be used: rotate again in an hour.")
    else:
        click.echo(f"{kid} is active now.")
    database.dispose()


@commands.command(context_settings={"ignore_unknown_options": True})  # a kid may begin with -
@click.argument("kid")
def revoke(kid: str) -> None:
    """Trust KID no more: what it signed is refused on the next request."""
    database, root = _surroundings()
    try:
        successor = database.run(partial(keeping_keys.revoke, root=root, kid=kid), SYSTEM)
    except Refusal as refusal:
        raise click.ClickException(f"{kid}: {refusal}") from None
    click.echo(f"{kid} is trusted no more." + (f" {successor} signs now." if successor else ""))
    database.dispose()


def _surroundings() -> tuple[Database, keys.RootKey]:
    settings = Settings.from_env()
    database = Database(settings.database_url, pool_size=1, application="hub-keys")
    return database, keys.root_key(settings.root_key, settings.home)
