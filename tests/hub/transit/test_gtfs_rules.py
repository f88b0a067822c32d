"""A zip with one thing wrong: named by file, row, field and rule, and refused or mended."""

import pytest

from tests.factories.feeds import verdict
from tests.factories.gtfs import town, town_zip, with_row, with_text, zipped

# rule, what is changed, file, row, field
REFUSED = [
    ("invalid_time", with_text("stop_times.txt", "08:10:00,08:11", "8h10,08:11"), 4),
    ("invalid_time", with_text("stop_times.txt", "08:20:00,08:20:00", "08:61:00,08:61:00"), 5),
    ("invalid_date", with_text("calendar.txt", "20260101", "20260231"), 2),
    ("invalid_integer", with_text("stop_times.txt", "1003,3,0", "1003,three,0"), 4),
    ("invalid_float", with_text("stops.txt", "45.7700,126.6300", "NaN,126.63"), 3),
    ("number_out_of_range", with_text("stops.txt", "45.7700,126.6300", "1e999,126.63"), 3),
    ("number_out_of_range", with_text("stops.txt", "45.7700,126.6300", "91,126.63"), 3),
    ("number_out_of_range", with_text("frequencies.txt", "600,0", "0,0"), 2),
    ("invalid_timezone", with_text("agency.txt", "Asia/Shanghai", "Asia/Harbinn"), 2),
    ("missing_required_field", with_text("trips.txt", "L1,WK,T1", ",WK,T1"), 2),
    ("missing_required_field", with_text("stop_times.txt", "1002,2,0,0,0", ",2,0,0,0"), 3),
    ("invalid_row_length", with_row("stops.txt", "9,9,Nine"), 7),
    ("duplicate_key", with_row("stops.txt", "1001,1,Again,45.7,126.6,0,,"), 7),
    ("duplicate_key", with_row("trips.txt", "L1,WK,T1,Again,0,,"), 8),
    ("duplicate_key", with_row("routes.txt", "L1,A,1,Again,3,,"), 5),
    ("duplicate_key", with_row("agency.txt", "A,Again,https://example.org,Asia/Shanghai,zh"), 3),
    ("duplicate_key", with_row("calendar.txt", "WK,1,1,1,1,1,1,1,20260101,20260102"), 3),
    ("duplicate_key", with_row("calendar_dates.txt", "WK,20261001,1"), 5),
    ("duplicate_key", with_row("stop_times.txt", "T1,08:30:00,08:30:00,1001,4,0,0,1"), 22),
    ("duplicate_key", with_row("shapes.txt", "S1,45.77,126.66,3"), 5),
    ("duplicate_key", with_row("frequencies.txt", "F1,06:00:00,06:30:00,60,0"), 4),
    ("foreign_key_violation", with_row("trips.txt", "NO,WK,T9,x,0,,"), 8),
    ("foreign_key_violation", with_row("trips.txt", "L1,NO,T9,x,0,,"), 8),
    ("foreign_key_violation", with_row("trips.txt", "L1,WK,T9,x,0,,NO"), 8),
    ("foreign_key_violation", with_row("routes.txt", "L9,NO,9,Nine,3,,"), 5),
    ("foreign_key_violation", with_row("stop_times.txt", "NO,9:00:00,9:00:00,1001,1,0,0,"), 22),
    ("foreign_key_violation", with_row("stop_times.txt", "T1,9:00:00,9:00:00,NO,5,0,0,"), 22),
    ("foreign_key_violation", with_row("frequencies.txt", "NO,06:00:00,07:00:00,600,0"), 4),
    ("missing_stop_name", with_row("stops.txt", "9,9,,45.7,126.6,0,,"), 7),
    ("stop_without_location", with_row("stops.txt", "9,9,Nine,,126.6,0,,"), 7),
    ("location_without_parent_station", with_row("stops.txt", "9,9,Door,45.7,126.6,2,,"), 7),
    ("station_with_parent_station", with_row("stops.txt", "9,9,Nine,45.7,126.6,1,ST,"), 7),
    ("wrong_parent_location_type", with_row("stops.txt", "9,9,Nine,45.7,126.6,0,1001,"), 7),
    ("point_near_origin", with_row("stops.txt", "9,9,Nine,0.1,0.1,0,,"), 7),
    ("point_near_pole", with_row("stops.txt", "9,9,Nine,89.9,0.1,0,,"), 7),
    ("route_both_short_and_long_name_missing", with_row("routes.txt", "L9,A,,,3,,"), 5),
    ("start_and_end_range_out_of_order", with_text("calendar.txt", "20260101", "20280101"), 2),
    ("start_and_end_range_equal", with_text("frequencies.txt", "07:00:00,600", "06:00:00,600"), 2),
    ("overlapping_frequency", with_text("frequencies.txt", "07:00:00,600", "07:30:00,600"), 3),
    ("missing_trip_edge", with_text("stop_times.txt", "T1,08:00:00,08:00:00", "T1,,"), 2),
    (
        "stop_time_with_only_arrival_or_departure_time",
        with_text("stop_times.txt", "08:10:00,08:11:00", "08:10:00,"),
        4,
    ),
    (
        "stop_time_with_arrival_before_previous_departure_time",
        with_text("stop_times.txt", "08:20:00,08:20:00", "08:10:30,08:20:00"),
        5,
    ),
    (
        "start_and_end_range_out_of_order",
        with_text("stop_times.txt", "08:10:00,08:11:00", "08:10:00,08:09:00"),
        4,
    ),
    (
        "stop_time_timepoint_without_times",
        with_text("stop_times.txt", ",,1002,2,0,0,0", ",,1002,2,0,0,1"),
        3,
    ),
    ("location_with_unexpected_stop_time", with_text("stop_times.txt", "1003,3", "ST,3"), 4),
    ("invalid_character", with_row("stops.txt", "9,9,\ufffdNine\0,45.7,126.6,0,,"), 7),
]


