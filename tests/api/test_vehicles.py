"""Where are the buses?"""

import json

import pytest

from blueprints.traffic.boards import Live
from blueprints.traffic.live_schemas import RouteVehicles, Vehicle, VehicleSnapshot

BOX = "126.0,45.0,127.0,46.0"


def test_the_vehicles_of_a_line(client, live):
    trip = live.drive()
    live.tick()

    answer = client.get(f"/v1/transit/routes/{live.feed}:7/vehicles")

    (vehicle,) = answer.json["vehicles"]
    assert (vehicle["id"], vehicle["trip"]) == (f"{live.feed}:B1", f"{live.feed}:{trip}")
    assert vehicle["next_stop"]["id"] == f"{live.feed}:S2"
    assert json.loads(RouteVehicles().dumps(RouteVehicles().load(answer.json))) == answer.json
    etag = {"If-None-Match": answer.headers["ETag"]}
    again = client.get(f"/v1/transit/routes/{live.feed}:7/vehicles", headers=etag)
    assert again.status_code == 304


def test_a_line_without_vehicles_has_an_empty_list(client, live):
    live.tick()

    answer = client.get(f"/v1/transit/routes/{live.feed}:7/vehicles")

    assert answer.json["vehicles"] == []


def test_one_vehicle(client, live):
    live.drive()
    live.tick()

    answer = client.get(f"/v1/transit/vehicles/{live.feed}:B1")

    assert answer.json["status"] == "in_transit"
    assert json.loads(Vehicle().dumps(Vehicle().load(answer.json))) == answer.json


def test_the_vehicles_in_a_box(client, live):
    live.drive(1.5, vehicle="in")
    live.drive(4.5, vehicle="out")
    live.tick()

    def inside(box):
        asked = {"bbox": box, "feed": live.feed}
        answer = client.get("/v1/transit/vehicles", query_string=asked)
        assert (
            json.loads(VehicleSnapshot().dumps(VehicleSnapshot().load(answer.json))) == answer.json
        )
        return [vehicle["id"].rpartition(":")[2] for vehicle in answer.json["vehicles"]]

    assert inside(BOX) == ["in", "out"]
    assert inside("126.0,45.0,126.62,46.0") == ["in"]
    assert inside("10,45.0,11,46.0") == []
    assert inside("170,45.0,-170,46.0") == []


def test_the_box_is_asked_over_all_feeds_too(client, live):
    live.drive()
    live.tick()

    answer = client.get("/v1/transit/vehicles", query_string={"bbox": BOX})

    assert f"{live.feed}:B1" in {vehicle["id"] for vehicle in answer.json["vehicles"]}
    etag = {"If-None-Match": answer.headers["ETag"]}
    again = client.get("/v1/transit/vehicles", query_string={"bbox": BOX}, headers=etag)
    assert again.status_code == 304


@pytest.mark.parametrize(
    "box", ["", "1,2,3", "1,2,3,x", "181,0,1,1", "0,50,1,40", "nan,0,1,1", f"{'9' * 500},0,1,1"]
)
def test_a_box_that_is_none_is_refused(client, live, box):
    live.tick()

    assert client.get("/v1/transit/vehicles", query_string={"bbox": box}).status_code == 422


def test_what_is_not_there_is_not_found(client, live):
    live.tick()

    assert client.get(f"/v1/transit/routes/{live.feed}:8/vehicles").status_code == 404
    assert client.get(f"/v1/transit/vehicles/{live.feed}:B9").status_code == 404


def test_without_a_tracker_there_are_no_positions_just_now(client, live, clock):
    live.drive()
    live.tick()
    clock.move(seconds=20)

    for path in (
        f"/v1/transit/routes/{live.feed}:7/vehicles",
        f"/v1/transit/vehicles/{live.feed}:B1",
        f"/v1/transit/vehicles?bbox={BOX}",
        "/v1/transit/alerts",
        f"/gtfs-rt/{live.feed}/vehicle-positions.pb",
    ):
        answer = client.get(path)
        assert (answer.status_code, answer.json["type"]) == (503, "/problems/no-live-data")
        assert answer.headers["Retry-After"]


def test_places_move_for_a_chinese_map(client, live):
    live.drive()
    live.tick()
    path = f"/v1/transit/vehicles/{live.feed}:B1"

    plain, shifted = client.get(path), client.get(path, query_string={"crs": "bd09"})

    assert plain.json["position"] != shifted.json["position"]


def test_boxes_for_a_chinese_map_are_not_kept(client, live):
    live.drive()
    live.tick()
    before = [*live.parts.of(Live)._shifted._kept]

    for n in range(3):
        box = f"126.0,45.0,127.0,46.0{'0' * n}"
        asked = {"bbox": box, "feed": live.feed, "crs": "gcj02"}
        answer = client.get("/v1/transit/vehicles", query_string=asked)
        plain = client.get("/v1/transit/vehicles", query_string=asked | {"crs": "wgs84"})
        (moved,), (kept,) = answer.json["vehicles"], plain.json["vehicles"]
        assert moved["position"] != kept["position"]
        assert answer.headers["ETag"] != plain.headers["ETag"]

    assert [*live.parts.of(Live)._shifted._kept] == before
