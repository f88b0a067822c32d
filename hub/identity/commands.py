"""``python -m hub devices ...``: enrol and revoke what signs its requests."""

from pathlib import Path
from typing import Any, cast, get_args

import click
import msgspec

from hub.kernel import ids
from hub.kernel.db import Database
from hub.kernel.errors import Refusal
from hub.kernel.work import SYSTEM
from hub.settings import Settings

from .devices import DeviceKind, all_devices, enrol_device, revoke_device


@click.group()
def devices() -> None:
    """Enrolled devices: gates, kiosks, vehicle gateways, publishers."""


@devices.command()
@click.option("--kind", type=click.Choice(get_args(DeviceKind)), required=True)
@click.option("--name", required=True, help="What people call it.")
@click.option("--scope", "scopes", multiple=True, required=True, help="What it may do; repeatable.")
@click.option(
    "--acts-for", multiple=True, help="Whom it may speak for, as feed:harbin; repeatable."
)
@click.argument("key", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def enrol(
    kind: str, name: str, scopes: tuple[str, ...], acts_for: tuple[str, ...], key: Path
) -> None:
    """Enrol a device by the public JWK in the file KEY, and print its key id."""
    try:
        jwk = msgspec.json.decode(key.read_bytes(), type=dict[str, Any])
        kid = _database().run(
            lambda work: enrol_device(
                work,
                kind=cast(DeviceKind, kind),
                name=name,
                public_jwk=jwk,
                scopes=scopes,
                acts_for=acts_for,
            ),
            SYSTEM,
        )
    except (ValueError, Refusal) as error:
        raise click.ClickException(f"{key} cannot be enrolled: {error}") from None
    click.echo(kid)


@devices.command()
@click.argument("device")
def revoke(device: str) -> None:
    """End the trust in DEVICE (its id from the list) for good."""
    try:
        device_id = ids.read("device", device)
        _database().run(lambda work: revoke_device(work, device_id), SYSTEM)
    except Refusal:
        raise click.ClickException(f"There is no device {device}.") from None
    click.echo(f"{device} is trusted no more.")


@devices.command(name="list")
def listing() -> None:
    """Print every device ever enrolled."""
    for device in _database().run(all_devices, SYSTEM):
        state = "revoked" if device.revoked_at else "trusted"
        scopes = ",".join((*device.scopes, *device.acts_for))
        click.echo(f"{device.id}\t{state}\t{device.kind}\t{device.name}\t{scopes}\t{device.kid}")


def _database() -> Database:
    return Database(Settings.from_env().database_url, pool_size=1, application="hub-devices")
