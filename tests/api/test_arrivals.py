"""What is coming to a stop?"""

import json

import pytest

from blueprints.traffic.live_schemas import StopBoard


def arrivals(client, live, stop="S5", **how):
    return client.get(f"/v1/transit/stops/{live.feed}:{stop}/arrivals", **how)


def test_a_board_shows_what_the_tracker_knows(client, live):
    trip = live.drive(label="哈A·12345", occupancy="few_seats_available")
    live.tick()

    answer = arrivals(client, live)

    assert answer.status_code == 200
    assert answer.content_type == "application/json"
    (row,) = [r for r in answer.json["arrivals"] if r["trip"] == f"{live.feed}:{trip}"]
    assert (row["source"], row["vehicle"]["label"]) == ("realtime", "哈A·12345")


def test_what_is_encoded_is_what_the_schema_says(client, live):
    live.drive(label="哈A·12345", occupancy="few_seats_available")
    live.tick()

    for stop in range(6):
        board = arrivals(client, live, f"S{stop}").json
        loaded = StopBoard().load(board)
        assert set(loaded) == set(StopBoard().fields)
        assert json.loads(StopBoard().dumps(loaded)) == board


def test_unchanged_is_304(client, live):
    live.drive()
    live.tick()
    first = arrivals(client, live)

    again = arrivals(client, live, headers={"If-None-Match": first.headers["ETag"]})

    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert "max-age=" in again.headers["Cache-Control"]


def test_without_a_tracker_the_schedule_answers_and_says_so(client, live, clock):
    live.drive()
    live.tick()
    with_tracker = arrivals(client, live).json
    clock.move(seconds=20)

    board = arrivals(client, live).json

    assert (with_tracker["mode"], board["mode"]) == ("realtime", "schedule")
    assert {row["source"] for row in board["arrivals"]} == {"schedule"}
    assert json.loads(StopBoard().dumps(StopBoard().load(board))) == board


@pytest.mark.parametrize("stop", ["nowhere:1", "no-colon", "live:%00", "x" * 600])
def test_there_is_no_such_stop(client, live, stop):
    live.tick()

    answer = client.get(f"/v1/transit/stops/{stop}/arrivals")

    assert answer.status_code in {400, 404}
    assert answer.content_type == "application/problem+json"


def test_places_move_for_a_chinese_map_and_have_another_etag(client, live):
    live.drive()
    live.tick()

    plain, shifted = arrivals(client, live), arrivals(client, live, query_string={"crs": "gcj02"})

    before = plain.json["stop"]["position"]["coordinates"]
    after = shifted.json["stop"]["position"]["coordinates"]
    assert 0.001 < abs(after[0] - before[0]) < 0.01
    assert plain.headers["ETag"] != shifted.headers["ETag"]
    again = arrivals(
        client,
        live,
        query_string={"crs": "gcj02"},
        headers={"If-None-Match": shifted.headers["ETag"]},
    )
    assert again.status_code == 304


def test_an_unknown_coordinate_system_or_question_is_refused(client, live):
    live.tick()

    assert arrivals(client, live, query_string={"crs": "mars"}).status_code == 422
    assert arrivals(client, live, query_string={"limit": "5"}).status_code == 422


def test_the_ready_answer_is_the_views(client, live):
    """hub/web/front.py answers without Flask what the view would have answered."""
    live.drive()
    live.tick()
    for path in (
        f"/v1/transit/stops/{live.feed}:S5/arrivals",
        f"/v1/transit/routes/{live.feed}:7/vehicles",
    ):
        for headers in ({}, {"If-None-Match": client.get(path).headers["ETag"]}):
            ready = client.get(path, headers=headers)
            viewed = client.get(f"{path}?crs=wgs84", headers=headers)

            assert (ready.status_code, ready.data) == (viewed.status_code, viewed.data)
            fleeting = {"X-Request-Id"}
            assert {h: v for h, v in ready.headers if h not in fleeting} == {
                h: v for h, v in viewed.headers if h not in fleeting
            }


def test_a_ready_answer_is_counted_under_its_rule(client, live):
    live.tick()
    arrivals(client, live)

    metrics = client.get("/metrics").text

    assert 'rule="/v1/transit/stops/<path:stop_id>/arrivals"' in metrics
