"""Where places are shifted: a polygon decides, because Harbin is near the border."""

import pytest

from hub.transit import datum


@pytest.mark.parametrize(
    ("place", "longitude", "latitude"),
    [
        ("Harbin", 126.63, 45.76),
        ("Heihe, across the river from Blagoveshchensk", 127.50, 50.22),
        ("Suifenhe, at the railway to Vladivostok", 131.15, 44.40),
        ("Beijing", 116.39, 39.90),
        ("Shenzhen, at the border of Hong Kong", 114.06, 22.54),
        ("Haikou, on an island", 110.30, 20.03),
        ("Urumqi", 87.60, 43.80),
    ],
)
def test_on_the_mainland_places_are_shifted(place, longitude, latitude):
    assert datum.shown("gcj02", longitude, latitude) != (longitude, latitude), place


@pytest.mark.parametrize(
    ("place", "longitude", "latitude"),
    [
        ("Blagoveshchensk", 127.53, 50.28),
        ("Khabarovsk", 135.07, 48.48),
        ("Vladivostok", 131.90, 43.10),
        ("Ulan Bator", 106.90, 47.90),
        ("Seoul", 126.98, 37.57),
        ("Hong Kong", 114.17, 22.28),
        ("Macao", 113.54, 22.19),
        ("Taipei", 121.50, 25.03),
        ("Brussels", 4.35, 50.85),
        ("the pole", 0.0, 90.0),
    ],
)
def test_elsewhere_nothing_moves(place, longitude, latitude):
    for crs in ("gcj02", "bd09"):
        assert datum.shown(crs, longitude, latitude) == (longitude, latitude), place
        assert datum.understood(crs, longitude, latitude) == (longitude, latitude), place
