"""What the schedule refuses."""

from hub.kernel.errors import Invalid, NotFound, TooLarge, UnsupportedMedia


class NoTimetable(NotFound):
    """This feed is unknown, or no timetable was published for it yet. `GET /v1/transit/feeds`
    lists the feeds that have one."""

    title = "No timetable here"


class UnknownPlace(Invalid):
    """The place in your request is not one on this planet: send `longitude,latitude` in degrees,
    GeoJSON order, longitude between -180 and 180 and latitude between -90 and 90."""

    title = "This is not a place"


class NotAZip(UnsupportedMedia):
    """The body is not a zip archive. Send the GTFS zip itself as the body, with
    `Content-Type: application/zip`, not wrapped in a form."""

    title = "A GTFS zip is expected"


class ZipTooLarge(TooLarge):
    """The zip is larger than this hub takes. Leave out shapes you do not need or split the feed;
    the limit is in the detail."""

    title = "The zip is too large"
