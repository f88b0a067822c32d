"""``python -m hub transit ...``: feeds and their timetables from the command line."""

from pathlib import Path
from typing import cast, get_args

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from hub.kernel.db import Database
from hub.kernel.errors import Refusal
from hub.kernel.work import SYSTEM
from hub.settings import Settings

from . import feeds, importing
from .errors import ZipBeingRead
from .model import Import


@click.group()
def transit() -> None:
    """Feeds and their timetables."""


@transit.command(name="import")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--feed", required=True, help="Slug of the feed, as `transit register` made it.")
def import_zip(path: Path, feed: str) -> None:
    """Read the GTFS zip at PATH and publish it as the feed's timetable, or say why not.

    Exits with 1 when the zip was refused; passengers then keep the timetable they have.
    """
    database = _database()
    try:
        wanted = database.run(lambda work: importing.queue(work, feed), SYSTEM)
    except Refusal:
        raise click.ClickException(
            f"There is no feed {feed!r}; make it known with `transit register`."
        ) from None
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}% {task.fields[rows]:,} rows"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    )
    with path.open("rb") as source, bar:
        task = bar.add_task(path.name, total=100, rows=0)
        try:
            done = importing.run(
                database,
                wanted,
                source,
                watch=lambda rows, percent: bar.update(task, completed=percent, rows=rows),
            )
        except ZipBeingRead as refusal:
            raise click.ClickException(f"{refusal.title}.") from None
        bar.update(task, completed=done.percent, rows=done.rows_read)
    _report(done)


@transit.command()
@click.argument("slug")
@click.option("--name", required=True, help="What passengers call it, in English.")
@click.option("--name-zh", help="The same in Chinese.")
@click.option("--name-ru", help="The same in Russian.")
@click.option("--kind", type=click.Choice(get_args(feeds.FeedKind)), default="live")
@click.option("--licence", help="Under which licence the feed may be used, as an SPDX name.")
def register(
    slug: str,
    name: str,
    name_zh: str | None,
    name_ru: str | None,
    kind: str,
    licence: str | None,
) -> None:
    """Make the feed SLUG known, or correct what is said of it."""
    spoken = {"en": name, "zh-CN": name_zh, "ru": name_ru}
    names = {language: text for language, text in spoken.items() if text}
    called = cast(feeds.FeedKind, kind)
    try:
        _database().run(
            lambda work: feeds.register(work, slug, name=names, kind=called, licence=licence),
            SYSTEM,
        )
    except Refusal as refusal:
        raise click.ClickException(f"{refusal.title}: {slug!r}.") from None
    click.echo(f"{slug} is known.")


@transit.command(name="list")
def listing() -> None:
    """Print the feeds that have a timetable."""
    with _database().reads() as connection:
        for feed in feeds.current_feeds(connection).values():
            period = f"{feed.valid_from} to {feed.valid_until}"
            click.echo(f"{feed.slug}\t{feed.kind}\t{period}\t{feed.attribution}")


@transit.command()
@click.argument("slug")
def back(slug: str) -> None:
    """Return the feed SLUG to the timetable it had before."""
    try:
        version = _database().run(lambda work: feeds.go_back(work, slug), SYSTEM)
    except Refusal as refusal:
        raise click.ClickException(f"{refusal.title}: {slug}.") from None
    click.echo(f"{slug} is back at the timetable of {version.published_at:%Y-%m-%d %H:%M} UTC.")


def _report(done: Import) -> None:
    for problem in done.problems:
        where = ":".join(str(problem[part]) for part in ("file", "row") if part in problem)
        told = " ".join(filter(None, (where, f"{problem['rule']}: {problem['detail']}")))
        click.echo(f"{problem['severity']}: {told}", err=True)
    found = f"{done.errors} errors, {done.warnings} warnings"
    if done.state != "published":
        raise click.ClickException(f"Refused: {found}. The feed keeps the timetable it has.")
    click.echo(f"Published: {done.rows_read:,} rows, {found}.")


def _database() -> Database:
    return Database(Settings.from_env().database_url, pool_size=2, application="hub-transit")
