"""A whole hub in a browser: web, stream and gateway on a small town whose buses drive.

The browser is Debian's Chromium driven by Playwright. Without Chromium these tests are skipped with
a sentence, and fail where ``CI=true``.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect, sync_playwright
from sqlalchemy import text

from blueprints.citizen.sending import send_codes
from hub import identity
from hub.jobs import gateway
from hub.kernel.work import NOBODY, SYSTEM
from hub.local.processes import wait_until
from hub.parts import Parts, build_parts
from hub.settings import Settings
from hub.transit import feeds
from tests.factories.feeds import imported

from .town import FEED, Buses, timetable

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_SECONDS = 30.0


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where Chromium is; without it the test is skipped, or fails where everything must run."""
    if CHROMIUM is None:
        said = "Chromium is not installed; `apt-get install chromium` lets these tests run."
        if os.environ.get("CI") == "true":
            pytest.fail(said)
        pytest.skip(said)
    return CHROMIUM


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """Chromium without a window.

    Closed after each module: as long as Playwright is open, its event loop runs in this thread, and
    no other test could run one of its own.
    """
    with sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE_SECONDS * 1000)
        opened = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield opened
        opened.close()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


class Hub:
    """The running hub of these tests."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.url = parts.settings.public_url
        self._stream: subprocess.Popen[bytes] | None = None
        self._environ = {
            "PATH": os.environ["PATH"],
            "HUB_HOME": str(parts.settings.home),
            "HUB_DEMO": "1",
            "HUB_ROOT_KEY": parts.settings.root_key,
            "HUB_REQUESTS_PER_SECOND": "0",
            "HUB_LOG_LEVEL": "error",
            "PORT": str(parts.settings.port),
            "HUB_STREAM_PORT": str(parts.settings.stream_listens_on),
            "DATABASE_URL": parts.settings.database_url,
        }

    def serve(self, interface: str, app: str, port: int) -> subprocess.Popen[bytes]:
        """A role as the Procfile starts it."""
        command = [sys.executable, "-m", "granian", "--interface", interface, "--host", "127.0.0.1"]
        command += ["--port", str(port), "--workers", "1", "--no-ws", "--http", "1", app]
        output = subprocess.DEVNULL
        return subprocess.Popen(command, cwd=ROOT, env=self._environ, stdout=output, stderr=output)

    def start_stream(self) -> None:
        """Let the stream role run."""
        port = self.parts.settings.stream_listens_on
        self._stream = self.serve("asgi", "hub.web.stream:app", port)
        assert wait_until(lambda: _listens(port), PATIENCE_SECONDS)

    def stop_stream(self) -> None:
        """Let the stream role be away."""
        if self._stream is not None:
            self._stream.terminate()
            self._stream.wait(20)
            self._stream = None

    def let_limits_refill(self) -> None:
        """As if the minutes had passed that lie between two codes for one address."""
        forget = text("DELETE FROM identity_bucket")
        self.parts.database.run(lambda work: work.session.execute(forget), SYSTEM)

    def code_for(self, address: str) -> str:
        """The code that was sent last to an address, out of the local viewer."""
        send_codes(self.parts)
        shown = self.parts.database.read(
            lambda reading: identity.shown_messages(reading, address=address), NOBODY
        )
        return next(word for word in shown[0].text.split() if word.isdecimal() and len(word) == 6)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 0.5).close()
    except OSError:
        return False
    return True


@pytest.fixture(scope="session")
def hub(chromium: str, parts: Parts, settings: Settings) -> Iterator[Hub]:
    """The hub: its town, its roles, its buses."""
    own = replace(settings, port=_free_port(), stream_port=_free_port())
    built = build_parts(own, application="hub-e2e", pool_size=4)
    names = {"zh-CN": "哈尔滨", "en": "Harbin", "ru": "Харбин"}
    notice = {"zh-CN": "虚构网络", "en": "Invented for tests.", "ru": "Вымышленная сеть."}
    built.database.run(
        lambda work: feeds.register(work, FEED, name=names, kind="synthetic", notice=notice),
        SYSTEM,
    )
    done = imported(built.database, FEED, timetable())
    assert done.state == "published", done.problems
    running, stop, buses = Hub(built), threading.Event(), Buses(built.database)

    def drive() -> None:
        while not stop.wait(1.0):
            buses.drive(datetime.now(UTC))

    buses.drive(datetime.now(UTC))
    threads = [
        threading.Thread(target=gateway.run, args=(built, stop)),
        threading.Thread(target=drive),
    ]
    web = running.serve("wsgi", "wsgi:app", own.port)
    running.start_stream()
    for thread in threads:
        thread.start()
    try:
        assert wait_until(lambda: _shows_buses(running.url), PATIENCE_SECONDS)
        yield running
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        running.stop_stream()
        web.terminate()
        web.wait(20)
        built.watch.stop()
        built.database.dispose()


def _shows_buses(url: str) -> bool:
    try:
        answer = httpx.get(f"{url}/v1/transit/vehicles?feed={FEED}&bbox=126,45,127,46", timeout=5)
    except httpx.HTTPError:
        return False
    return answer.status_code == 200 and len(answer.json()["vehicles"]) > 0


class Visit:
    """A page, and everything that went wrong on it."""

    def __init__(self, context: BrowserContext, hub: Hub) -> None:
        self.context, self.hub, self.url = context, hub, hub.url
        self.complaints: list[str] = []
        self.requested: set[str] = set()
        self.page: Page = context.new_page()
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requested.add(request.url))

    def _heard(self, message: object) -> None:
        if message.type in {"error", "warning"}:  # type: ignore[attr-defined]
            self.complaints.append(message.text)  # type: ignore[attr-defined]

    def without_scripts(self) -> None:
        """Show pages as a browser without scripts does. axe is a script itself, so scripts stay
        on and the pages come without theirs, what stands in ``noscript`` shown."""

        def bare(route: Route) -> None:
            if route.request.resource_type == "script":
                route.abort()
            elif route.request.resource_type != "document":
                route.continue_()
            else:
                answer = route.fetch()
                plain = re.sub(r"<script type=.module.*?</script>|</?noscript>", "", answer.text())
                route.fulfill(response=answer, body=plain)

        self.context.route("**/*", bare)

    def open(self, path: str) -> Page:
        """Go to an address of the hub."""
        self.page.goto(self.url + path, wait_until="load")
        return self.page


@pytest.fixture
def visit(browser: Browser, hub: Hub) -> Iterator[Callable[..., Visit]]:
    """Opens a browser of a new visitor: ``visit(locale="ru", viewport=PHONE)``."""
    opened: list[BrowserContext] = []

    def begin(**options: object) -> Visit:
        wanted: dict = {"locale": "en", "viewport": {"width": 1280, "height": 800}, **options}
        context = browser.new_context(**wanted)
        context.set_default_timeout(PATIENCE_SECONDS * 1000)
        opened.append(context)
        return Visit(context, hub)

    yield begin
    for context in opened:
        context.close()
