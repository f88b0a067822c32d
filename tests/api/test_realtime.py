"""GTFS-Realtime and alerts for others."""

import json

from google.transit import gtfs_realtime_pb2 as pb

from blueprints.traffic.live_schemas import AlertList
from hub.kernel.work import SYSTEM
from hub.transit.hearing import take_message


def announce(live, title, *, ids=("A1",)):
    message = pb.FeedMessage()
    message.header.gtfs_realtime_version = "2.0"
    message.header.timestamp = int(live.now.timestamp())
    for alert in (message.entity.add(id=number).alert for number in ids):
        alert.cause, alert.effect = pb.Alert.CONSTRUCTION, pb.Alert.DETOUR
        alert.active_period.add(start=int(live.now.timestamp()) - 60)
        alert.header_text.translation.add(text=title, language="en")
        alert.description_text.translation.add(text="By way of Central Street", language="en")
        alert.informed_entity.add(route_id="7")
        alert.url.translation.add(text="https://example.org/a1")
    live.db.run(lambda work: take_message(work, live.feed, message.SerializeToString()), SYSTEM)


def test_planners_get_the_feeds_as_protobuf(client, live):
    trip = live.drive()
    live.tick()

    for kind, field in (("vehicle-positions", "vehicle"), ("trip-updates", "trip_update")):
        answer = client.get(f"/gtfs-rt/{live.feed}/{kind}.pb")
        message = pb.FeedMessage.FromString(answer.data)
        assert answer.content_type == "application/x-protobuf"
        assert [getattr(entity, field).trip.trip_id for entity in message.entity] == [trip]


def test_an_unchanged_message_is_304(client, live):
    live.drive()
    live.tick()
    path = f"/gtfs-rt/{live.feed}/trip-updates.pb"
    etag = client.get(path).headers["ETag"]

    assert client.get(path, headers={"If-None-Match": etag}).status_code == 304


def test_alerts_are_listed_and_fed(client, live):
    live.tick()
    announce(live, "Diversion")
    live.tick()

    listed = client.get("/v1/transit/alerts", query_string={"feed": live.feed})

    (alert,) = listed.json["items"]
    assert alert["routes"] == [f"{live.feed}:7"]
    assert (alert["cause"], alert["effect"]) == ("construction", "detour")
    assert json.loads(AlertList().dumps(AlertList().load(listed.json))) == listed.json
    fed = pb.FeedMessage.FromString(client.get(f"/gtfs-rt/{live.feed}/alerts.pb").data)
    assert fed.entity[0].alert.header_text.translation[0].text == "Diversion"
    assert alert in client.get("/v1/transit/alerts").json["items"]


def test_alerts_come_in_pages(client, live):
    announce(live, "Diversion", ids=["A1", "A2", "A3"])
    live.tick()
    asked = {"feed": live.feed, "limit": 2}

    first = client.get("/v1/transit/alerts", query_string=asked).json
    second = client.get("/v1/transit/alerts", query_string=asked | {"after": first["next"]}).json

    shown = [alert["id"].rpartition(":")[2] for alert in first["items"] + second["items"]]
    assert (shown, second["next"]) == (["A1", "A2", "A3"], None)


def test_an_unknown_feed_has_no_alerts(client, live):
    live.tick()

    assert client.get("/v1/transit/alerts?feed=nowhere").json == {"items": [], "next": None}
