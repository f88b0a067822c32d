"""The stream role: vehicles and boards pushed to maps, as Server-Sent Events.

A process of its own, because one open stream would hold a thread of the web role for as long as it
is open. Everything it sends is public, so nobody signs in. Each tick is encoded once per topic;
each listener has a short queue, and who cannot keep up is let go and comes back by itself, with
`Last-Event-ID`, to what it missed (a minute is kept) or to a new snapshot.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import msgspec
import structlog

from hub.kernel.errors import InternalFault, MethodNotAllowed, NotFound, Refusal, Unavailable
from hub.logs import set_up_logs
from hub.settings import Settings
from hub.transit.boards import BoardReader, Delta
from hub.transit.errors import NoLiveData

from . import following
from .deflated import HEADER, Event
from .packing import takes_gzip
from .topics import Ticked, Topic

MOST_LISTENERS = 4000
QUEUE = 8
"""Events that may wait for a slow listener before it is let go."""

PING = Event(b": ping\n\n")
PING_S = 15.0
SEND_S = 10.0
LOOK_S = 0.25
RETRY_MS = 3000
PATH = "/v1/transit/stream"
MOST_DIGITS = 19
"""Of an event id: any such number fits the 64 bits of a generation."""

Scope = dict[str, Any]
Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

log = structlog.get_logger()


class TooManyListeners(Unavailable):
    """All places on the live stream are taken. Poll instead, or come back after `Retry-After`
    seconds; your map then misses nothing."""

    title = "The live stream is full"


class NothingToFollow(NotFound):
    """There is no such feed, line or stop to follow. Ids are `<feed>:<id>`."""

    title = "There is nothing to follow here"


class Listener:
    """One open stream: a queue that is closed when it overflows."""

    def __init__(self) -> None:
        self.events: asyncio.Queue[Event] = asyncio.Queue(QUEUE)
        self.late = False

    def tell(self, event: Event) -> None:
        """Queue an event; a listener whose queue is full is late and will be let go."""
        try:
            self.events.put_nowait(event)
        except asyncio.QueueFull:
            self.late = True


class Broadcast:
    """Looks at the boards four times a second and tells every topic's listeners what changed."""

    def __init__(self, reader: BoardReader, clock: Callable[[], float] = time.time) -> None:
        self._reader, self._clock = reader, clock
        self._topics: dict[str, Topic] = {}
        self._listeners: dict[str, set[Listener]] = {}
        self._generation = 0
        self._task: asyncio.Task[None] | None = None
        self.count = 0

    def join(self, name: str, make: Callable[[], Topic], since: int | None) -> Listener:
        """A new listener, told what it missed since an event's id, or everything."""
        if self.count >= MOST_LISTENERS:
            raise TooManyListeners(retry_after=30)
        now = self._clock()
        if not self._reader.fresh(now):
            raise NoLiveData(retry_after=5)
        topic = self._topics.get(name) or make()
        if not topic.exists(self._reader, now):
            raise NothingToFollow
        self._begin()
        # Those who are here already hear the last tick first, so that nobody hears it twice.
        self.look()
        # A place is taken last, so that nothing that fails before can leave one taken.
        first = self._first(make(), topic, since, now)
        self._topics[name] = topic
        listener = Listener()
        self._listeners.setdefault(name, set()).add(listener)
        self.count += 1
        listener.tell(Event(first))
        return listener

    def leave(self, name: str, listener: Listener) -> None:
        """A listener is gone; a topic without any is forgotten."""
        listeners = self._listeners[name]
        listeners.discard(listener)
        self.count -= 1
        if not listeners:
            del self._listeners[name], self._topics[name]

    def _first(self, fresh: Topic, topic: Topic, since: int | None, now: float) -> bytes:
        missed = self._reader.deltas(since) if since is not None else None
        if missed is None:
            return topic.whole(self._reader, self._reader.clock().generation, now)
        # A topic object of its own: it must not forget on behalf of those who listen already. It
        # knows nobody inside yet, so it begins with all; who is gone, it then sees like the others.
        fresh.whole(self._reader, since or 0, now)
        told = [fresh.changed(Ticked(self._reader, number, delta, now)) for number, delta in missed]
        return b"".join(event for event in told if event is not None)

    def _begin(self) -> None:
        if self._task is None or self._task.done():
            self._generation = self._reader.clock().generation
            self._task = asyncio.create_task(self._look())

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                self.look()
            except Exception as error:  # noqa: BLE001 (the edge of a task: streams must go on)
                log.warning("look failed", error=type(error).__name__)

    def look(self) -> None:
        """Tell everybody what was written since the last look."""
        generation = self._reader.clock().generation
        if generation == self._generation:
            return
        now = self._clock()
        missed = self._reader.deltas(self._generation)
        self._generation = generation
        if missed is None:
            for name, topic in self._topics.items():
                self._tell(name, topic.whole(self._reader, generation, now))
            return
        ticks = missed or [(generation, Delta("", [], []))]
        for number, delta in ticks:
            for name, topic in self._topics.items():
                event = topic.changed(Ticked(self._reader, number, delta, now))
                if event is not None:
                    self._tell(name, event)

    def _tell(self, name: str, said: bytes) -> None:
        event = Event(said)
        for listener in self._listeners[name]:
            listener.tell(event)


