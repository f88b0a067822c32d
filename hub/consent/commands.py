"""``python -m hub consent ...``: check a receipt anywhere, without a hub."""

from pathlib import Path
from typing import Any

import click
import msgspec

from .receipts import ReceiptRefused, check

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def consent() -> None:
    """Receipts of consents."""


@consent.command(name="check")
@click.argument("receipt", type=_FILE)
@click.option("--jwks", type=_FILE, required=True, help="The key set, /.well-known/jwks.json.")
def check_receipt(receipt: Path, jwks: Path) -> None:
    """Say what the RECEIPT shows if the city signed it; needs no network and no database."""
    try:
        keys = msgspec.json.decode(jwks.read_bytes(), type=dict[str, Any])
        claims = check(receipt.read_text(errors="replace"), keys)
    except msgspec.DecodeError:
        raise click.ClickException(f"{jwks} is not a JWK set.") from None
    except ReceiptRefused as refused:
        raise click.ClickException(str(refused)) from None
    click.echo("Good: signed by a key of this set.")
    click.echo(msgspec.json.format(msgspec.json.encode(claims), indent=2).decode())
