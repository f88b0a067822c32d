"""What the schedule refuses."""

from hub.kernel.errors import Conflict, Invalid, NotFound, Unavailable, UnsupportedMedia


class NoTimetable(NotFound):
    """This feed is unknown, or no timetable was published for it yet. `GET /v1/transit/feeds`
    lists the feeds that have one."""

    title = "No timetable here"


class NoStop(NotFound):
    """No stop of the current timetable has this id. Ids are `<feed>:<id>`; a new timetable may have
    dropped the stop, so look for it again by place or by name."""

    title = "There is no such stop"


class NoRoute(NotFound):
    """No line of the current timetable has this id. Ids are `<feed>:<id>`; a new timetable may have
    dropped the line, so look for it again by name."""

    title = "There is no such line"


class TwoQuestions(Invalid):
    """Ask for stops near a place, in a box or by name: one of `near`, `bbox` and `q`, not several.
    Drop the others; results of one can be narrowed on your side."""

    title = "Ask one thing at a time"


class NotAZip(UnsupportedMedia):
    """The body is not a zip archive. Send the GTFS zip itself as the body, with
    `Content-Type: application/zip`, not wrapped in a form."""

    title = "A GTFS zip is expected"


class ZipBeingRead(Unavailable):
    """Somebody else is at this import just now, or was until a moment ago and the database has not
    noticed yet that they are gone. An import that was handed in is tried again by itself; on the
    command line, run the command again in a minute."""

    title = "Another process is reading this zip"


class NoSlug(Invalid):
    """A feed is named by one to 32 lower-case letters, digits and hyphens, because its name stands
    in every id. Choose another name."""

    title = "A feed cannot be called that"


class NothingToGoBackTo(Conflict):
    """The feed has no earlier version any more: only one is kept. Import the zip you want."""

    title = "There is no earlier timetable"


class NoVehicle(NotFound):
    """No vehicle of this id has reported within the last ten minutes. It may be in its garage, or
    known by another id: `<feed>:<id>`, as the vehicles of a line give it."""

    title = "This vehicle is not under way"


class NoLiveData(Unavailable):
    """The part of the hub that follows the vehicles is not at work just now. Stop boards go on by
    schedule; ask for vehicles again in a few seconds."""

    title = "No live positions just now"
