"""`python -m hub replay ...` and `python -m hub demo ...`: the demo city and its traffic."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click
import httpx

from hub.local import environment
from hub.local.errors import CannotRun
from hub.settings import Settings

if TYPE_CHECKING:
    from hub.identity import Roles

from . import recording, recordings
from .delivery import Delivery, Refused, Signer
from .harbin_traffic import Traffic
from .recording import NotARecording, Recording, service_day_start
from .replay import TICK, Player, Tempo, on_grid

KEY = Path("demo") / "positions.pem"
"""Where, under HUB_HOME, the demo's source keeps its private key."""

CONNECT_SECONDS, ANSWER_SECONDS = 2.0, 30.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a replay was asked to do."""

    at: str
    speed: float
    once: bool
    until: str | None


@click.command()
@click.argument("what", metavar="RECORDING")
@click.option(
    "--at", default="", metavar="TIME", help="Begin here: now, start, or HH:MM of its day."
)
@click.option("--speed", default=1.0, show_default=True, type=click.FloatRange(0.1, 600))
@click.option("--until", metavar="HH:MM", help="End when its clock shows this time.")
@click.option("--once", is_flag=True, help="Play from start to end and stop; harbin: one round.")
@click.option("--vehicles", type=click.IntRange(1, 50_000), help="harbin: as many buses as this.")
@click.option(
    "--every", default=10, type=click.IntRange(1, 60), help="harbin: seconds between reports."
)
@click.option("--url", help="The hub to play to; by default the one of this HUB_HOME.")
@click.option(
    "--key", type=click.Path(path_type=Path, exists=True), help="The source's private key."
)
@click.option("--feed", help="The feed to report for, where it is not the recording's own.")
def replay(
    what: str,
    at: str,
    speed: float,
    until: str | None,
    once: bool,
    vehicles: int | None,
    every: int,
    url: str | None,
    key: Path | None,
    feed: str | None,
) -> None:
    """Play vehicle positions into the hub as if they happened now.

    RECORDING is brussels, harbin, or a file (docs/demo-city.md has its format). Arrivals are right
    when the recording keeps its time of day, which is how the first two are played.
    """
    with told_plainly():
        now = datetime.now(UTC)
        source = source_of(what, vehicles, every, now)
        if feed:
            source.feed = feed
        wanted = Wanted(at, speed, once, until)
        player = player_of(source, deliveries(url, key), wanted, on_grid(now))
        click.echo(f"Playing {what} to {player.delivery.client.base_url}. Ctrl-C ends it.")
        play([player])


@click.group()
def demo() -> None:
    """The demo city: its data, its people, its traffic."""


@demo.command()
@click.option("--url", help="The hub to play to; by default the one of this HUB_HOME.")
def traffic(url: str | None) -> None:
    """Keep the demo city moving: both replays and two alerts, in one process."""
    from . import alerts

    with told_plainly():
        delivery = deliveries(url, None)
        now = on_grid(datetime.now(UTC))
        harbin, brussels = Traffic(), recordings.brussels()
        delivery.realtime(harbin.feed, alerts.message(now))
        play([Player(source, delivery, Tempo(now, now), now) for source in (harbin, brussels)])


@demo.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_obj
def credentials(roles: "Callable[[], Roles]", as_json: bool) -> None:
    """Sample people and officers, all invented, and how to obtain their codes."""
    from . import kiosk, officers, partners, people

    with told_plainly():
        hub = settings()
        keys = hub.home / people.KEYS
        found = people.credentials(
            hub.public_url, people.keys_at(keys) if keys.exists() and hub.demo else None
        )
        if hub.demo:
            of_partners = partners.credentials(hub.public_url, hub.home)
            of_kiosks = kiosk.credentials(hub.public_url, hub.home)
            in_office = officers.credentials(hub.public_url, hub.home, roles())
        else:
            of_partners, of_kiosks, in_office = {}, {}, {"officers": []}
        if as_json:
            everybody = found | of_partners | of_kiosks | in_office
            click.echo(json.dumps(everybody, ensure_ascii=False, indent=2))
        else:
            told = people.told(found) + partners.told(of_partners)
            click.echo(told + officers.told(in_office))


@demo.command()
@click.pass_obj
def load(roles: "Callable[[], Roles]") -> None:
    """Load the demo city, unless it is there already."""
    from . import city

    with told_plainly(), progress_bar() as progress:
        city.load(settings(), progress, roles=roles())


@contextmanager
def told_plainly() -> Iterator[None]:
    """Whatever is in the way is one sentence; Ctrl-C is no trouble."""
    try:
        yield
    except KeyboardInterrupt:
        click.echo("Ended.")
    except (Refused, NotARecording, CannotRun) as trouble:
        raise click.ClickException(str(trouble)) from None


def settings() -> Settings:
    """The settings of the hub of this HUB_HOME."""
    return Settings.from_env(environment.of_roles(os.environ))


def deliveries(url: str | None, key: Path | None) -> Delivery:
    """The way to the hub, with the demo's own key unless another is named."""
    found = settings()
    path = key or found.home / KEY
    if not path.exists():
        raise Refused(f"{path} is not there: the demo city is loaded by `make run`.")
    client = httpx.Client(
        base_url=url or f"http://127.0.0.1:{found.port}",
        timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
    )
    return Delivery(client, Signer.read(path), pause, say=lambda line: click.echo(line, err=True))


