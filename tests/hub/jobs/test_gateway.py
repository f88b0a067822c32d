"""The gateway refuses to start on settings that cannot work, and then goes on whatever happens."""

import threading
from datetime import UTC, datetime

import pytest

from hub.jobs import gateway
from hub.jobs.gateway import _beat, _pull, fetchers
from hub.kernel.db import StillBusy
from hub.kernel.errors import Invalid, Unavailable
from hub.settings import Settings, WrongSettings
from hub.transit.feed_gateway import FetchFailed


def configured(value):
    return fetchers(Settings.from_env({"HUB_GTFS_REALTIME_PULL": value}))


def test_each_feed_has_its_fetcher():
    found = configured("harbin=https://feeds.example.org/a.pb,other=http://example.org/b?key=1")

    assert [(feed, fetcher.name) for feed, fetcher in found] == [
        ("harbin", "feeds.example.org"),
        ("other", "example.org"),
    ]


@pytest.mark.parametrize("value", ["harbin", "harbin=", "harbin=ftp://example.org/a", "=//x"])
def test_an_address_that_is_none_stops_the_start(value):
    with pytest.raises(WrongSettings, match="HUB_GTFS_REALTIME_PULL"):
        configured(value)


class City:
    """Publishes, but can neither read nor write."""

    def __init__(self, refusal):
        self.refusal, self.published = refusal, 0

    def read(self, _now, _tick):
        raise self.refusal

    def publish(self, _now, _time_left, _tick):
        self.published += 1

    def write_down(self, _now):
        raise self.refusal


@pytest.mark.parametrize("refusal", [StillBusy(), Invalid(), Unavailable()])
def test_a_tick_publishes_whatever_the_database_says(refusal):
    city = City(refusal)

    _beat(city, lambda: datetime(2026, 11, 24, tzinfo=UTC), 0.0)

    assert city.published == 1


class Fetcher:
    """Fails in a way that nobody thought of, then in a usual one, and that was the last."""

    name = "feeds.example.org"

    def __init__(self, stop):
        self.stop, self.fetched, self.closed = stop, 0, False

    def fetch(self):
        self.fetched += 1
        if self.fetched == 1:
            raise UnicodeError("label too long")
        self.stop.set()
        raise FetchFailed("status 500")

    def close(self):
        self.closed = True


def test_an_unexpected_failure_does_not_end_the_fetching(monkeypatch):
    monkeypatch.setattr(gateway, "PULL_EVERY_S", 0.0)
    stop = threading.Event()
    fetcher = Fetcher(stop)

    _pull(None, "harbin", fetcher, stop)

    assert (fetcher.fetched, fetcher.closed) == (2, True)
