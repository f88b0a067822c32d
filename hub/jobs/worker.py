"""The worker role: relays events, reacts to them, runs the sectors' loops and schedules.

Everything here may be killed at any moment: a job that a dead worker held goes back to the queue
when its heartbeat is missed, and every handler survives being run twice.
"""

import asyncio
import signal
import threading
from collections.abc import Sequence
from uuid import UUID

import procrastinate
import psycopg
import structlog
from procrastinate.exceptions import ConnectorException

from hub.parts import Loop, Parts, Schedule

from . import clock, queue
from .reacting import Handlers
from .relay import relay

RELAY_PAUSE = 0.1
TROUBLE_PAUSE = 1.0
HEARTBEAT = 2.0
STALLED = 10.0

log = structlog.get_logger()


def work(
    parts: Parts,
    handlers: Handlers,
    loops: Sequence[Loop] = (),
    schedules: Sequence[Schedule] = (),
) -> None:
    """Run until SIGTERM or SIGINT; ends by finishing what it holds."""
    stop = threading.Event()
    duties = [threading.Thread(target=_relay, args=(parts, handlers, stop), name="relay")]
    duties += [
        threading.Thread(target=_repeat, args=(parts, duty, stop), name=duty.name) for duty in loops
    ]
    for thread in duties:
        thread.start()
    try:
        asyncio.run(_jobs(parts, handlers, [*clock.DUTIES, *schedules], stop))
    finally:
        stop.set()
        for thread in duties:
            thread.join()


def _relay(parts: Parts, handlers: Handlers, stop: threading.Event) -> None:
    subscriptions, deferring = handlers.subscriptions(), queue.deferring_queue()
    while not stop.is_set():
        try:
            with queue.jobs_connection(parts.settings.jobs_url) as connection:
                while not stop.is_set():
                    if not relay(connection, deferring, subscriptions):
                        stop.wait(RELAY_PAUSE)
        except Exception as error:  # noqa: BLE001 (the edge of a thread: it must not end unseen)
            log.warning("relay interrupted", error=type(error).__name__)
            stop.wait(TROUBLE_PAUSE)


def _repeat(parts: Parts, duty: Loop, stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            if not duty.turn(parts):
                stop.wait(duty.pause)
        except Exception as error:  # noqa: BLE001 (one bad turn must not end the duty)
            log.warning("turn failed", duty=duty.name, error=type(error).__name__)
            stop.wait(TROUBLE_PAUSE)


async def _jobs(
    parts: Parts, handlers: Handlers, schedules: Sequence[Schedule], stop: threading.Event
) -> None:
    """The queue's worker, started again whenever the database was away."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    while not ended.is_set():
        app = queue.queue(parts.settings.jobs_url)
        _register(app, parts, handlers, schedules)
        try:
            async with app.open_async():
                await _until(ended, app)
        except (ConnectorException, psycopg.Error, OSError) as error:
            log.warning("queue interrupted", error=type(error).__name__)
            await asyncio.sleep(TROUBLE_PAUSE)
    stop.set()


async def _until(ended: asyncio.Event, app: procrastinate.App) -> None:
    worker = asyncio.create_task(
        app.run_worker_async(
            concurrency=4,
            fetch_job_polling_interval=1.0,
            update_heartbeat_interval=HEARTBEAT,
            stalled_worker_timeout=STALLED,
            shutdown_graceful_timeout=10.0,
            install_signal_handlers=False,
            delete_jobs="successful",
        )
    )
    rescuer = asyncio.create_task(_rescue(app))
    asked = asyncio.create_task(ended.wait())
    await asyncio.wait({worker, rescuer, asked}, return_when=asyncio.FIRST_COMPLETED)
    for task in (rescuer, asked, worker):
        task.cancel()
    outcomes = await asyncio.gather(worker, rescuer, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, Exception) and not isinstance(outcome, asyncio.CancelledError):
            raise outcome


async def _rescue(app: procrastinate.App) -> None:
    """Give back what workers held that are no more."""
    while True:
        for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED):
            await app.job_manager.retry_job(job)
        await asyncio.sleep(STALLED / 2)


def _register(
    app: procrastinate.App, parts: Parts, handlers: Handlers, schedules: Sequence[Schedule]
) -> None:
    @app.task(name=queue.REACT, queue="events", retry=queue.RETRIES)
    def react(event: str, handler: str) -> None:
        handlers.react(parts, UUID(event), handler)

    @app.task(name=queue.ERRAND, queue="events", retry=queue.RETRIES)
    def errand(event: str, handler: str) -> None:
        handlers.run_errand(parts, UUID(event), handler)

    for duty in schedules:
        _register_duty(app, parts, duty)


def _register_duty(app: procrastinate.App, parts: Parts, duty: Schedule) -> None:
    @app.periodic(cron=duty.cron)
    @app.task(name=f"schedule:{duty.name}", queue="clock", queueing_lock=duty.name)
    def run(timestamp: int) -> None:  # noqa: ARG001 (procrastinate passes it by name)
        duty.run(parts)