class Stream:
    """The ASGI application."""

    def __init__(self, broadcast: Broadcast, public_url: str) -> None:
        self._broadcast = broadcast
        self._origin = public_url

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        shared = self._cors(headers)
        try:
            if scope["path"] == "/healthz":
                await _answer(send, 200, b'{"alive":true}', "application/json", shared)
            elif scope["path"] != PATH:
                raise NotFound
            elif scope["method"] == "OPTIONS":
                allowed = [("Access-Control-Allow-Headers", "Last-Event-ID, Cache-Control")]
                await _start(send, 204, [*shared, *allowed])
                await send({"type": "http.response.body", "body": b"", "more_body": False})
            elif scope["method"] != "GET":
                raise MethodNotAllowed(headers={"Allow": "GET, OPTIONS"})
            else:
                await self._stream(scope, headers, shared, receive, send)
        except Refusal as refusal:
            more = [("Cache-Control", "no-store"), *shared, *refusal.headers.items()]
            await _answer(send, refusal.status, _problem(refusal), "application/problem+json", more)

    async def _stream(
        self,
        scope: Scope,
        headers: Mapping[str, str],
        shared: list[tuple[str, str]],
        receive: Receive,
        send: Send,
    ) -> None:
        asked = following.read(scope["query_string"])
        name, make = following.topic_of(asked)
        since = _generation(headers.get("last-event-id") or asked.get("last_event_id") or "")
        listener = self._join(name, make, since)
        began = [("Content-Type", "text/event-stream"), *_UNBUFFERED, *shared]
        packs = takes_gzip(headers.get("accept-encoding", ""))
        try:
            await _start(send, 200, [*began, ("Content-Encoding", "gzip")] if packs else began)
            await _send(send, HEADER if packs else b"")
            await _converse(listener, packs, receive, send)
        finally:
            self._broadcast.leave(name, listener)

    def _join(self, name: str, make: Callable[[], Topic], since: int | None) -> Listener:
        try:
            return self._broadcast.join(name, make, since)
        except Refusal:
            raise
        except Exception as error:
            instance = uuid4().hex
            log.error("unforeseen", request_id=instance, exc_info=error)  # noqa: TRY400 (as the web)
            raise InternalFault(extra={"instance": instance}) from error

    def _cors(self, headers: Mapping[str, str]) -> list[tuple[str, str]]:
        """The hub's own pages come from another port of this host, or from its public address."""
        origin = headers.get("origin", "")
        try:
            host = urlsplit(f"//{headers.get('host', '')}").hostname
            # Neither a request without a host nor the origin `null` is of any host.
            same = host is not None and urlsplit(origin).hostname == host
            own = origin != "" and (origin == self._origin or same)
        except ValueError:
            own = False
        vary = ("Vary", "Origin, Accept-Encoding")
        return [vary, ("Access-Control-Allow-Origin", origin)] if own else [vary]


_UNBUFFERED = [("Cache-Control", "no-store"), ("X-Accel-Buffering", "no")]


def _generation(text: str) -> int | None:
    """The event id that a listener comes back with; what cannot be one of ours counts as none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else None


async def _converse(listener: Listener, packs: bool, receive: Receive, send: Send) -> None:
    """Send what comes until the listener leaves or is late."""
    said = Event(b"retry: %d\n\n" % RETRY_MS)
    hangs_up = asyncio.ensure_future(_until_gone(receive))
    try:
        while not listener.late:
            await _send(send, said.packed if packs else said.plain)
            comes = asyncio.ensure_future(listener.events.get())
            done, _ = await asyncio.wait(
                {comes, hangs_up}, timeout=PING_S, return_when=asyncio.FIRST_COMPLETED
            )
            if comes not in done:
                comes.cancel()
            if hangs_up in done:
                return
            said = comes.result() if comes in done else PING
        log.info("listener let go")
        await send({"type": "http.response.body", "body": b"", "more_body": False})
    except TimeoutError:
        log.info("listener let go")
    finally:
        hangs_up.cancel()


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _start(send: Send, status: int, headers: list[tuple[str, str]]) -> None:
    encoded = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    await send({"type": "http.response.start", "status": status, "headers": encoded})


async def _send(send: Send, body: bytes) -> None:
    if body:
        async with asyncio.timeout(SEND_S):
            await send({"type": "http.response.body", "body": body, "more_body": True})


async def _answer(
    send: Send, status: int, body: bytes, media: str, headers: list[tuple[str, str]]
) -> None:
    await _start(
        send, status, [("Content-Type", media), ("Content-Length", str(len(body))), *headers]
    )
    await send({"type": "http.response.body", "body": body, "more_body": False})


def _problem(refusal: Refusal) -> bytes:
    problem = {
        "type": f"/problems/{refusal.slug()}",
        "title": refusal.title,
        "status": refusal.status,
        "detail": refusal.detail,
        "instance": uuid4().hex,
        "errors": list(refusal.errors) or None,
    } | refusal.extra
    return msgspec.json.encode(
        {name: value for name, value in problem.items() if value is not None}
    )


async def _lifespan(receive: Receive, send: Send) -> None:
    with suppress(asyncio.CancelledError):
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return


def build(settings: Settings) -> Stream:
    """The stream role as the settings say."""
    set_up_logs(settings.log_level)
    reader = BoardReader(settings.home / "run" / "boards")
    return Stream(Broadcast(reader), settings.public_url)


app = build(Settings.from_env())
