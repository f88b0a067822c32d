"""What holds for every timetable, not just for those we thought of."""

import io
from array import array
from contextlib import suppress
from datetime import date, timedelta
from itertools import pairwise

import eviltransform
from hypothesis import assume, given
from hypothesis import strategies as st

from hub.transit import datum
from hub.transit.geometry import (
    along,
    box_around,
    metres_between,
    thinned,
    walked,
)
from hub.transit.gtfs import fields
from hub.transit.gtfs.archive import Limits, open_archive
from hub.transit.gtfs.calendar import read_calendar, running_days
from hub.transit.gtfs.problems import Problems
from hub.transit.gtfs.rows import Reader
from hub.transit.gtfs.stop_times import completed
from hub.transit.search import spellings, words_of
from tests.factories.gtfs import town, zipped

days = st.dates(date(2020, 1, 1), date(2030, 12, 31))
longitudes = st.floats(-180, 180)
CLOSE = 1e-7
"""Degrees, a centimetre: beside a pole the arcsine that made the latitude knows no better."""
latitudes = st.floats(-90, 90)


@given(st.integers(0, 999), st.integers(0, 59), st.integers(0, 59))
def test_a_written_time_is_read_back(hours, minutes, seconds):
    read = fields.time_of_day(f"{hours}:{minutes:02}:{seconds:02}")

    assert read == hours * 3600 + minutes * 60 + seconds


@given(st.text(max_size=12))
def test_a_field_is_read_or_named_never_a_crash(text):
    for parse in (
        fields.time_of_day,
        fields.day,
        fields.integer,
        fields.real,
        fields.latitude,
        fields.color,
        fields.language,
        fields.timezone,
        fields.url,
        fields.route_kind,
        fields.identifier,
    ):
        with suppress(fields.BadValue):
            parse(text)


@given(
    st.lists(st.booleans(), min_size=7, max_size=7),
    days,
    st.integers(0, 800),
    st.dictionaries(days, st.booleans(), max_size=20),
)
def test_a_service_runs_on_the_days_that_a_diary_would_show(weekdays, first, length, exceptions):
    last = first + timedelta(days=length)
    span = [min([first, *exceptions]), max([last, *exceptions])]
    diary = set()
    day = span[0]
    while day <= span[1]:
        runs = first <= day <= last and weekdays[day.weekday()]
        if exceptions.get(day, runs):
            diary.add(day.toordinal())
        day += timedelta(days=1)

    assert running_days(weekdays, first, last, exceptions.items()) == diary


@given(st.dictionaries(days, st.booleans(), min_size=1, max_size=20))
def test_a_calendar_of_dates_alone_runs_on_the_dates_it_adds(exceptions):
    rows = "".join(f"WK,{d:%Y%m%d},{1 if runs else 2}\n" for d, runs in exceptions.items())
    tables = town(calendar=None, calendar_dates="service_id,date,exception_type\n" + rows)
    problems = Problems()
    archive = open_archive(io.BytesIO(zipped(tables)), problems, Limits())

    services = read_calendar(Reader(archive, problems), problems)

    assert services == {"WK": {day.toordinal() for day, runs in exceptions.items() if runs}}


metres = st.lists(st.floats(0, 5000), min_size=2, max_size=30).map(sorted)


@given(metres, st.data())
def test_completed_times_never_run_backwards_and_keep_what_was_said(way, data):
    count = len(way)
    waits = data.draw(st.lists(st.integers(0, 300), min_size=2 * count, max_size=2 * count))
    clock, arrivals, departures = 0, [], []
    for place in range(count):
        clock += waits[2 * place]
        arrivals.append(clock)
        clock += waits[2 * place + 1]
        departures.append(clock)
    timed = data.draw(st.sets(st.integers(0, count - 1))) | {0, count - 1}
    known_arrivals = [t if n in timed else None for n, t in enumerate(arrivals)]
    known_departures = [t if n in timed else None for n, t in enumerate(departures)]

    full_arrivals, full_departures = completed(known_arrivals, known_departures, way)

    both = [time for pair in zip(full_arrivals, full_departures, strict=True) for time in pair]
    assert all(before <= after for before, after in pairwise(both))
    for place in timed:
        assert full_arrivals[place] == arrivals[place]
        assert full_departures[place] == departures[place]


near_harbin = st.tuples(st.floats(126.4, 126.9), st.floats(45.6, 45.9))


@given(
    st.lists(near_harbin, min_size=2, max_size=40), st.lists(near_harbin, min_size=1, max_size=15)
)
def test_stops_along_a_line_never_go_back_and_never_leave_it(points, stops):
    xs, ys = array("d", [p[0] for p in points]), array("d", [p[1] for p in points])
    way = walked(xs, ys)

    places = along(xs, ys, way, stops)

    assert len(places) == len(stops)
    assert all(before <= after for before, after in pairwise(places))
    assert all(0 <= place <= way[-1] for place in places)


