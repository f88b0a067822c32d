"""Stops: near me, in a box, by name in any spelling, one."""

import pytest

from hub.transit.geometry import metres_between
from tests.factories.feeds import a_feed, imported, published
from tests.factories.gtfs import TOWN, town_zip, zipped


@pytest.fixture(scope="module")
def feed(db):
    return published(db, town_zip())


def found(client, **query):
    answer = client.get("/v1/transit/stops", query_string=query)
    assert answer.status_code == 200, answer.json
    return answer.json["items"]


def codes(stops):
    return [stop["code"] for stop in stops]


def test_the_nearest_stop_comes_first_with_its_distance(client, feed):
    stops = found(client, feed=feed, near="126.6305,45.77", radius=1000)

    assert codes(stops) == ["1002", "1003", "1001"]
    assert stops[0]["distance_m"] == round(metres_between(126.6305, 45.77, 126.63, 45.77))
    assert stops[0] == {
        "id": f"{feed}:1002",
        "feed": feed,
        "code": "1002",
        "name": {"zh-CN": "索菲亚教堂"},
        "position": {"type": "Point", "coordinates": [126.63, 45.77]},
        "distance_m": 39,
        "wheelchair_boarding": "not_possible",
        "routes": [
            {"id": f"{feed}:L1", "short_name": "1", "color": "#1a7f37"},
            {"id": f"{feed}:L10", "short_name": "10", "color": "#4a5568"},
        ],
    }


def test_pages_of_near_stops_go_on_where_the_last_one_ended(client, feed):
    query = {"feed": feed, "near": "126.6305,45.77", "radius": 5000, "limit": 1}
    seen, after = [], None
    for _ in range(6):
        page = client.get(
            "/v1/transit/stops", query_string=query | ({"after": after} if after else {})
        ).json
        seen += codes(page["items"])
        after = page["next"]
        if after is None:
            break

    assert seen == ["1002", "1003", "1001", "1004"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("中央大街", "1001"),
        ("中央", "1001"),
        ("zhongyangdajie", "1001"),
        ("Zhong Yang", "1001"),
        ("zydj", "1001"),
        ("central street", "1001"),
        ("Центральная", "1001"),
        ("tsentralnaya ulitsa", "1001"),
        ("1004", "1004"),
        ("railway harbin", "1003"),
        ("ＨＡＲＢＩＮ", "1003"),
    ],
)
def test_a_name_is_found_in_any_spelling(client, feed, words, expected):
    assert codes(found(client, feed=feed, q=words)) == [expected]


@pytest.mark.parametrize("words", ["%", "_", "\\", "  ", "'; DROP TABLE transit_stop", "中大"])
def test_what_is_no_name_finds_nothing(client, feed, words):
    assert found(client, feed=feed, q=words) == []


def test_accents_may_be_left_out(client, db):
    stops = TOWN["stops.txt"].replace("会展中心", "Été à l'Église")
    feed = published(db, zipped({**TOWN, "stops.txt": stops}))

    assert codes(found(client, feed=feed, q="ete eglise")) == ["1004"]
    assert codes(found(client, feed=feed, q="été")) == ["1004"]


def test_a_name_that_begins_with_the_word_comes_before_one_that_holds_it(client, db):
    stops = TOWN["stops.txt"].replace("会展中心", "Upstation").replace("索菲亚教堂", "Station Road")
    feed = published(db, zipped({**TOWN, "stops.txt": stops}))

    assert codes(found(client, feed=feed, q="station"))[-1] == "1004"


def test_a_box_holds_what_lies_in_it(client, feed):
    assert codes(found(client, feed=feed, bbox="126.625,45.76,126.645,45.78")) == ["1002", "1003"]


def test_a_box_may_cross_the_180th_meridian(client, db):
    stops = TOWN["stops.txt"].replace("45.7700,126.6200", "-17.0,179.95")
    stops = stops.replace("45.7700,126.6300", "-17.0,-179.95")
    feed = published(db, zipped({**TOWN, "stops.txt": stops}))

    assert codes(found(client, feed=feed, bbox="179.9,-18,-179.9,-16")) == ["1001", "1002"]
    near = found(client, feed=feed, near="179.99,-17", radius=20_000)
    assert codes(near) == ["1001", "1002"]
    assert near[1]["distance_m"] == round(metres_between(179.99, -17, -179.95, -17))


def test_stops_near_a_pole_are_found_in_every_direction(client, db):
    stops = TOWN["stops.txt"].replace("45.7700,126.6200", "88.99,10")
    stops = stops.replace("45.7700,126.6300", "88.99,11")
    feed = published(db, zipped({**TOWN, "stops.txt": stops}))

    assert len(found(client, feed=feed, near="-170,88.995", radius=20_000)) == 0
    assert codes(found(client, feed=feed, near="9,88.99", radius=10_000)) == ["1001", "1002"]


