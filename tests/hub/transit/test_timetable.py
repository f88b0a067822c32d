"""The timetable in memory says what the zip said."""

import csv
import io
from datetime import UTC, date, datetime, timedelta

import pytest

from hub.transit.departures import departures_by_schedule
from hub.transit.errors import NoStop, NoTimetable
from hub.transit.geometry import metres_between
from hub.transit.timetable import load_timetable
from tests.factories.feeds import a_feed, published
from tests.factories.gtfs import TOWN, town_zip, with_row, with_text, zipped

TUESDAY = date(2026, 11, 24)
SATURDAY = date(2026, 11, 28)
MIDNIGHT = int(datetime(2026, 11, 23, 16, tzinfo=UTC).timestamp())  # 24 November in Shanghai


@pytest.fixture(scope="module")
def feed(db):
    return published(db, town_zip())


def timetable_of(db, feed, first=TUESDAY, last=None):
    with db.reads() as connection:
        return load_timetable(connection, feed, first, last or first)


@pytest.fixture(scope="module")
def tuesday(db, feed):
    return timetable_of(db, feed)


def seconds(text):
    hours, minutes, secs = map(int, text.split(":"))
    return hours * 3600 + minutes * 60 + secs


def test_every_time_of_the_zip_is_there(tuesday):
    rows = list(csv.DictReader(io.StringIO(TOWN["stop_times.txt"])))
    for trip in tuesday.trips.values():
        own = [row for row in rows if row["trip_id"] == trip.id]
        assert [stop.id for stop in trip.pattern.stops] == [row["stop_id"] for row in own]
        assert list(trip.pattern.sequences) == [int(row["stop_sequence"]) for row in own]
        for place, row in enumerate(own):
            if row["arrival_time"]:
                assert trip.arrivals[place] == seconds(row["arrival_time"])
                assert trip.departures[place] == seconds(row["departure_time"])


def test_trips_that_do_the_same_share_a_pattern(tuesday):
    trips = tuesday.trips

    assert trips["T1"].pattern is trips["T2"].pattern is trips["NIGHT"].pattern
    assert trips["T1"].pattern is not trips["T3"].pattern


def test_a_missing_time_lies_between_by_the_way_driven(tuesday):
    trip = tuesday.trips["T1"]

    # 1002 lies half way from 1001 (08:00) to 1003 (08:10).
    assert trip.arrivals[1] == trip.departures[1] == seconds("08:05:00")


def test_stops_lie_along_the_shape_in_metres(tuesday):
    pattern = tuesday.trips["T1"].pattern
    whole = metres_between(126.62, 45.77, 126.65, 45.77)

    assert list(pattern.metres) == pytest.approx([0, whole / 3, whole * 2 / 3, whole], abs=0.5)
    assert pattern.shape.metres[-1] == pytest.approx(whole, abs=0.5)


def test_how_one_boards_and_where_a_bus_waits(tuesday):
    pattern = tuesday.trips["T1"].pattern

    assert pattern.pickups == ("regular", "regular", "regular", "none")
    assert pattern.drop_offs == ("none", "regular", "regular", "regular")
    assert pattern.timepoints == (True, False, True, True)
    assert tuesday.trips["T3"].pattern.timepoints == (False, False, False)


def test_a_headsign_speaks_every_language_of_the_feed(tuesday):
    assert tuesday.trips["T1"].headsign == {"zh-CN": "会展中心", "en": "Expo Centre"}
    assert tuesday.stops["1001"].name == {
        "zh-CN": "中央大街",
        "en": "Central Street",
        "ru": "Центральная улица",
    }


def test_a_trip_after_midnight_belongs_to_the_day_before(tuesday):
    night = tuesday.journey("NIGHT", TUESDAY)

    assert night.departs_at(0) == MIDNIGHT + seconds("24:50:00")
    assert datetime.fromtimestamp(night.ends_at, UTC).isoformat() == "2026-11-24T17:10:00+00:00"


