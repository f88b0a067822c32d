"""``python -m hub clients ...``: register and suspend what partners let speak with the hub."""

from typing import Any, cast, get_args

import click
import msgspec

from hub import identity
from hub.identity import AuthMethod, ClientKind
from hub.kernel.db import Database
from hub.kernel.errors import Refusal
from hub.kernel.work import SYSTEM
from hub.settings import Settings

from .registering import new_initial_token, register


@click.group()
def clients() -> None:
    """Partners' clients: apps that ask citizens, services in their own name."""


@clients.command(name="register")
@click.option("--kind", type=click.Choice(get_args(ClientKind)), required=True)
@click.option("--name", "names", multiple=True, required=True, help="en=Route planner; repeatable.")
@click.option("--organisation", required=True, help="Whose it is, as people read it.")
@click.option("--purpose", "purposes", multiple=True, required=True, help="en=To ...; repeatable.")
@click.option("--scope", "scopes", multiple=True, required=True, help="Repeatable.")
@click.option("--redirect-uri", "redirect_uris", multiple=True, help="Repeatable.")
@click.option("--auth", "auth_method", type=click.Choice(get_args(AuthMethod)))
@click.option("--jwks", type=click.File("rb"), help="Its public keys, for private_key_jwt.")
def registering(
    kind: str,
    names: tuple[str, ...],
    organisation: str,
    purposes: tuple[str, ...],
    scopes: tuple[str, ...],
    redirect_uris: tuple[str, ...],
    auth_method: str | None,
    jwks: Any,
) -> None:
    """Register a client; prints its id and, this once, its secret."""
    usual = "none" if kind == "public" else "client_secret_basic"
    try:
        keys = msgspec.json.decode(jwks.read()) if jwks else None
        made = _database().run(
            lambda work: register(
                work,
                kind=cast(ClientKind, kind),
                names=_by_language(names),
                organisation=organisation,
                purpose=_by_language(purposes),
                scopes=scopes,
                auth_method=cast(AuthMethod, auth_method or usual),
                redirect_uris=redirect_uris,
                jwks=keys,
            ),
            SYSTEM,
        )
    except (Refusal, ValueError) as error:
        why = [found["detail"] for found in getattr(error, "errors", ())]
        raise click.ClickException(" ".join([str(error), *why])) from None
    click.echo(f"client_id     {made.client.id}")
    if made.secret is not None:
        click.echo(f"client_secret {made.secret}")


@clients.command(name="list")
def listing() -> None:
    """Print every client ever registered."""
    for client in _database().run(identity.all_clients, SYSTEM):
        what = f"{client.names['en']}, {client.organisation}"
        click.echo(f"{client.id}\t{client.state}\t{client.kind}\t{client.auth_method}\t{what}")


@clients.command()
@click.argument("client_id")
def suspend(client_id: str) -> None:
    """Let CLIENT_ID in no more, everywhere within two seconds, until it is resumed."""
    _state(client_id, "suspended")


@clients.command()
@click.argument("client_id")
def resume(client_id: str) -> None:
    """Let a suspended CLIENT_ID in again."""
    _state(client_id, "active")


@clients.command(name="initial-token")
@click.option("--organisation", required=True, help="Who will register clients with it.")
@click.option("--uses", type=click.IntRange(1, 1000), default=10, show_default=True)
def initial_token(organisation: str, uses: int) -> None:
    """Print a token by which an organisation registers its clients itself (RFC 7591)."""
    token = _database().run(
        lambda work: new_initial_token(work, organisation=organisation, uses=uses), SYSTEM
    )
    click.echo(token)


def _state(client_id: str, state: str) -> None:
    try:
        _database().run(lambda work: identity.change_client(work, client_id, state=state), SYSTEM)
    except Refusal:
        raise click.ClickException(f"There is no client {client_id}.") from None
    click.echo(f"{client_id} is {state}.")


def _by_language(pairs: tuple[str, ...]) -> dict[str, str]:
    """``en=Route planner`` and the like."""
    found = dict(pair.split("=", 1) for pair in pairs if "=" in pair)
    if len(found) != len(pairs):
        raise ValueError("Write names and purposes as en=...")
    return found


def _database() -> Database:
    return Database(Settings.from_env().database_url, pool_size=1, application="hub-clients")