def test_a_station_is_shown_with_the_lines_of_its_platforms(client, feed):
    station = client.get(f"/v1/transit/stops/{feed}:ST").json
    platform = client.get(f"/v1/transit/stops/{feed}:1003").json

    assert station["location_type"] == "station"
    assert station["routes"] == platform["routes"]
    assert platform["station"] == f"{feed}:ST"
    assert platform["name"] == {"zh-CN": "哈尔滨站", "en": "Harbin Railway Station"}


def test_a_stop_that_is_not_there_is_not_found(client, feed):
    for name in (f"{feed}:9999", "nowhere:1001", "1001", "nowhere:"):
        answer = client.get(f"/v1/transit/stops/{name}")
        assert (answer.status_code, answer.json["type"]) == (404, "/problems/no-stop")


def test_an_id_with_a_slash_is_an_id(client, db):
    tables = dict(TOWN)
    for name in ("stops.txt", "stop_times.txt", "translations.txt"):
        tables[name] = tables[name].replace("1001", "a/b c")
    feed = published(db, zipped(tables))

    answer = client.get(f"/v1/transit/stops/{feed}:a/b c")

    assert answer.json["id"] == f"{feed}:a/b c"


def test_gcj02_moves_places_in_harbin_and_nowhere_else(client, db, feed):
    moved = TOWN["stops.txt"].replace(",126.6", ",4.3").replace(",45.7", ",50.8")
    abroad = published(db, zipped({**TOWN, "stops.txt": moved}))

    here = client.get(f"/v1/transit/stops/{feed}:1001?crs=gcj02").json["position"]["coordinates"]
    there = client.get(f"/v1/transit/stops/{abroad}:1001?crs=gcj02").json["position"]["coordinates"]

    assert 300 < metres_between(126.62, 45.77, *here) < 800
    assert there == [4.32, 50.87]


def test_a_place_picked_on_a_shifted_map_is_asked_for_as_it_was_picked(client, feed):
    shown = client.get(f"/v1/transit/stops/{feed}:1001?crs=gcj02").json["position"]["coordinates"]
    near = ",".join(map(str, shown))

    stops = found(client, feed=feed, near=near, radius=50, crs="gcj02")

    assert codes(stops) == ["1001"]
    assert stops[0]["distance_m"] == 0


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"near": "126.6"}, "near"),
        ({"near": "126.6,x"}, "near"),
        ({"near": "126.6,91"}, "near"),
        ({"near": "nan,45"}, "near"),
        ({"near": "126.6,45.7", "radius": "0"}, "radius"),
        ({"bbox": "1,2,3"}, "bbox"),
        ({"bbox": "126,46,127,45"}, "bbox"),
        ({"crs": "mars"}, "crs"),
        ({"limit": "101"}, "limit"),
        ({"after": "????"}, "after"),
        ({"after": "W10"}, "after"),
        ({"feed": "No Such"}, "feed"),
        ({"unknown": "1"}, "unknown"),
    ],
)
def test_a_question_that_makes_no_sense_is_answered_with_its_place(client, query, pointer):
    answer = client.get("/v1/transit/stops", query_string=query)

    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    assert any(pointer in error["pointer"] for error in answer.json["errors"])


def test_two_questions_at_once_are_refused(client):
    answer = client.get("/v1/transit/stops?near=126,45&q=x")

    assert (answer.status_code, answer.json["type"]) == (422, "/problems/two-questions")


def test_an_unknown_feed_has_no_timetable(client):
    answer = client.get("/v1/transit/stops?feed=atlantis")

    assert (answer.status_code, answer.json["type"]) == (404, "/problems/no-timetable")


def test_an_unchanged_answer_is_not_sent_twice(client, db):
    feed = published(db, town_zip())
    address = f"/v1/transit/stops/{feed}:1001"
    first = client.get(address)
    headers = {"If-None-Match": first.headers["ETag"]}

    again = client.get(address, headers=headers)

    assert (again.status_code, again.data) == (304, b"")
    assert "max-age" in first.headers["Cache-Control"]
    assert "Set-Cookie" not in first.headers


def test_a_new_version_is_seen_at_once_where_nothing_is_kept(app, db, parts, feed):
    slug = a_feed(db)
    assert imported(db, slug, town_zip()).state == "published"
    client = app.test_client()
    address = f"/v1/transit/stops/{slug}:1004"
    before = client.get(address)
    renamed = {**TOWN, "stops.txt": TOWN["stops.txt"].replace("会展中心", "新会展")}
    assert imported(db, slug, zipped(renamed)).state == "published"

    def changed():
        return client.get(address, headers={"If-None-Match": before.headers["ETag"]})

    answer = eventually(changed, lambda answer: answer.status_code == 200)

    assert answer.json["name"]["zh-CN"] == "新会展"


def eventually(ask, enough, seconds=10.0):
    """Ask until it is enough: announcements reach other processes within two seconds."""
    import threading
    import time

    deadline, waits = time.monotonic() + seconds, threading.Event()
    while not enough(answer := ask()):
        assert time.monotonic() < deadline, "It never came."
        waits.wait(0.05)
    return answer