def pause(seconds: float) -> None:
    """Wait; Ctrl-C ends it at once."""
    Event().wait(seconds)


def source_of(what: str, vehicles: int | None, every: int, now: datetime) -> Recording | Traffic:
    """What is played, by name or path."""
    if what == "harbin":
        return Traffic(vehicles=vehicles, every=every, at=now)
    if what == "brussels":
        return recordings.brussels()
    if not Path(what).exists():
        raise Refused(f"There is no recording {what}: name brussels, harbin, or a file.")
    return recording.read(Path(what))


def player_of(
    source: Recording | Traffic, delivery: Delivery, wanted: Wanted, now: datetime
) -> Player:
    """A player that begins now, at the place of the recording that was asked for."""
    first = first_moment(source, wanted, now)
    tempo = Tempo(now, first, wanted.speed)
    end = None
    if wanted.once:
        end = tempo.reported(last_moment(source, first))
    elif wanted.until:
        end = tempo.reported(clock_time(wanted.until, source.zone, first))
    return Player(source, delivery, tempo, now, end)


def first_moment(source: Recording | Traffic, wanted: Wanted, now: datetime) -> datetime:
    """Where in the source's time to begin: today at a time of day, or at its first position."""
    keeps_its_day = isinstance(source, Traffic) or source.cycle is not None
    at = wanted.at or ("now" if keeps_its_day and not wanted.once else "start")
    if at == "now" or (at == "start" and isinstance(source, Traffic)):
        return now
    today = now.astimezone(source.zone).date()
    if at == "start" and isinstance(source, Recording):
        if not source.at:
            raise Refused("The recording holds no position.")
        return service_day_start(today, source.zone) + timedelta(seconds=source.at[0] - 1)
    midnight = service_day_start(today, source.zone)
    return clock_time(at, source.zone, midnight)


def last_moment(source: Recording | Traffic, first: datetime) -> datetime:
    """Where a single playing ends."""
    if isinstance(source, Traffic):
        return first + timedelta(seconds=source.every)
    return first + timedelta(seconds=source.at[-1] - source.at[0] + 1)


def clock_time(text: str, zone: ZoneInfo, after: datetime) -> datetime:
    """The next moment after another at which a clock in the zone shows HH:MM."""
    hours, _, minutes = text.partition(":")
    if not (hours.isdigit() and minutes.isdigit() and int(hours) < 24 and int(minutes) < 60):
        raise Refused(f"{text} is not a time: write now, start, or HH:MM.")
    local = after.astimezone(zone).replace(
        hour=int(hours), minute=int(minutes), second=0, microsecond=0
    )
    moment = local.astimezone(UTC)
    return moment if moment >= after else moment + timedelta(days=1)


def play(players: list[Player], wait: Callable[[float], None] = pause) -> None:
    """Play until every player has ended; those without an end, until Ctrl-C."""
    while not all(player.ended for player in players):
        for player in players:
            if not player.ended:
                player.advance(datetime.now(UTC))
        past_tick = datetime.now(UTC) - on_grid(datetime.now(UTC))
        wait(max(0.05, (TICK - past_tick).total_seconds()))
    told = players[0].delivery.tally
    click.echo(
        f"{told.accepted} positions accepted, {told.duplicates} known already,"
        f" {told.quarantined} quarantined, in {told.batches} batches."
    )


@contextmanager
def progress_bar() -> Iterator[Callable[[str, float], None]]:
    """A bar in the terminal: what is being done, and how far it is from 0 to 1."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, transient=True) as bar:
        task = bar.add_task("Demo city", total=1.0)
        yield lambda what, done: bar.update(task, description=what, completed=done)