def test_a_trip_by_frequency_has_a_journey_for_each_departure(tuesday):
    runs = [j for j in tuesday.journeys if j.trip.id == "F1"]

    assert [j.start_s for j in runs] == [
        *range(seconds("06:00:00"), seconds("07:00:00"), 600),
        *range(seconds("07:00:00"), seconds("08:00:00"), 1200),
    ]
    assert {j.exact for j in runs[:6]} == {False}
    assert {j.exact for j in runs[6:]} == {True}
    third = tuesday.journey("F1", TUESDAY, seconds("06:20:00"))
    assert third.arrives_at(2) == MIDNIGHT + seconds("06:32:00")
    assert tuesday.journey("F1", TUESDAY) is None
    assert tuesday.journey("F1", TUESDAY, seconds("06:25:00")) is None


def test_journeys_come_in_the_order_in_which_they_start(tuesday):
    starts = [journey.starts_at for journey in tuesday.journeys]

    assert starts == sorted(starts)
    assert {j.trip.id for j in tuesday.by_pattern[tuesday.trips["T1"].pattern.no]} == {
        "T1",
        "T2",
        "NIGHT",
    }


def test_a_loop_calls_twice_at_its_first_stop(tuesday):
    calls = tuesday.calls["1001"]
    loop = tuesday.trips["F1"].pattern

    assert [place for pattern, place in calls if pattern is loop] == [0, 2]


def test_exceptions_of_the_calendar_hold(db, feed):
    holiday = timetable_of(db, feed, date(2026, 10, 1))
    made_up = timetable_of(db, feed, date(2026, 10, 3))
    weekend = timetable_of(db, feed, SATURDAY)

    assert {j.trip.id for j in holiday.journeys} == {"H1"}
    assert "T1" in {j.trip.id for j in made_up.journeys}
    assert weekend.journeys == []


def test_several_days_give_each_its_journeys(db, feed):
    week = timetable_of(db, feed, TUESDAY, SATURDAY)

    days = [j.service_date for j in week.journeys if j.trip.id == "T1"]
    assert days == [TUESDAY + timedelta(days=n) for n in range(4)]


def test_the_clock_change_moves_no_trip(db):
    berlin = with_text("agency.txt", "Asia/Shanghai", "Europe/Berlin")
    berlin["calendar.txt"] = berlin["calendar.txt"].replace("1,1,1,1,1,0,0", "1,1,1,1,1,1,1")
    feed = published(db, zipped(berlin))
    day = date(2026, 10, 25)  # summer time ends at three in the morning

    table = timetable_of(db, feed, day)

    eight = datetime.fromtimestamp(table.journey("T1", day).starts_at, UTC)
    assert eight.isoformat() == "2026-10-25T07:00:00+00:00"


def test_distances_of_the_feed_are_turned_into_metres(db):
    """shape_dist_traveled in some unit of the operator's, here thousandths of the whole way."""
    tables = dict(TOWN)
    shapes = TOWN["shapes.txt"].splitlines()
    tables["shapes.txt"] = "\n".join(
        f"{line},{value}"
        for line, value in zip(shapes, ["shape_dist_traveled", 0, 400, 1000], strict=True)
    )
    head, *rows = TOWN["stop_times.txt"].splitlines()
    travelled = {"1": "0", "2": "200", "3": "700", "4": "1000"}
    tables["stop_times.txt"] = "\n".join(
        [
            f"{head},shape_dist_traveled",
            *(
                f"{row},{travelled[row.split(',')[4]] if row.startswith(('T1', 'T2', 'N')) else ''}"
                for row in rows
            ),
        ]
    )
    table = timetable_of(db, published(db, zipped(tables)))
    whole = metres_between(126.62, 45.77, 126.65, 45.77)

    # 200 of 400 on the first half of the line; 300 of 600 on the second.
    assert list(table.trips["T1"].pattern.metres) == pytest.approx(
        [0, whole / 4, whole * 3 / 4, whole], abs=0.5
    )


def test_a_feed_without_shapes_draws_lines_from_stop_to_stop(db):
    tables = {name: text for name, text in TOWN.items() if name != "shapes.txt"}
    tables["trips.txt"] = tables["trips.txt"].replace(",S1", ",")

    pattern = timetable_of(db, published(db, zipped(tables))).trips["T1"].pattern

    assert list(pattern.shape.metres) == list(pattern.metres)


