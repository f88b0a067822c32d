"""What real names are refused for; also the pages that the reasons of a register lead to."""

from typing import Any

from hub.kernel.errors import Conflict, Forbidden, Invalid, NotFound


class DocumentNotUsable(Invalid):
    """This document cannot be checked as it stands; ``errors`` names the field and what is wrong
    with it. Most often a digit is mistyped. Copy number, state and the two lines of a passport
    exactly as they are printed and send it again."""

    title = "Please look at the document again"

    def __init__(self, detail: str | None = None, *, at: str = "/number", **more: Any) -> None:
        if detail is not None:
            more["errors"] = [{"pointer": at, "detail": detail}]
        super().__init__(**more)


class GuardianNeeded(Forbidden):
    """This person is under fourteen. A child has no account of their own: a parent or guardian
    verifies their own name, and the child is entered with them (PIPL article 31). To travel, a
    child only needs to be named on the ticket. Do not keep what was entered."""

    title = "Under fourteen only with a parent or guardian"


class SensitiveConsentNeeded(Invalid):
    """A document's number is sensitive personal information, which needs an agreement of its own
    (PIPL article 29). Show the person what it is used for, let them agree to that alone, and send
    ``sensitive_consent: true``. Without it nothing was kept."""

    title = "Please agree to the use of your document"


class RealNameUnderWay(Conflict):
    """A document of this person is being checked at this moment. Wait for the outcome at
    ``GET /v1/me/real-name``, or withdraw it with ``DELETE`` first."""

    title = "A document is being checked already"


class RealNameStands(Conflict):
    """This person's real name is verified. To verify by another document, withdraw the present one
    with ``DELETE /v1/me/real-name`` first; what needs a verified name waits until then."""

    title = "Your real name is verified already"


class NoRealName(NotFound):
    """No document of this person is being checked or verified, so there is nothing to withdraw."""

    title = "No real name to withdraw"


class RealNameNotConfirmed(Conflict):
    """The register does not confirm that this number and this name belong together. It does not say
    which of them differs. Compare both with the document, letter by letter, and try again; after
    five tries there is one more every twelve hours. If both are right, the register holds something
    else: the office that issued the document corrects it."""

    title = "The register does not know this name under this number"


class DocumentNotCurrent(Conflict):
    """The register knows this document, but it is not good any more: expired, reported lost, or
    replaced by a newer one. Verify by the newer document."""

    title = "This document is no longer valid"


class RealNameTaken(Conflict):
    """This real name is verified in another account, and one person has one. If that account is
    yours, sign in to it and withdraw the name there, then verify it here. If you cannot reach it,
    or it is not yours, go to a service desk of the city with the document: an attendant who has
    seen it takes the name away from the other account at once."""

    title = "This real name is verified in another account"


class RegisterUnreachable(Conflict):
    """For three days the register did not answer, so we stopped asking and erased the number.
    Nothing speaks against the document: send it again."""

    title = "The register could not be asked"