@pytest.mark.parametrize(("rule", "tables", "row"), REFUSED)
def test_an_error_is_named_by_row_and_refuses_the_zip(db, rule, tables, row):
    found = verdict(db, zipped(tables))

    assert rule in found.errors, found.problems
    assert found.of(rule).row == row
    assert found.of(rule).file is not None
    assert found.refused


MENDED = [
    ("foreign_key_violation", with_text("stops.txt", "0,ST,", "0,LOST,")),
    ("invalid_color", with_text("routes.txt", "AA0000", "crimson")),
    ("invalid_url", with_text("agency.txt", "https://example.org", "example")),
    ("new_line_in_value", with_text("stops.txt", "会展中心", '"会展\n中心"')),
    ("translation_foreign_key_violation", with_row("translations.txt", "stops,stop_name,en,X,NO,")),
    ("translation_unexpected_value", with_row("translations.txt", "stops,stop_name,en,X,1001,Y")),
]


@pytest.mark.parametrize(("rule", "tables"), MENDED)
def test_an_error_that_stops_no_bus_is_told_and_passed_over(db, rule, tables):
    found = verdict(db, zipped(tables))

    assert found.errors == {rule}
    assert not found.refused


WARNED = [
    ("unexpected_enum_value", with_text("stop_times.txt", "1002,2,0,0,0", "1002,2,9,0,0")),
    ("leading_or_trailing_whitespaces", with_text("stops.txt", "1001,1001", "1001, 1001")),
    ("unusable_trip", with_row("trips.txt", "L1,WK,T9,x,0,,")),
    ("empty_row", with_row("stops.txt", '""')),
    ("translation_unknown_table_name", with_row("translations.txt", "moons,name,en,X,1,")),
]


@pytest.mark.parametrize(("rule", "tables"), WARNED)
def test_a_warning_stops_nothing(db, rule, tables):
    found = verdict(db, zipped(tables))

    assert found.rules == {rule}
    assert not found.errors
    assert not found.refused


@pytest.mark.parametrize("name", ["agency", "stops", "routes", "trips", "stop_times"])
def test_each_file_that_a_timetable_needs_is_missed_by_name(db, name):
    found = verdict(db, zipped(town(**{name: None})))

    assert found.of("missing_required_file").file == f"{name}.txt"
    assert found.refused


def test_a_calendar_of_dates_alone_is_enough(db):
    tables = town(calendar=None)
    tables["calendar_dates.txt"] += "WK,20261124,1\n"

    assert not verdict(db, zipped(tables)).refused


def test_no_calendar_at_all_is_an_error(db):
    found = verdict(db, zipped(town(calendar=None, calendar_dates=None)))

    assert found.errors == {"missing_calendar_and_calendar_date_files"}


def test_translations_need_to_know_the_language_of_the_texts(db):
    found = verdict(db, zipped(town(feed_info=None)))

    assert found.of("missing_required_file").file == "feed_info.txt"


def test_a_missing_column_is_named(db):
    tables = with_text("routes.txt", "route_type", "route_sort")

    found = verdict(db, zipped(tables))

    assert found.of("missing_required_column").field == "route_type"


@pytest.mark.parametrize(
    ("header", "rule"),
    [("agency_id,agency_id", "duplicated_column"), ("agency_id,", "empty_column_name")],
)
def test_a_header_that_cannot_be_told_apart_is_an_error(db, header, rule):
    tables = with_text("agency.txt", "agency_id,agency_name", header)

    assert rule in verdict(db, zipped(tables)).errors