@given(st.lists(near_harbin, min_size=2, max_size=40), st.data())
def test_stops_on_the_line_itself_lie_where_they_are(points, data):
    """Each stop a point of the line, in order: the sum of squares that is found is then zero."""
    xs, ys = array("d", [p[0] for p in points]), array("d", [p[1] for p in points])
    way = walked(xs, ys)
    chosen = sorted(data.draw(st.sets(st.integers(0, len(points) - 1), min_size=1)))

    places = along(xs, ys, way, [points[n] for n in chosen])

    for place, number in zip(places, chosen, strict=True):
        x, y = _at(xs, ys, way, place)
        assert metres_between(x, y, *points[number]) < 1.0


def _at(xs, ys, way, place):
    for number in range(len(way) - 1):
        if place <= way[number + 1]:
            span = way[number + 1] - way[number]
            share = (place - way[number]) / span if span else 0.0
            return (
                xs[number] + share * (xs[number + 1] - xs[number]),
                ys[number] + share * (ys[number + 1] - ys[number]),
            )
    return xs[-1], ys[-1]


@given(st.lists(near_harbin, min_size=2, max_size=60), st.floats(1, 500))
def test_a_thinned_line_keeps_its_ends_and_its_way(points, tolerance):
    xs, ys = [p[0] for p in points], [p[1] for p in points]

    kept = thinned(xs, ys, tolerance)

    assert kept[0] == 0
    assert kept[-1] == len(points) - 1
    assert kept == sorted(set(kept))
    if len(kept) < len(points):
        thin = array("d", [xs[n] for n in kept]), array("d", [ys[n] for n in kept])
        for number, (x, y) in enumerate(points):
            before = max(n for n in range(len(kept)) if kept[n] <= number)
            after = min(before + 1, len(kept) - 1)
            ends = slice(before, after + 1)
            piece = thin[0][ends], thin[1][ends]
            foot = _at(*piece, walked(*piece), along(*piece, walked(*piece), [(x, y)])[0])
            assert metres_between(x, y, *foot) <= tolerance * 1.01 + 0.1


@given(longitudes, latitudes, st.floats(1, 20_000), st.floats(0, 359.9), st.floats(0, 1))
def test_every_place_within_reach_is_in_the_box(longitude, latitude, reach, bearing, share):
    place = _towards(longitude, latitude, bearing, reach * share * 0.999)

    west, south, east, north = box_around(longitude, latitude, reach)

    assert south - CLOSE <= place[1] <= north + CLOSE
    if west <= east:
        assert west - 1e-9 <= place[0] <= east + 1e-9
    else:
        assert place[0] >= west - 1e-9 or place[0] <= east + 1e-9


def _towards(longitude, latitude, bearing, metres):
    """The place so far from another in a direction (spherical, Vincenty's direct formula)."""
    from math import asin, atan2, cos, degrees, radians, sin

    from hub.transit.geometry import EARTH_RADIUS

    lat, course, angle = radians(latitude), radians(bearing), metres / EARTH_RADIUS
    there = asin(max(-1.0, min(1.0, sin(lat) * cos(angle) + cos(lat) * sin(angle) * cos(course))))
    turn = atan2(sin(course) * sin(angle) * cos(lat), cos(angle) - sin(lat) * sin(there))
    around = (longitude + degrees(turn) + 540) % 360 - 180
    return around, degrees(there)


@given(st.floats(73, 135), st.floats(18, 54), st.sampled_from(["gcj02", "bd09"]))
def test_a_shifted_place_is_found_again(longitude, latitude, crs):
    assume(datum.in_mainland_china(longitude, latitude))

    shifted = datum.shown(crs, longitude, latitude)
    back = datum.understood(crs, *shifted)

    assert shifted != (longitude, latitude)
    assert metres_between(longitude, latitude, *back) < 0.1


@given(st.floats(126.2, 127.2), st.floats(45.4, 46.2))
def test_the_shift_is_what_others_compute(longitude, latitude):
    mars = datum.shown("gcj02", longitude, latitude)
    baidu = datum.shown("bd09", longitude, latitude)

    there = eviltransform.wgs2gcj(latitude, longitude)
    assert metres_between(*mars, there[1], there[0]) < 1
    there = eviltransform.gcj2bd(*there)
    assert metres_between(*baidu, there[1], there[0]) < 1


@given(longitudes, latitudes, st.sampled_from(["gcj02", "bd09"]))
def test_nothing_moves_outside_the_mainland(longitude, latitude, crs):
    assume(not datum.in_mainland_china(longitude, latitude))

    assert datum.shown(crs, longitude, latitude) == (longitude, latitude)


@given(st.text(min_size=1, max_size=40))
def test_a_name_is_found_by_itself_and_a_query_is_never_a_pattern(name):
    search = spellings([name])

    for forms in words_of(name):
        assert any(form in search for form in forms)
        assert not any(mark in form for form in forms for mark in "%_\\\\")