def test_stop_times_in_any_order_of_rows_are_put_in_order(db):
    head, *rows = TOWN["stop_times.txt"].splitlines()
    tables = {**TOWN, "stop_times.txt": "\n".join([head, *sorted(rows, reverse=True)]) + "\n"}

    table = timetable_of(db, published(db, zipped(tables)))

    assert [stop.id for stop in table.trips["T1"].pattern.stops] == ["1001", "1002", "1003", "1004"]


def test_a_trip_on_demand_is_left_out_and_the_rest_runs(db):
    tables = with_row("trips.txt", "L1,WK,FLEX,x,0,,")
    head, *rows = TOWN["stop_times.txt"].splitlines()
    tables["stop_times.txt"] = "\n".join(
        [f"{head},location_id", *(f"{row}," for row in rows), "FLEX,,,,1,0,0,,zone-1"]
    )

    table = timetable_of(db, published(db, zipped(tables)))

    assert "FLEX" not in table.trips
    assert "T1" in table.trips


def test_a_feed_without_a_timetable_has_none(db):
    for slug in ("atlantis", a_feed(db)):
        with pytest.raises(NoTimetable):
            timetable_of(db, slug)


def board(db, feed, stop, hour, minute=0, day=24, **more):
    now = datetime(2026, 11, day, hour, minute, tzinfo=UTC) - timedelta(hours=8)
    with db.reads() as connection:
        return departures_by_schedule(connection, feed, stop, now, **more)


def test_a_board_by_schedule_says_what_leaves_next(db, feed):
    calls = board(db, feed, "1001", 7, 55).calls

    first = calls[0]
    assert (first.trip_id, first.service_date, first.stop_sequence) == ("T1", TUESDAY, 1)
    assert first.departs_at == MIDNIGHT + seconds("08:00:00")
    assert first.headsign["en"] == "Expo Centre"
    assert (first.route.short_name, first.by_frequency) == ("1", False)
    assert [call.trip_id for call in calls] == ["T1", "T2"]


def test_a_board_after_midnight_belongs_to_yesterdays_service(db, feed):
    calls = board(db, feed, "1003", 0, 30, day=25).calls

    assert [(call.trip_id, call.service_date) for call in calls] == [("NIGHT", TUESDAY)]
    assert calls[0].departs_at == MIDNIGHT + seconds("25:01:00")


def test_a_board_shows_departures_by_frequency_as_such(db, feed):
    calls = board(db, feed, "1002", 6, 50, horizon=timedelta(minutes=45)).calls

    assert [call.departs_at - MIDNIGHT for call in calls] == [
        seconds(time) for time in ("06:55:00", "07:05:00", "07:25:00")
    ]
    assert {call.by_frequency for call in calls} == {True}
    assert [call.exact for call in calls] == [False, True, True]


def test_the_board_of_a_station_is_that_of_its_platforms(db, feed):
    station, platform = board(db, feed, "ST", 7, 55), board(db, feed, "1003", 7, 55)

    assert [call.trip_id for call in station.calls] == [call.trip_id for call in platform.calls]
    assert len(station.calls) == 2


def test_a_board_agrees_with_the_timetable_in_memory(db, feed, tuesday):
    for stop in ("1001", "1002", "1003", "1004"):
        for hour in (5, 6, 7, 8, 9, 10):
            now = MIDNIGHT + hour * 3600
            expected = sorted(
                (journey.departs_at(place), journey.trip.id)
                for pattern, place in tuesday.calls[stop]
                for journey in tuesday.by_pattern.get(pattern.no, ())
                if now <= journey.departs_at(place) <= now + 5400
            )
            calls = board(db, feed, stop, hour).calls
            assert sorted((c.departs_at, c.trip_id) for c in calls) == expected[:30]


def test_a_stop_that_is_not_there_has_no_board(db, feed):
    with pytest.raises(NoStop):
        board(db, feed, "NO", 8)
