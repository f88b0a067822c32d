"""The gateway refuses to start on settings that cannot work."""

import pytest

from hub.jobs.gateway import fetchers
from hub.settings import Settings, WrongSettings


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
