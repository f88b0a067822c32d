"""How a stop board speaks."""

from datetime import UTC, datetime, timedelta

import pytest

from blueprints.traffic.pages.wording import age, bus_words, row, summary

NOW = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)


def arrival(minutes: float, **more):
    when = (NOW + timedelta(minutes=minutes)).isoformat()
    return {
        "route": {"id": "harbin:1", "short_name": "1"},
        "headsign": {"en": "Expo Centre"},
        "scheduled_at": when,
        "expected_at": when,
        "source": "realtime",
        "status": "expected",
        **more,
    }


@pytest.mark.parametrize(
    ("minutes", "status", "said"),
    [
        (0.5, "expected", "now"),
        (-0.2, "approaching", "now"),
        (1, "expected", "1 min"),
        (59.6, "expected", "60 min"),
        (61, "expected", "15:01"),
        (0, "at_stop", "here"),
        (5, "at_stop", "5 min"),
        (-2, "passed", "left"),
        (3, "cancelled", "cancelled"),
        (3, "skipped", "does not stop"),
    ],
)
def test_the_large_figure_is_what_a_waiting_rider_needs(minutes, status, said):
    assert row(arrival(minutes, status=status), NOW, "Asia/Shanghai").due == said


@pytest.mark.parametrize(
    ("seconds", "said", "late"),
    [
        (0, "on time", False),
        (90, "on time", False),
        (180, "3 min late", True),
        (-150, "2 min early", False),
    ],
)
def test_lateness_is_said_in_words(seconds, said, late):
    shown = row(arrival(4, delay_seconds=seconds), NOW, "Asia/Shanghai")

    assert (shown.state, shown.late) == (said, late)


def test_a_timetable_time_claims_no_punctuality_and_no_position():
    shown = row(arrival(4, source="schedule"), NOW, "Asia/Shanghai")

    assert (shown.state, shown.punctual, shown.details) == ("", False, ())
    assert shown.source_words == "timetable"


def test_a_moved_time_keeps_the_planned_one_beside_it():
    planned = (NOW + timedelta(minutes=4)).isoformat()
    late = (NOW + timedelta(minutes=7)).isoformat()
    shown = row(
        arrival(7, scheduled_at=planned, expected_at=late, delay_seconds=180), NOW, "Asia/Shanghai"
    )

    assert (shown.moved, shown.planned_clock, shown.clock) == (True, "14:04", "14:07")


def test_real_time_says_where_the_bus_is_and_how_old_that_is():
    vehicle = {
        "id": "harbin:B1",
        "reported_at": (NOW - timedelta(seconds=8)).isoformat(),
        "stops_away": 2,
        "occupancy": "few_seats_available",
    }
    shown = row(arrival(4, vehicle=vehicle), NOW, "Asia/Shanghai")

    assert shown.details == ("2 stops away", "seen 8 s ago", "few seats free")


def test_a_bus_waiting_at_its_terminus_is_at_the_stop_and_not_stops_away():
    vehicle = {"id": "harbin:B1", "stops_away": 0}
    shown = row(arrival(5, status="at_stop", vehicle=vehicle), NOW, "Asia/Shanghai")

    assert shown.details == ("at the stop",)


@pytest.mark.parametrize(
    ("seconds", "said"), [(-3, "0 s"), (89, "89 s"), (90, "2 min"), (5399, "90 min"), (7200, "2 h")]
)
def test_age_grows_coarser(seconds, said):
    assert age(timedelta(seconds=seconds)) == said


def test_the_summary_names_what_still_comes():
    board = [
        row(arrival(-1, status="passed"), NOW, "Asia/Shanghai"),
        row(arrival(2, status="cancelled"), NOW, "Asia/Shanghai"),
        row(arrival(6), NOW, "Asia/Shanghai"),
    ]

    assert summary(board) == "Next: line 1 to Expo Centre, 6 min"
    assert summary(board[:2]) == "No departures in the next 90 minutes."


def test_a_stale_bus_is_never_promised():
    seen = (NOW - timedelta(minutes=4)).isoformat()
    stop = {"id": "harbin:2", "expected_at": NOW.isoformat()}

    said = bus_words({"reported_at": seen, "stale": True, "next_stop": stop}, NOW)

    assert said == "seen 4 min ago"
