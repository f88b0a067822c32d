"""Settings: every knob of the hub, documented where it is declared.

The only reader of the environment (metrics also tell their library its folder through it). A wrong
or unknown HUB_ variable refuses to start, naming itself.
"""

import os
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path


class WrongSettings(SystemExit):
    """The environment does not make sense; the message says which variable and why."""


def _setting(variable: str, doc: str, default: str | None = None) -> typing.Any:
    return field(metadata={"variable": variable, "doc": doc, "default": default})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the hub is told from outside. Flags are ``1`` or ``0``; lists are comma-separated."""

    home: Path = _setting("HUB_HOME", "Where this hub keeps keys, files, logs and boards.", "./var")
    port: int = _setting("PORT", "Port of the web role.", "8000")
    stream_port: int = _setting(
        "HUB_STREAM_PORT", "Port of the stream role; 0 means PORT + 1.", "0"
    )
    url: str = _setting(
        "HUB_URL", "Public address: token issuer and passkey RP id; empty means localhost.", ""
    )
    stream_url: str = _setting(
        "HUB_STREAM_URL", "Public address of the stream role; empty means localhost.", ""
    )
    database_url: str = _setting("DATABASE_URL", "PostgreSQL 15 or later, as role hub_app.", "")
    database_owner_url: str = _setting(
        "DATABASE_OWNER_URL", "The same database as hub_owner; the release role migrates by it.", ""
    )
    database_direct_url: str = _setting(
        "DATABASE_DIRECT_URL", "The database without a pooler between, for jobs.", ""
    )
    database_pooled: bool = _setting(
        "HUB_DATABASE_POOLED", "DATABASE_URL goes through a transaction pooler.", "0"
    )
    web_concurrency: int = _setting("WEB_CONCURRENCY", "Worker processes of the web role.", "2")
    threads: int = _setting("HUB_THREADS", "Threads of each web worker.", "4")
    root_key: str = _setting(
        "HUB_ROOT_KEY", "32 bytes in base64 that seal all other keys; empty: HUB_HOME/root.key.", ""
    )
    demo: bool = _setting("HUB_DEMO", "Demo city, local message viewer, synthetic people.", "0")
    city_name: str = _setting("HUB_CITY_NAME", "The city's name as shown on pages.", "Harbin")
    zone: str = _setting("HUB_ZONE", "The city's time zone (IANA).", "Asia/Shanghai")
    default_feed: str = _setting(
        "HUB_DEFAULT_FEED", "The transit feed that the map opens on.", "harbin"
    )
    tile_url: str = _setting(
        "HUB_TILE_URL", "Raster tiles {z}/{x}/{y} for the map; empty: none.", ""
    )
    tile_attribution: str = _setting(
        "HUB_TILE_ATTRIBUTION", "Whose tiles these are, as shown on the map.", ""
    )
    trusted_proxies: int = _setting(
        "HUB_TRUSTED_PROXIES", "How many proxies in front append X-Forwarded-For.", "0"
    )
    metrics_token: str = _setting(
        "HUB_METRICS_TOKEN", "Bearer token for /metrics; empty: loopback only.", ""
    )
    smtp_url: str = _setting(
        "HUB_SMTP_URL", "smtp(s)://user:password@host:port for e-mail; empty: local viewer.", ""
    )
    mail_from: str = _setting("HUB_MAIL_FROM", "Sender of the hub's e-mail.", "hub@localhost")
    sms_url: str = _setting(
        "HUB_SMS_URL", "HTTP address of the SMS provider; empty: local viewer.", ""
    )
    sms_key: str = _setting("HUB_SMS_KEY", "Key for the SMS provider.", "")
    voice_url: str = _setting(
        "HUB_VOICE_URL", "HTTP address of the provider that calls telephones; empty: viewer.", ""
    )
    voice_key: str = _setting("HUB_VOICE_KEY", "Key for the provider of calls.", "")
    sms_closed_regions: tuple[str, ...] = _setting(
        "HUB_SMS_CLOSED_REGIONS", "Countries (ISO 3166, as CN,RU) that no SMS is sent to.", ""
    )
    population_url: str = _setting(
        "HUB_POPULATION_URL", "HTTP address of the population register; empty: simulator.", ""
    )
    population_key: str = _setting("HUB_POPULATION_KEY", "Key for the population register.", "")
    registers_url: str = _setting(
        "HUB_REGISTERS_URL", "HTTP address of the other registers; empty: simulator.", ""
    )
    registers_key: str = _setting("HUB_REGISTERS_KEY", "Key for the other registers.", "")
    gtfs_realtime_pull: tuple[str, ...] = _setting(
        "HUB_GTFS_REALTIME_PULL", "feed=https://... pairs that the gateway polls.", ""
    )
    outbound_private: bool = _setting(
        "HUB_OUTBOUND_PRIVATE", "Allow configured outbound addresses inside private networks.", "0"
    )
    oldest_app: str = _setting("HUB_OLDEST_APP", "Oldest app version still served.", "1.0.0")
    apple_app_ids: tuple[str, ...] = _setting(
        "HUB_APPLE_APP_IDS", "TEAMID.bundle ids for apple-app-site-association.", ""
    )
    android_apps: tuple[str, ...] = _setting(
        "HUB_ANDROID_APPS", "package=SHA256 fingerprints for assetlinks.json.", ""
    )
    position_days: int = _setting(
        "HUB_POSITION_DAYS", "Days that vehicle positions are kept.", "30"
    )
    requests_per_second: float = _setting(
        "HUB_REQUESTS_PER_SECOND", "Per client address and web process; 0: no limit.", "100"
    )
    checkpoint_copies: str = _setting(
        "HUB_CHECKPOINT_COPIES",
        "A second folder for signed checkpoints of the access log, best elsewhere; empty: none.",
        "",
    )
    log_level: str = _setting("HUB_LOG_LEVEL", "debug, info, warning or error.", "info")

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        """The settings in ``environ``; refuses to start on what it cannot understand."""
        known = {f.metadata["variable"]: f for f in fields(cls)} | dict.fromkeys(OTHERS)
        unknown = [name for name in environ if name.startswith("HUB_") and name not in known]
        if unknown:
            raise WrongSettings(
                f"Unknown setting: {', '.join(sorted(unknown))}. See docs/operations.md."
            )
        hints = typing.get_type_hints(cls)
        values = {}
        for f in fields(cls):
            raw = environ.get(f.metadata["variable"], f.metadata["default"])
            try:
                values[f.name] = _READERS[hints[f.name]](raw)
            except ValueError:
                name = f.metadata["variable"]
                raise WrongSettings(f"{name}={raw!r} is not right: {f.metadata['doc']}") from None
        return cls(**values)

    @property
    def public_url(self) -> str:
        """The address that citizens and tokens know this hub by, without a trailing slash."""
        return self.url.rstrip("/") or f"http://localhost:{self.port}"

    @property
    def public_stream_url(self) -> str:
        """The address of the stream role as browsers reach it."""
        return self.stream_url.rstrip("/") or f"http://localhost:{self.stream_listens_on}"

    @property
    def stream_listens_on(self) -> int:
        """The stream role's port."""
        return self.stream_port or self.port + 1

    @property
    def jobs_url(self) -> str:
        """The database for jobs: never through a pooler."""
        return self.database_direct_url or self.database_url


OTHERS = {
    # Read by the launcher and by tests before there are settings.
    "HUB_POSTGRES_BIN": "Folder of the PostgreSQL programs to use instead of the wheel's.",
    "HUB_TEST_POSTGRES_BIN": "The same, for the tests.",
}


def _flag(raw: str) -> bool:
    if raw not in {"0", "1"}:
        raise ValueError
    return raw == "1"


def _list(raw: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in raw.split(",") if part.strip())


_READERS: dict[typing.Any, typing.Callable[[str], typing.Any]] = {
    Path: lambda raw: Path(raw).expanduser().resolve(),
    int: int,
    float: float,
    str: str,
    bool: _flag,
    tuple[str, ...]: _list,
}
