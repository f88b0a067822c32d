"""The words of the API are the words of the rooms and of the standards behind it, no fewer."""

from typing import get_args

import pytest
from apispec import APISpec
from apispec.exceptions import DuplicateComponentNameError
from apispec.ext.marshmallow import MarshmallowPlugin
from google.transit import gtfs_realtime_pb2 as pb
from marshmallow import fields

from blueprints.citizen.schemas import CODE_CHANNEL
from blueprints.traffic import live_schemas as live
from blueprints.traffic import schemas as schedule
from hub.identity import addresses
from hub.identity.model import LANGUAGES
from hub.transit import bodies, favourites, feeds, hearing, model
from hub.transit.gtfs import fields as gtfs
from hub.web import LANGUAGE, Enumeration, Schema
from hub.web.enumeration import refer_to_enumeration

WORDS = [
    (CODE_CHANNEL, get_args(addresses.Channel)),
    (LANGUAGE, LANGUAGES),
    (live.ALERT_CAUSE, [word.lower() for word in pb.Alert.Cause.DESCRIPTOR.values_by_name]),
    (live.ALERT_EFFECT, [word.lower() for word in pb.Alert.Effect.DESCRIPTOR.values_by_name]),
    (live.ARRIVAL_SOURCE, get_args(bodies.Source)),
    (live.ARRIVAL_STATUS, get_args(bodies.ArrivalStatus)),
    (live.BOARD_MODE, get_args(bodies.Mode)),
    (live.FEED_ENTITY_KIND, get_args(hearing.Kind)),
    (live.VEHICLE_STOP_STATUS, get_args(bodies.Motion)),
    (schedule.FAVOURITE_KIND, get_args(favourites.Kind)),
    (schedule.FEED_KIND, get_args(feeds.FeedKind)),
    (schedule.IMPORT_STATE, model.IMPORT_STATES),
    (schedule.LOCATION_TYPE, [kind for kind in model.LOCATION_TYPES if kind != "stop"]),
    (schedule.ROUTE_KIND, [*gtfs._KINDS.values(), *gtfs._KINDS_BY_HUNDRED.values()]),
    (schedule.WHEELCHAIR_BOARDING, model.WHEELCHAIR),
]


@pytest.mark.parametrize(("enumeration", "words"), WORDS, ids=lambda it: getattr(it, "name", ""))
def test_the_api_says_every_word_that_there_is(enumeration, words):
    assert set(enumeration.choices) == set(words)


COLOUR = Enumeration("Colour", ("red", "green"), "Of a light.")


@pytest.fixture
def spec():
    plugin = MarshmallowPlugin()
    made = APISpec("Lights", "v1", "3.1.0", plugins=[plugin])
    plugin.converter.add_attribute_function(refer_to_enumeration)
    return made


def test_fields_refer_to_an_enumeration_and_keep_their_own_words(spec):
    class Light(Schema):
        shown = fields.String(validate=COLOUR, metadata={"description": "Now.", "example": "red"})
        next = fields.String(allow_none=True, validate=COLOUR)
        seen = fields.List(fields.String(validate=COLOUR))

    spec.components.schema("Light", schema=Light)

    reference = {"$ref": "#/components/schemas/Colour"}
    assert spec.to_dict()["components"]["schemas"] == {
        "Colour": {"type": "string", "enum": ["red", "green"], "description": "Of a light."},
        "Light": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "shown": {"description": "Now.", "example": "red", **reference},
                "next": {"anyOf": [reference, {"type": "null"}]},
                "seen": {"type": "array", "items": reference},
            },
        },
    }


def test_a_name_has_one_meaning(spec):
    COLOUR.enter(spec)
    COLOUR.enter(spec)

    with pytest.raises(DuplicateComponentNameError):
        Enumeration("Colour", ("red",), "Of a light.").enter(spec)
