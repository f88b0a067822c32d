"""Commands: ``python -m hub ...``. Each imports what it needs when it runs."""

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

import click

from hub.kernel.errors import Refusal
from hub.settings import Settings

if TYPE_CHECKING:
    from flask import Flask

    from hub.web import Sector


class Rooms(click.Group):
    """Commands that live in the rooms they serve, imported when they are asked for."""

    elsewhere: ClassVar[dict[str, str]] = {
        "run": "hub.local.commands:run",
        "forget": "hub.local.commands:forget",
        "backup": "hub.local.commands:backup",
        "restore": "hub.local.commands:restore",
        "replay": "hub.local.demo.commands:replay",
        "demo": "hub.local.demo.commands:demo",
        "tour": "hub.local.tour:tour",
        "gateway": "hub.jobs.gateway:gateway",
        "transit": "hub.transit.commands:transit",
        "databank": "hub.databank.commands:databank",
        "clients": "hub.oauth.commands:clients",
        "devices": "hub.identity.commands:devices",
        "consent": "hub.consent.commands:consent",
        "audit": "hub.audit.commands:audit",
        "keys": "hub.jobs.keys_commands:commands",
        "real-names": "hub.identity.real_name_commands:real_names_of_people",
        "officers": "hub.identity.officer_commands:officers",
    }

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a refusal is one sentence for the operator, not a trace."""
        try:
            return super().invoke(ctx)
        except Refusal as refusal:
            wrong = "; ".join(f"{e['pointer']}: {e['detail']}" for e in refusal.errors)
            said = f"{refusal.title}. {refusal.detail or ''} {wrong}"
            raise click.ClickException(" ".join(said.split())) from refusal

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All of them, in the order of the alphabet."""
        return sorted({*super().list_commands(ctx), *self.elsewhere})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command itself."""
        if (place := self.elsewhere.get(cmd_name)) is None:
            return super().get_command(ctx, cmd_name)
        module, _, name = place.partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command


@click.group(cls=Rooms, context_settings={"help_option_names": ["-h", "--help"]})
@click.pass_context
def main(ctx: click.Context) -> None:
    """The citizen service hub."""
    ctx.obj = _roles


@main.command()
def release() -> None:
    """Bring database and keys to the state this version expects; safe to run again."""
    from hub.jobs.release import release as bring_up

    bring_up(Settings.from_env())


@main.command()
def worker() -> None:
    """Run the worker role: events, reactions, loops and schedules."""
    from blueprints import SECTORS
    from hub.jobs.reacting import Handlers
    from hub.jobs.worker import work
    from hub.logs import set_up_logs
    from hub.parts import build_parts

    settings = Settings.from_env()
    set_up_logs(settings.log_level)
    pairs = [(s.reactions, s.errands) for s in SECTORS]
    handlers = Handlers.of(
        [(kind, handler) for found, _ in pairs for kind, each in found.items() for handler in each],
        [(kind, handler) for _, found in pairs for kind, each in found.items() for handler in each],
    )
    loops = [loop for s in SECTORS for loop in s.loops]
    schedules = [t for s in SECTORS for t in s.schedules]
    work(build_parts(settings, application="hub-worker", pool_size=8), handlers, loops, schedules)


@main.command()
@click.option("--check", is_flag=True, help="Only say whether the committed documents are current.")
def spec(check: bool) -> None:
    """Write openapi/ anew from the routes."""
    from hub.web import documents

    found = documents.documents(*_described())
    if not check:
        documents.write(found)
    elif stale := documents.stale(found):
        raise click.ClickException(f"Not current: {', '.join(stale)}. Run `make spec`.")


@main.command()
def systems() -> None:
    """Print every system with its shape, routes and scopes."""
    from hub.web import documents

    click.echo(documents.catalogue(*_described()), nl=False)


@main.command()
@click.argument("name")
def migration(name: str) -> None:
    """Draft the next migration from the difference between models and database."""
    from hub.jobs.release import draft

    click.echo(draft(Settings.from_env(), name))


@main.group()
def privacy() -> None:
    """What is kept about people."""


@privacy.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def register(as_json: bool) -> None:
    """Print the processing record (PIPL 54 to 56, GDPR 30): every personal column by capability,
    with purpose, legal basis, recipients, retention, export and erasure."""
    from hub.web import documents

    _described()  # the tables are known once everything is imported
    found = documents.record_for_programs() if as_json else documents.record_for_reading()
    click.echo(found, nl=False)


def _roles() -> dict[str, frozenset[str]]:
    """The roles that the sectors declare for their officers."""
    from blueprints import SECTORS

    return {f"{s.slug}:{role}": scopes for s in SECTORS for role, scopes in s.roles.items()}


def _described() -> "tuple[Flask, Sequence[Sector]]":
    """The application as it describes itself: default settings, no database needed."""
    from blueprints import SECTORS
    from hub.app import create_app

    return create_app(Settings.from_env({}), SECTORS, writes_document=True), SECTORS
