"""What mandates say no to."""

from hub.kernel.errors import Conflict, Forbidden, Invalid, NotFound


class NoMandate(Forbidden):
    """You named somebody in ``X-Acting-For`` for whom the signed-in person may not do this, or not
    any more: there is no mandate in force, it does not cover this, its acts are used up, or there
    is no such person; we do not say which. ``/v1/me/mandates`` lists what is in force."""

    title = "You may not do this for them"


class AmountBeyondMandate(Forbidden):
    """The mandate covers this act, but not so large an amount; ``limit`` in the answer is the most
    for one act, in minor units. Let the person do it, or ask them for another mandate."""

    title = "The amount is more than the mandate allows"


class MandateNotValid(Invalid):
    """The mandate cannot be offered like this; ``errors`` says what to change. A mandate names what
    may be done (of the scopes that can be used for others), ends within a year (for carers three),
    and what is handed on is no more than what it is handed on from."""

    title = "This mandate does not hold"


class MandateToOneself(Invalid):
    """Giver and holder of a mandate are two people. Offer it to somebody else."""

    title = "Nobody needs a mandate for themselves"


class MandateLoop(Conflict):
    """The other person, directly or through others, already lets this one act for them. Mandates
    make no circle, so that it is always clear whose will an act was. End the other one first."""

    title = "Mandates must not go round in a circle"


class TooManyMandates(Conflict):
    """One of the two has as many mandates in force as anybody may have. End one that is needed no
    more, then try again."""

    title = "There are too many mandates in force"


class MandateOver(Conflict):
    """This mandate can be accepted no more: it was accepted already, withdrawn, or its offer has
    lapsed after seven days. Let the giver offer it anew."""

    title = "This offer is over"


class InvitationWrong(Forbidden):
    """No mandate is offered under this code, to this person. Check its twelve digits; a code works
    once and for seven days. Wrong codes are limited per person."""

    title = "This code opens nothing"


class MandateHandedOn(Forbidden):
    """This mandate may not be handed on: the giver did not allow it, or it was handed on already.
    Let the person themselves give the mandate."""

    title = "This mandate may not be handed on"


class LastGuardian(Conflict):
    """A child is here only with a guardian, and there is no other: neither can the last one give it
    up while the child is under fourteen, nor close their account. Let another guardian accept
    first."""

    title = "The child would have no guardian"


class UnderGuardianship(Forbidden):
    """Guardianship ends at eighteen, or when the guardian gives it up; neither the child nor
    another guardian can end it. Turn to the city's office for the protection of minors."""

    title = "Guardianship cannot be ended here"


class BirthDateNotValid(Invalid):
    """A child is somebody born in the past and under eighteen. Check the date; adults sign up
    themselves."""

    title = "This is not a child's date of birth"


class GuardianTooYoung(Forbidden):
    """The signed-in person is under eighteen and cannot be a guardian."""

    title = "A guardian must be an adult"


class TooYoung(Conflict):
    """A child has no sign-in of its own before it is fourteen; until then its guardians act for it
    (``X-Acting-For``). Come back after its birthday."""

    title = "The child is not fourteen yet"


class AddressTaken(Conflict):
    """This telephone number or e-mail address signs somebody in already. Use one that belongs to
    nobody here."""

    title = "This address belongs to an account already"


class NoChild(NotFound):
    """There is no child with this id under the guardianship of the signed-in person."""

    title = "No such child"


class UseYourOwnApp(Conflict):
    """This person protects their account with an authenticator app, so a code by message is not
    enough at a kiosk. Let them confirm in the hub's app or pages."""

    title = "Please confirm this with your own sign-in"
