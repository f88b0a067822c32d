"""Lines: the list in the operator's order, and one with its ways."""

import pytest

from tests.factories.feeds import published
from tests.factories.gtfs import TOWN, town_zip, with_text, zipped


@pytest.fixture(scope="module")
def feed(db):
    return published(db, town_zip())


def signs(client, **query):
    return [
        r["short_name"] for r in client.get("/v1/transit/routes", query_string=query).json["items"]
    ]


def test_lines_are_sorted_as_people_count(client, feed):
    assert signs(client, feed=feed) == ["1", "2", "10"]


def test_the_operators_own_order_goes_first(client, db):
    routes = "\n".join(
        f"{line},{order}"
        for line, order in zip(
            TOWN["routes.txt"].splitlines(), ["route_sort_order", "3", "1", "2"], strict=True
        )
    )
    feed = published(db, zipped({**TOWN, "routes.txt": routes + "\n"}))

    assert signs(client, feed=feed) == ["10", "2", "1"]


def test_pages_of_lines_hold_every_line_once(client, feed):
    first = client.get(f"/v1/transit/routes?feed={feed}&limit=2").json
    second = client.get(f"/v1/transit/routes?feed={feed}&limit=2&after={first['next']}").json

    assert [r["short_name"] for r in first["items"] + second["items"]] == ["1", "2", "10"]
    assert second["next"] is None


@pytest.mark.parametrize(
    ("words", "expected"),
    [("环线", ["10"]), ("huanxian", ["10"]), ("1", ["1", "10"]), ("expo centre", ["1"])],
)
def test_a_line_is_found_by_number_or_name(client, feed, words, expected):
    assert signs(client, feed=feed, q=words) == expected


def test_a_line_is_shown_with_both_ways(client, feed):
    line = client.get(f"/v1/transit/routes/{feed}:L1").json

    assert line["agency"] == "Town Buses"
    assert line["long_name"]["en"] == "Central Street to Expo Centre"
    there, back = line["directions"]
    assert (there["direction"], there["headsign"]["en"]) == (0, "Expo Centre")
    assert [stop["id"].partition(":")[2] for stop in there["stops"]] == [
        "1001",
        "1002",
        "1003",
        "1004",
    ]
    assert [stop["id"].partition(":")[2] for stop in back["stops"]] == ["1004", "1003", "1001"]
    assert there["shape"]["coordinates"] == [[126.62, 45.77], [126.65, 45.77]]


def test_full_precision_keeps_every_point(client, feed):
    line = client.get(f"/v1/transit/routes/{feed}:L1?precision=full").json

    assert line["directions"][0]["shape"]["coordinates"] == [
        [126.62, 45.77],
        [126.635, 45.77],
        [126.65, 45.77],
    ]


def test_a_way_without_a_shape_goes_from_stop_to_stop(client, feed):
    back = client.get(f"/v1/transit/routes/{feed}:L1?precision=full").json["directions"][1]

    assert back["shape"]["coordinates"] == [[126.65, 45.77], [126.64, 45.77], [126.62, 45.77]]


def test_the_way_that_most_trips_drive_is_shown(client, db):
    short = "".join(
        f"S{n},1{n}:00:00,1{n}:00:00,1001,1,0,0,\nS{n},1{n}:05:00,1{n}:05:00,1002,2,0,0,\n"
        for n in range(4)
    )
    trips = "".join(f"L1,WK,S{n},索菲亚教堂,0,,\n" for n in range(4))
    feed = published(
        db,
        zipped(
            {
                **TOWN,
                "stop_times.txt": TOWN["stop_times.txt"] + short,
                "trips.txt": TOWN["trips.txt"] + trips,
            }
        ),
    )

    there = client.get(f"/v1/transit/routes/{feed}:L1").json["directions"][0]

    assert len(there["stops"]) == 2


def test_ways_without_a_direction_are_told_apart_by_their_sign(client, db):
    trips = TOWN["trips.txt"].replace(",0,,", ",,,").replace(",1,,", ",,,")
    feed = published(db, zipped({**TOWN, "trips.txt": trips}))

    ways = client.get(f"/v1/transit/routes/{feed}:L1").json["directions"]

    assert [way["direction"] for way in ways] == [0, 1]
    assert [way["headsign"]["zh-CN"] for way in ways] == ["会展中心", "中央大街"]


def test_a_shifted_map_gets_a_shifted_line(client, feed):
    plain = client.get(f"/v1/transit/routes/{feed}:L1").json["directions"][0]
    shifted = client.get(f"/v1/transit/routes/{feed}:L1?crs=bd09").json["directions"][0]

    for before, after in zip(
        plain["shape"]["coordinates"], shifted["shape"]["coordinates"], strict=True
    ):
        assert 0.005 < after[0] - before[0] < 0.02
    assert shifted["stops"][0]["position"] != plain["stops"][0]["position"]


def test_a_line_that_is_not_there_is_not_found(client, feed):
    for name in (f"{feed}:NO", "nowhere:L1", "L1"):
        answer = client.get(f"/v1/transit/routes/{name}")
        assert (answer.status_code, answer.json["type"]) == (404, "/problems/no-route")


def test_an_unchanged_line_is_not_sent_twice(client, feed):
    address = f"/v1/transit/routes/{feed}:L1"
    tag = client.get(address).headers["ETag"]

    assert client.get(address, headers={"If-None-Match": tag}).status_code == 304
    assert (
        client.get(f"{address}?precision=full", headers={"If-None-Match": tag}).status_code == 200
    )


def test_feeds_say_what_they_are(client, db, settings):
    feed = published(db, zipped(with_text("feed_info.txt", "Town Buses", "Town Hall")))

    shown = next(f for f in client.get("/v1/transit/feeds").json["items"] if f["id"] == feed)

    assert shown == {
        "id": feed,
        "name": {"en": "Town", "zh-CN": "小城"},
        "kind": "synthetic",
        "notice": {"en": "Invented."},
        "timezone": "Asia/Shanghai",
        "bounds": [126.62, 45.77, 126.65, 45.7701],
        "valid_from": "2026-01-01",
        "valid_until": "2027-12-31",
        "version": shown["version"],
        "attribution": "Town Hall",
        "licence": "CC0-1.0",
        "stream_url": f"{settings.public_stream_url}/v1/transit/stream",
    }
    assert shown["version"].startswith("version_")
