"""Alerts: what a feed tells its passengers, and whom it concerns."""

from collections.abc import Sequence, Set
from typing import Any

import msgspec

from .bodies import Raw, encode, stamp
from .timetable import LocalText

LATEST = 253_402_300_799
"""The end of the year 9999, the last second that can be written down."""


class Selector(msgspec.Struct, array_like=True, frozen=True):
    """Whom an alert concerns: all that is named must match. Ids are the feed's own."""

    route: str | None = None
    stop: str | None = None
    trip: str | None = None
    direction: int | None = None


class Alert(msgspec.Struct, frozen=True, omit_defaults=True):
    """An alert as stored. `periods` are POSIX seconds with open ends None; without any it holds
    until it is withdrawn."""

    id: str
    title: LocalText
    text: LocalText
    cause: str
    effect: str
    periods: list[tuple[int | None, int | None]] = []
    concerns: list[Selector] = []
    url: str | None = None

    def active(self, now: float) -> bool:
        """Whether passengers should see it now."""
        return not self.periods or any(
            (start or 0) <= now and (end is None or now < end) for start, end in self.periods
        )

    def at_stop(self, stop: str, routes: Set[str]) -> bool:
        """Whether it concerns a stop where these routes call; one about the whole feed does."""
        return not self.concerns or any(
            one.stop in {None, stop} and (one.route is None or one.route in routes)
            for one in self.concerns
            if one.stop or one.route or not one.trip
        )


def shown(feed: str, alert: Alert, now: float) -> dict[str, Any]:
    """An alert in the public API's shape; times are those of its present or next period."""
    to_come = [period for period in alert.periods if period[1] is None or period[1] > now]
    start, end = min(to_come, key=lambda p: p[0] or 0) if to_come else (None, None)
    body = {
        "id": f"{feed}:{alert.id}",
        "feed": feed,
        "title": alert.title,
        "text": alert.text,
        "cause": alert.cause,
        "effect": alert.effect,
        "active_from": None if start is None else stamp(min(start, LATEST)),
        "active_until": None if end is None or end > LATEST else stamp(end),
        "routes": sorted({f"{feed}:{one.route}" for one in alert.concerns if one.route}),
        "stops": sorted({f"{feed}:{one.stop}" for one in alert.concerns if one.stop}),
        "url": alert.url,
    }
    return {name: value for name, value in body.items() if value is not None}


class ActiveAlerts:
    """The alerts of one feed, encoded once."""

    def __init__(self, feed: str, alerts: Sequence[Alert]) -> None:
        self._feed = feed
        self._alerts = sorted(alerts, key=lambda alert: alert.id)
        self._encoded: dict[str, Raw] = {}

    def at_stop(self, stop: str, routes: Set[str], now: float) -> list[Raw]:
        """What a board at this stop has to say."""
        return [
            self._raw(alert, now)
            for alert in self._alerts
            if alert.active(now) and alert.at_stop(stop, routes)
        ]

    def body(self, now: float) -> bytes:
        """The answer of the list of alerts."""
        items = [shown(self._feed, alert, now) for alert in self.current(now)]
        return encode({"items": items, "next": None})

    def current(self, now: float) -> list[Alert]:
        """Everything not over yet, announced ones too."""
        return [
            alert
            for alert in self._alerts
            if not alert.periods or any(end is None or end > now for _, end in alert.periods)
        ]

    def _raw(self, alert: Alert, now: float) -> Raw:
        if alert.id not in self._encoded:
            self._encoded[alert.id] = Raw(encode(shown(self._feed, alert, now)))
        return self._encoded[alert.id]
