"""The demo city as one step that is done once: two networks, a source for their vehicles, people.

Which version of the city is loaded stands in HUB_HOME/demo/city.json. The step does what is
missing: it runs again when `VERSION` changes, when the database is another one, or when it was
interrupted; what is there it leaves alone, also a timetable that somebody has imported since.
"""

import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from hub import identity
from hub.identity import Roles
from hub.kernel.work import SYSTEM, Work
from hub.keys import jwk_of, thumbprint
from hub.parts import Parts, build_parts
from hub.settings import Settings
from hub.transit import feeds, importing

from . import kiosk, officers, partners, people
from .delivery import Signer
from .recordings import BRUSSELS_TIMETABLE, data

VERSION = "1"

Progress = Callable[[str, float], None]
"""Hears what is being done and how far the whole step is, from 0 to 1."""

SCOPES = ("fleet.position:report",)


class CityRefused(Exception):
    """The hub would not have its own demo city; the first problem is in the message."""


@dataclass(frozen=True, slots=True)
class Network:
    """A feed of the demo: what is said of it, its zip, and how much of the step it takes."""

    slug: str
    kind: feeds.FeedKind
    name: dict[str, str]
    notice: dict[str, str]
    licence: str
    zip_bytes: Callable[[], bytes]
    weight: float


def harbin_zip() -> bytes:
    from . import harbin  # a second of work: only when the city is not there yet

    return harbin.zip_bytes()


HARBIN = Network(
    slug="harbin",
    kind="synthetic",
    name={"zh-CN": "哈尔滨（虚构）", "en": "Harbin (synthetic)", "ru": "Харбин (вымышленный)"},
    notice={
        "zh-CN": "虚构的公交网络：街道名称真实，线路、站点、时刻与车辆均为虚构，仅供演示。",
        "en": "An invented network: the streets' names are real; lines, stops, times and buses are"
        " made up for demonstration.",
        "ru": "Вымышленная сеть: названия улиц настоящие, а маршруты, остановки, расписание и"
        " автобусы придуманы для демонстрации.",
    },
    licence="CC0-1.0",
    zip_bytes=harbin_zip,
    weight=0.9,
)

BRUSSELS = Network(
    slug="brussels",
    kind="recorded",
    name={
        "zh-CN": "布鲁塞尔55路电车（实录）",
        "en": "Brussels tram 55 (recorded)",
        "ru": "Брюссель, трамвай 55 (запись)",
    },
    notice={
        "zh-CN": "2025年3月18日的真实记录，每天在相同时刻重放；"
        "19时至次日7时重放当日7时至19时的记录。数据：STIB-MIVB 开放数据。车辆编号为推算。",
        "en": "A real recording of 18 March 2025, replayed every day at the same time of day; from"
        " 19:00 to 07:00 the recording of 07:00 to 19:00 is shown again. Data: STIB-MIVB open data."
        " Vehicle numbers are derived.",
        "ru": "Настоящая запись за 18 марта 2025 года, повторяется ежедневно в то же время суток;"
        " с 19:00 до 07:00 снова показана запись с 07:00 до 19:00. Данные: открытые данные"
        " STIB-MIVB. Номера вагонов вычислены.",
    },
    licence="STIB-MIVB open data, with attribution",
    zip_bytes=lambda: data(BRUSSELS_TIMETABLE).read_bytes(),
    weight=0.08,
)


NETWORKS = (BRUSSELS, HARBIN)


def load(
    settings: Settings, progress: Progress = lambda _what, _done: None, *, roles: Roles
) -> bool:
    """Load the demo city where it is missing, with an officer for each of ``roles``; whether
    anything was done."""
    parts = build_parts(settings, application="hub-demo", pool_size=2)
    try:
        officers.settle(parts, roles)
        return bring(parts, progress)
    finally:
        parts.watch.stop()
        parts.database.dispose()


def bring(parts: Parts, progress: Progress, networks: Sequence[Network] = NETWORKS) -> bool:
    """The step itself, on a hub that is brought up to date; whether anything was done."""
    home = parts.settings.home / "demo"
    mark = home / "city.json"
    stale = not mark.exists() or json.loads(mark.read_text()) != {"version": VERSION}
    with parts.database.reads() as connection:
        present = feeds.current_feeds(connection)
    missing = [n for n in networks if stale or n.slug not in present]
    signer = source_key(home / "positions.pem")
    enrolled = parts.database.run(lambda work: enrol(work, signer, networks), SYSTEM)
    parts.database.run(lambda work: people.settle(work, parts.keyring), SYSTEM)
    partners.settle(parts)
    kiosk.settle(parts)
    people.equip(parts.database, parts.keyring, people.keys_at(parts.settings.home / people.KEYS))
    if not missing and not enrolled:
        return False
    done = 0.0
    for network in missing:
        bring_network(parts, network, partial(progress_of, progress, network, done))
        done += network.weight
    mark.write_text(json.dumps({"version": VERSION}))
    progress("Demo city", 1.0)
    return True


def progress_of(progress: Progress, network: Network, done: float, share: float) -> None:
    """Tell how far the whole step is when so much of one network is there."""
    progress(network.name["en"], done + network.weight * share)


def bring_network(parts: Parts, network: Network, told: Callable[[float], None]) -> None:
    """Register a feed and publish its timetable."""
    told(0.0)
    packed = network.zip_bytes()

    parts.database.run(lambda work: introduce(work, network), SYSTEM)
    wanted = parts.database.run(lambda work: importing.queue(work, network.slug), SYSTEM)
    told(0.1)
    read = importing.run(
        parts.database,
        wanted,
        io.BytesIO(packed),
        watch=lambda _rows, percent: told(0.1 + 0.9 * percent / 100),
    )
    if read.state != "published":
        raise CityRefused(f"The timetable of {network.slug} is {read.state}: {read.problems[:1]}")


def introduce(work: Work, network: Network) -> None:
    """Make a network known, with the words that mark it as synthetic or recorded."""
    feeds.register(
        work,
        network.slug,
        name=network.name,
        kind=network.kind,
        notice=network.notice,
        licence=network.licence,
    )


def source_key(path: Path) -> Signer:
    """The private key of the demo's vehicles, made at first use, readable by its owner only."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        key = ec.generate_private_key(ec.SECP256R1())
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        fresh = path.with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.write_bytes(pem)
        fresh.rename(path)
    return Signer.read(path)


def enrol(work: Work, signer: Signer, networks: Sequence[Network]) -> bool:
    """Let the demo's key report for the networks; whether that was news."""
    jwk: dict[str, Any] = jwk_of(signer.key.public_key())
    kid = thumbprint(jwk)
    if any(device.kid == kid for device in identity.all_devices(work)):
        return False
    identity.enrol_device(
        work,
        kind="vehicle_gateway",
        name="Demo traffic (synthetic and recorded)",
        public_jwk=jwk,
        scopes=SCOPES,
        acts_for=[f"feed:{network.slug}" for network in networks],
    )
    return True
