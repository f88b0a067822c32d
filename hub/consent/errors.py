"""What the register of consents says no to."""

from hub.kernel.errors import Invalid


class ConsentNotValid(Invalid):
    """This would be no consent: it must say who may use what, for which purpose, and until when (at
    most five years). ``errors`` names what is missing."""

    title = "This is not a complete consent"
