"""What privacy says no to."""

from hub.kernel.errors import Conflict, NotFound


class ExportGone(NotFound):
    """This copy is not made yet, or its seven days are over and it was deleted. Look at
    ``GET /v1/me/exports``, and ask for a new one with ``POST /v1/me/exports``."""

    title = "This copy is not there"


class NoClosure(NotFound):
    """Nobody asked to close this account. ``POST /v1/me/closure`` does."""

    title = "Your account is not being closed"


class ClosureUnderWay(Conflict):
    """This account will be closed already: ``GET /v1/me/closure`` says when. To keep it, send
    ``DELETE /v1/me/closure`` before that."""

    title = "Your account is being closed already"
