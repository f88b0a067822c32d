"""What stands in the way on one machine."""


class CannotRun(Exception):
    """Something here has to be put right first.

    The text is the one sentence the person at the terminal reads: what is wrong, where, and what
    to do. It is shown without a traceback and the command ends with exit code 1.
    """


class AlreadyRunning(CannotRun):
    """Another process of this machine works in the same HUB_HOME."""
