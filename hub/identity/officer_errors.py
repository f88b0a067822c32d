"""What the desks of officers say no to."""

from hub.kernel.errors import Conflict, Forbidden, Invalid


class NotInOffice(Forbidden):
    """You hold no appointment that is in force today. Ask an administrator of the city; what you do
    as a citizen needs no office."""

    title = "You hold no office"


class OwnDeed(Forbidden):
    """This needs another officer: nobody decides what they asked for themselves, and nobody
    appoints themselves. Ask a colleague."""

    title = "Somebody else must do this"


class ApprovalOver(Conflict):
    """This was decided already, or nobody decided in time. Read it again; if it is still wanted,
    it must be asked for anew."""

    title = "This can be decided no more"


class AppointmentNotUsable(Invalid):
    """Such an appointment cannot be made: the role is none that a sector declares, or the day it
    ends on is past or more than two years away. ``errors`` says which."""

    title = "Such an appointment cannot be made"
