"""The gateway role: follows the fleet, brings the boards up to date, fetches configured feeds.

One process, one tracker: a second one waits for the lock of the first. Everything here may be
killed at any moment; a new process reads the last ten minutes again and goes on.
"""

import fcntl
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import IO, Any

import click
import structlog

from hub.kernel.errors import Refusal
from hub.kernel.work import SYSTEM
from hub.logs import set_up_logs
from hub.parts import Parts, build_parts
from hub.settings import Settings, WrongSettings
from hub.transit.boards import BoardWriter
from hub.transit.feed_gateway import Breaker, FeedGateway, FetchFailed
from hub.transit.hearing import Kind, take_message
from hub.transit.live import LiveCity, Tick

TICK_S = 1.0
BUDGET_S = 0.5
"""How long a tick may encode stop boards; the rest of the second is for everybody else."""

BREATH_S = 0.1
"""The shortest pause between ticks, however late they are."""

PULL_EVERY_S = 10.0
TELL_EVERY_S = 60.0

log = structlog.get_logger()


@click.command()
def gateway() -> None:
    """Run the gateway role: track vehicles, predict arrivals, write boards."""
    settings = Settings.from_env()
    set_up_logs(settings.log_level)
    stop = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    # Citizens who wait for an answer come first when there are not cores enough for both.
    os.nice(5)
    run(build_parts(settings, application="hub-gateway"), stop)


def run(parts: Parts, stop: threading.Event) -> None:
    """Track until told to stop."""
    folder = parts.settings.home / "run"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "gateway.lock").open("w") as lock:
        if not _locked(lock, stop):
            return
        pullers = [
            threading.Thread(target=_pull, args=(parts, feed, fetcher, stop), name="pull")
            for feed, fetcher in fetchers(parts.settings)
        ]
        for puller in pullers:
            puller.start()
        try:
            _track(parts, folder, stop)
        finally:
            stop.set()
            for puller in pullers:
                puller.join()


def _locked(lock: IO[str], stop: threading.Event) -> bool:
    """Wait until no other gateway tracks here; the kernel frees the lock of a killed one."""
    told = False
    while not stop.is_set():
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if not told:
                log.info("another gateway is at work; waiting")
                told = True
            stop.wait(TICK_S)
        else:
            return True
    return False


def _track(parts: Parts, folder: Path, stop: threading.Event) -> None:
    clock = parts.database.clock
    writer = BoardWriter(folder / "boards", clock().timestamp())
    city = LiveCity(parts.database, writer)
    gauges = Gauges(folder / "metrics")
    told_at = float("-inf")
    while not stop.is_set():
        began = time.monotonic()
        tick = _beat(city, clock, began + BUDGET_S)
        spent = time.monotonic() - began
        gauges.show(tick, spent)
        if began - told_at >= TELL_EVERY_S:
            told_at = began
            log.info("tick", ms=round(spent * 1000), **asdict(tick))
        stop.wait(max(TICK_S - spent, BREATH_S))


def _beat(city: LiveCity, clock: Callable[[], datetime], deadline: float) -> Tick:
    """One tick; without the database it publishes what time alone changes."""
    tick = Tick()
    try:
        city.read(clock(), tick)
    except Refusal as error:
        log.warning("not read yet", error=type(error).__name__)
    city.publish(clock(), lambda: deadline - time.monotonic(), tick)
    try:
        city.write_down(clock())
    except Refusal as error:
        log.warning("not written down yet", error=type(error).__name__)
    return tick


def fetchers(settings: Settings) -> list[tuple[str, FeedGateway]]:
    """Who fetches for which feed; refuses to start on an address that is none."""
    found = []
    for source in settings.gtfs_realtime_pull:
        feed, _, url = source.partition("=")
        try:
            fetcher = FeedGateway(url, allow_private=settings.outbound_private)
        except ValueError:
            raise WrongSettings(
                f"HUB_GTFS_REALTIME_PULL: the address for {feed!r} is not http(s)://host/path."
            ) from None
        found.append((feed, fetcher))
    return found


def _pull(parts: Parts, feed: str, fetcher: FeedGateway, stop: threading.Event) -> None:
    """Fetch one configured address every ten seconds. A kind that it held once it speaks for from
    then on: when it holds none any more, there is none."""
    breaker, held = Breaker(), set[Kind]()
    while not stop.is_set():
        if breaker.lets(time.monotonic()):
            try:
                body = fetcher.fetch()
                receipt = parts.database.run(
                    lambda work, body=body: take_message(work, feed, body, held),  # type: ignore[misc]
                    SYSTEM,
                )
            except (FetchFailed, Refusal) as error:
                breaker.failed(time.monotonic())
                log.warning("fetch failed", feed=feed, host=fetcher.name, error=str(error))
            except Exception as error:  # noqa: BLE001 (the edge of a thread: it must not end unseen)
                breaker.failed(time.monotonic())
                # Its text may hold the address, and with it a key.
                kind = type(error).__name__
                log.warning("fetch broke", feed=feed, host=fetcher.name, error=kind)
            else:
                breaker.succeeded()
                held.update(receipt.kinds)
        stop.wait(PULL_EVERY_S)
    fetcher.close()


class Gauges:
    """The tracker's numbers for /metrics, in the files that the web role sums up."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", str(folder))
        # Imported here: the library decides how it counts when it is imported.
        from prometheus_client import Counter, Gauge, Histogram

        def gauge(name: str, doc: str) -> Any:
            return Gauge(f"hub_tracker_{name}", doc, multiprocess_mode="mostrecent")

        self._reports = Counter("hub_tracker_reports", "Positions that the tracker has read.")
        self._ticks = Histogram("hub_tracker_tick_seconds", "Time that a tick took.")
        self._vehicles = gauge("vehicles", "Vehicles on the map.")
        self._runs = gauge("runs", "Journeys held in memory.")
        self._waiting = gauge("boards_waiting", "Stop boards due but not encoded yet.")
        self._lag = gauge("lag_seconds", "Age of the newest position when it was read.")

    def show(self, tick: Tick, spent: float) -> None:
        """Count one tick."""
        self._ticks.observe(spent)
        self._reports.inc(tick.reports)
        self._vehicles.set(tick.vehicles)
        self._runs.set(tick.runs)
        self._waiting.set(tick.waiting)
        if tick.reports:
            self._lag.set(tick.lag_s)
