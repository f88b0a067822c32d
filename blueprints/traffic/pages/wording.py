"""How a stop board speaks: one arrival of the API becomes one row of words.

Pure: takes the JSON shape of ``/v1/transit/stops/<id>/arrivals`` and the present moment, and
returns what the template prints. What is real time and what is timetable is always said, with age.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from hub.web.languages import counted
from hub.web.languages import text as _
from hub.web.pages import clock, moment, plain

PUNCTUAL_UP_TO = timedelta(seconds=90)
COUNTED_UP_TO = timedelta(minutes=60)


class Row(NamedTuple):
    """One line of the board. ``off``: it will not come; ``gone``: it has left; ``moved``: the
    planned time no longer holds and is shown struck through."""

    route: Mapping[str, Any]
    headsign: Mapping[str, str]
    due: str
    clock: str
    planned_clock: str
    moved: bool
    state: str
    late: bool
    punctual: bool
    source: str
    source_words: str
    details: tuple[str, ...]
    off: bool
    gone: bool


def rows(arrivals: list[dict[str, Any]], now: datetime, zone: str) -> list[Row]:
    """The board, in the order of the API."""
    return [row(arrival, now, zone) for arrival in arrivals]


def row(arrival: dict[str, Any], now: datetime, zone: str) -> Row:
    """One arrival in words."""
    planned = moment(arrival["scheduled_at"])
    expected = moment(arrival.get("expected_at", arrival["scheduled_at"]))
    status = arrival["status"]
    off = status in {"cancelled", "skipped"}
    delay = timedelta(seconds=arrival.get("delay_seconds", 0))
    live = arrival["source"] == "realtime"
    return Row(
        route=arrival["route"],
        headsign=arrival.get("headsign", {}),
        due=due(status, expected, now, zone),
        clock=clock(expected, zone),
        planned_clock=clock(planned, zone),
        moved=live and not off and clock(planned, zone) != clock(expected, zone),
        state=state(status, delay, live=live),
        late=off or delay > PUNCTUAL_UP_TO,
        punctual=live and not off and delay <= PUNCTUAL_UP_TO,
        source=arrival["source"],
        source_words=source_words(arrival["source"]),
        details=details(arrival.get("vehicle"), now, waits=status == "at_stop"),
        off=off,
        gone=status == "passed",
    )


def due(status: str, expected: datetime, now: datetime, zone: str) -> str:
    """The large figure: minutes while they can be waited for, then the time of day."""
    if status == "cancelled":
        return _("cancelled")
    if status == "skipped":
        return _("does not stop")
    if status == "passed":
        return _("left")
    away = expected - now
    if status == "at_stop" and away < PUNCTUAL_UP_TO:
        return _("here")
    if away < timedelta(seconds=45):
        return _("now")
    if away > COUNTED_UP_TO:
        return clock(expected, zone)
    return _("{minutes} min", minutes=round(away / timedelta(minutes=1)))


def state(status: str, delay: timedelta, *, live: bool) -> str:
    """How it goes, in words: lateness is never told by colour alone."""
    if status == "no_signal":
        return _("no signal from the vehicle")
    if not live or status in {"cancelled", "skipped"}:
        return ""
    return punctuality(delay)


def punctuality(delay: timedelta) -> str:
    """On time up to a minute and a half either way."""
    minutes = max(1, round(abs(delay) / timedelta(minutes=1)))
    if delay > PUNCTUAL_UP_TO:
        return _("{minutes} min late", minutes=minutes)
    if delay < -PUNCTUAL_UP_TO:
        return _("{minutes} min early", minutes=minutes)
    return _("on time")


def source_words(source: str) -> str:
    """What the time rests on."""
    if source == "realtime":
        return _("live")
    if source == "frequency":
        return _("by frequency")
    return _("timetable")


def details(
    vehicle: dict[str, Any] | None, now: datetime, *, waits: bool = False
) -> tuple[str, ...]:
    """Where the vehicle is, how old that is, how full it is. At a terminus it ``waits``."""
    if not vehicle:
        return ()
    said = []
    if waits:
        said.append(_("at the stop"))
    elif vehicle.get("stops_away"):
        said.append(counted("{count} stop away", "{count} stops away", vehicle["stops_away"]))
    if "reported_at" in vehicle:
        said.append(_("seen {age} ago", age=age(now - moment(vehicle["reported_at"]))))
    if words := occupancy(vehicle.get("occupancy")):
        said.append(words)
    return tuple(said)


def age(old: timedelta) -> str:
    """``8 s``, ``3 min`` or ``2 h``; never below zero, since clocks differ a little."""
    seconds = max(0, round(old.total_seconds()))
    if seconds < 90:
        return _("{seconds} s", seconds=seconds)
    if seconds < 5400:
        return _("{minutes} min", minutes=round(seconds / 60))
    return _("{hours} h", hours=round(seconds / 3600))


def occupancy(level: str | None) -> str:
    """GTFS-Realtime's OccupancyStatus, in words."""
    return {
        "empty": _("empty"),
        "many_seats_available": _("many seats free"),
        "few_seats_available": _("few seats free"),
        "standing_room_only": _("standing room only"),
        "crushed_standing_room_only": _("very full"),
        "full": _("full"),
        "not_accepting_passengers": _("takes no passengers"),
    }.get(level or "", "")


def summary(board: list[Row]) -> str:
    """The next departure in one sentence, for a screen reader when the board has changed."""
    coming = next((row for row in board if not row.off and not row.gone), None)
    if coming is None:
        return _("No departures in the next 90 minutes.")
    return _(
        "Next: line {line} to {place}, {due}",
        line=coming.route["short_name"],
        place=plain(dict(coming.headsign)),
        due=coming.due,
    )


def bus_words(vehicle: Mapping[str, Any], now: datetime) -> str:
    """A bus beside the stop it comes to next: when, and how old that knowledge is."""
    old = age(now - moment(vehicle["reported_at"]))
    expected = vehicle["next_stop"].get("expected_at")
    if vehicle.get("stale") or expected is None:
        return _("seen {age} ago", age=old)
    minutes = max(0, round((moment(expected) - now) / timedelta(minutes=1)))
    return _("here in {minutes} min", minutes=minutes) if minutes else _("here now")


def zone_name(zone: str) -> str:
    """A time zone by its city, as readers know it: ``Asia/Shanghai`` is Beijing time."""
    if zone == "Asia/Shanghai":
        return _("Beijing time")
    return _("{place} time", place=_(zone.rpartition("/")[2].replace("_", " ")))
