"""What the databank says no to."""

from hub.kernel.errors import Conflict, Forbidden


class PurposeNotYours(Forbidden):
    """The purpose you ask for is not one that your kind of caller may read a register for. The
    register's declaration (``GET /v1/me/records`` shows it to each person) names who may ask."""

    title = "This register is not open to you for this purpose"


class FieldOutsidePurpose(Forbidden):
    """One of the fields you asked for does not belong to the purpose. Ask for fewer fields, or for
    the purpose that covers them; a purpose is never widened by asking."""

    title = "This field is not covered by the purpose"


class ConsentMissing(Forbidden):
    """This purpose needs the person's consent, and there is none that is valid now: never given,
    run out or withdrawn. Ask the person; ``scope`` in the answer names what to ask for. The attempt
    was noted."""

    title = "The person has not agreed to this"


class NothingToAppeal(Conflict):
    """An appeal is against a refusal that stands. This entitlement is granted or has ended, its
    refusal was replaced by a newer decision, or an appeal against it was filed already. Read
    ``GET /v1/me/entitlements`` for how it stands now."""

    title = "There is no refusal to appeal against"
