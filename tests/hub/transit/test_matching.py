"""Where on its line is a bus?"""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.transit.matching import Fix, Place, locate
from hub.transit.paths import Path
from tests.factories.timetables import a_shape

STRAIGHT = [(float(x), 0.0) for x in range(0, 4001, 50)]
LOOP = [
    (0.0, 0.0), (400.0, 0.0), (800.0, 0.0), (800.0, 500.0), (400.0, 500.0), (400.0, -300.0),
    (0.0, -300.0), (0.0, 0.0),
]  # fmt: skip
"""Crosses itself at (400, 0): at 400 m eastward, and at 2,200 m southward. Ends where it begins."""


def drive(path: Path, fixes: list[Fix], expected: float = 0.0) -> list[Place | None]:
    places: list[Place | None] = []
    for fix in fixes:
        places.append(locate(path, fix, places[-1] if places else None, expected))
    return places


def fixes_along(
    path: Path, *, speed: float, every: float, noise: float, seed: int, heading: bool = True
) -> tuple[list[Fix], list[float]]:
    chance, fixes, truth = random.Random(seed), [], []
    steps = int(path.length / (speed * every)) + 1
    degree = 1 / 111_319.49
    for step in range(steps):
        along = min(step * speed * every, path.length)
        longitude, latitude = path.place(along)
        fixes.append(
            Fix(
                1000.0 + step * every,
                longitude + chance.gauss(0, noise) * degree / 0.698,
                latitude + chance.gauss(0, noise) * degree,
                path.bearing(along) if heading else None,
                speed,
            )
        )
        truth.append(along)
    return fixes, truth


@pytest.mark.parametrize("points", [STRAIGHT, LOOP], ids=["straight", "crossing itself"])
@given(
    speed=st.floats(3.0, 20.0),
    every=st.floats(5.0, 30.0),
    noise=st.floats(0.0, 8.0),
    seed=st.integers(0, 10**6),
)
@settings(deadline=None, max_examples=60)
def test_a_drive_is_followed_within_its_noise_and_never_goes_back(
    points, speed, every, noise, seed
):
    path = Path(a_shape(points))
    fixes, truth = fixes_along(path, speed=speed, every=every, noise=noise, seed=seed)

    places = drive(path, fixes)

    assert all(place is not None and place.on_route for place in places)
    alongs = [place.along for place in places if place]
    assert alongs == sorted(alongs)
    # At the crossing and the corners a noisy point may fall on the neighbouring side.
    assert max(abs(a - b) for a, b in zip(alongs, truth, strict=True)) <= 6 * noise + 35


def test_the_place_where_a_loop_begins_and_ends_is_told_apart_by_the_timetable():
    path = Path(a_shape(LOOP))
    longitude, latitude = path.place(0.0)

    leaving = locate(path, Fix(0.0, longitude, latitude), None, expected=0.0)
    arriving = locate(path, Fix(0.0, longitude, latitude), None, expected=path.length)

    assert leaving is not None
    assert arriving is not None
    assert (leaving.along, arriving.along) == (0.0, pytest.approx(path.length))


def test_a_crossing_is_decided_by_the_heading():
    path = Path(a_shape(LOOP))
    longitude, latitude = path.place(400.0)

    south = locate(path, Fix(0.0, longitude, latitude, 180.0, 8.0), None, expected=1200.0)

    assert south is not None
    assert south.along == pytest.approx(2200.0, abs=1)


def test_three_fixes_away_from_the_line_are_off_the_route_and_one_back_is_on_it():
    path = Path(a_shape(STRAIGHT))
    degree = 1 / 111_319.49
    on = [Fix(10.0 * n, *path.place(100.0 * n), None, 10.0) for n in range(3)]
    off = [
        Fix(30.0 + 10 * n, path.place(300.0)[0], 45.75 + 300 * degree, None, 10.0) for n in range(3)
    ]
    back = Fix(70.0, *path.place(900.0), None, 10.0)

    places = drive(path, [*on, *off, back])

    assert [place.on_route for place in places if place] == [True] * 5 + [False, True]
    assert places[5].along == places[2].along
    assert places[6].along == pytest.approx(900.0)


def test_standing_in_noise_keeps_the_place():
    path = Path(a_shape(STRAIGHT))
    chance, degree = random.Random(7), 1 / 111_319.49
    longitude, latitude = path.place(1500.0)
    fixes = [
        Fix(
            10.0 * n,
            longitude + chance.gauss(0, 6) * degree,
            latitude + chance.gauss(0, 6) * degree,
            chance.uniform(0, 360),
            0.0,
        )
        for n in range(60)
    ]

    places = drive(path, fixes, expected=1500.0)

    assert all(abs(place.along - 1500.0) < 30 for place in places if place)


def test_an_older_or_repeated_fix_changes_nothing():
    path = Path(a_shape(STRAIGHT))
    first = locate(path, Fix(100.0, *path.place(500.0)), None, 0.0)

    assert locate(path, Fix(100.0, *path.place(900.0)), first, 0.0) is first
    assert locate(path, Fix(90.0, *path.place(100.0)), first, 0.0) is first


def test_a_bus_that_was_never_near_the_line_has_no_place():
    path = Path(a_shape(STRAIGHT))

    assert locate(path, Fix(0.0, 127.5, 46.5), None, 0.0) is None


def test_a_reported_distance_needs_no_coordinates():
    path = Path(a_shape(STRAIGHT))

    first = locate(path, Fix(0.0, None, None, along=700.0), None, 0.0)
    wild = locate(path, Fix(10.0, None, None, along=3900.0), first, 0.0)

    assert first is not None
    assert first.along == 700.0
    assert wild is not None
    assert (wild.along, wild.missed) == (700.0, 1)


def test_a_shape_of_one_point_is_a_path_all_the_same():
    path = Path(a_shape([(0.0, 0.0)]))

    place = locate(path, Fix(0.0, *path.place(0.0)), None, 0.0)

    assert place is not None
    assert place.along == 0.0