def test_with_several_agencies_each_route_says_whose_it_is(db):
    tables = with_row("agency.txt", "B,Other,https://example.org,Asia/Shanghai,zh")
    tables["routes.txt"] += "L9,,9,Nine,3,,\n"

    found = verdict(db, zipped(tables))

    assert found.of("missing_required_agency_id").row == 5


def test_agencies_of_one_feed_share_a_time_zone(db):
    tables = with_row("agency.txt", "B,Other,https://example.org,Asia/Tokyo,zh")

    assert "inconsistent_agency_timezone" in verdict(db, zipped(tables)).errors


def test_a_byte_that_is_not_utf_8_is_named_by_file_and_row(db):
    tables = town()
    spoilt = tables["stops.txt"].encode().replace("会展中心".encode(), "会展中心".encode("gb18030"))

    found = verdict(db, zipped({**tables, "stops.txt": spoilt}))

    problem = found.of("invalid_character")
    assert (problem.file, problem.row) == ("stops.txt", 6)
    assert "not UTF-8" in problem.detail


def test_a_byte_order_mark_is_no_part_of_the_first_column(db):
    tables = town()

    marked = {name: b"\xef\xbb\xbf" + text.encode() for name, text in tables.items()}

    assert verdict(db, zipped(marked)).problems == []


def test_utf_16_is_said_to_be_utf_16(db):
    tables = town()

    found = verdict(db, zipped({**tables, "trips.txt": tables["trips.txt"].encode("utf-16")}))

    assert "UTF-16" in found.of("invalid_character").detail


def test_line_ends_of_any_kind_are_read(db):
    assert (
        verdict(db, zipped({n: t.replace("\n", "\r\n") for n, t in town().items()})).rules == set()
    )


def test_a_feed_that_ended_long_ago_is_told_so(db):
    tables = with_text("calendar.txt", "20260101,20271231", "20200101,20201231")
    tables["calendar_dates.txt"] = "service_id,date,exception_type\nHOL,20200501,1\n"

    found = verdict(db, zipped(tables))

    assert found.rules == {"expired_calendar"}


def test_a_timetable_without_a_day_or_a_trip_is_not_published(db):
    never = with_text("calendar.txt", "WK,1,1,1,1,1", "WK,0,0,0,0,0")
    never["calendar_dates.txt"] = "service_id,date,exception_type\nHOL,20261001,2\n"
    still = town(stop_times=town()["stop_times.txt"].splitlines()[0] + "\n")

    assert "no_service_day" in verdict(db, zipped(never)).errors
    assert "no_usable_trip" in verdict(db, zipped(still)).errors


def test_a_headway_of_a_second_all_week_long_is_refused(db):
    flood = with_row("frequencies.txt", "F1,08:00:00,200:00:00,1,0")

    assert verdict(db, zipped(flood)).of("too_many_departures").row == 4


def test_a_table_longer_than_memory_is_for_is_cut_off(db, monkeypatch):
    from hub.transit.gtfs import tables

    monkeypatch.setattr(
        "hub.transit.gtfs.network.STOPS",
        tables.Table(tables.STOPS.file, tables.STOPS.columns, most_rows=3),
    )

    found = verdict(db, town_zip())

    assert found.of("too_many_rows").row == 5
    assert found.errors == {"too_many_rows"}
    assert found.refused


def test_a_trip_that_calls_without_end_is_refused(db, monkeypatch):
    monkeypatch.setattr("hub.transit.gtfs.staging.MOST_CALLS", 3)

    assert verdict(db, town_zip()).of("too_many_stop_times").row == 5


def test_two_trips_of_one_block_at_the_same_time_are_told(db):
    tables = with_text("trips.txt", "T1,会展中心,0,,", "T1,会展中心,0,B1,")
    tables["trips.txt"] = tables["trips.txt"].replace("T2,会展中心,0,,", "T2,会展中心,0,B1,")
    clash = dict(tables)
    for minute in ("00:00", "10:00", "11:00", "20:00"):
        clash["stop_times.txt"] = clash["stop_times.txt"].replace(f"09:{minute}", f"08:{minute}")

    assert verdict(db, zipped(tables)).rules == set()
    found = verdict(db, zipped(clash))
    assert found.errors == {"block_trips_with_overlapping_stop_times"}
    assert not found.refused


def test_every_row_with_the_same_fault_is_counted_and_the_first_are_kept(db):
    many = town()
    many["trips.txt"] += "".join(f"NO,WK,X{n},x,0,,\n" for n in range(100))
    many["stops.txt"] += "9,9,,45.7,126.6,0,,\n"

    found = verdict(db, zipped(many))

    assert sum(problem.rule == "foreign_key_violation" for problem in found.problems) == 25
    assert "missing_stop_name" in found.errors


def test_the_sound_town_has_no_fault(db):
    assert verdict(db, town_zip()).problems == []
