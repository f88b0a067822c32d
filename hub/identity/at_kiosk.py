"""Mandates at an enrolled kiosk or counter, for whoever has no smartphone.

The person shows who they are by a code that was sent or spoken to their telephone; the device that
signed the request is the actor and stands in the mandate's row, in the audit and in the event.
"""

from uuid import UUID

from hub import audit
from hub.kernel import ids
from hub.kernel.errors import Forbidden
from hub.kernel.work import Work
from hub.keys import KeyRing

from . import handing_over, people, protections, signing_in
from .errors import NumberNotUsedLately
from .mandate_errors import MandateNotValid, UseYourOwnApp
from .mandate_rules import Terms
from .mandates import Confirmed, Offered, accepted, enter_offer


def offer(
    work: Work,
    keyring: KeyRing,
    terms: Terms,
    *,
    login: str,
    code: str,
    client: str,
    delegable: frozenset[str],
) -> Offered:
    """Offer a mandate in the name of whoever received the one-time code at this kiosk.

    Refuses like ``mandates.offer`` and ``signing_in.enter_code``, and with UseYourOwnApp or
    NumberNotUsedLately: a code proves a number, not a person.
    """
    if terms.kind == "guardianship":
        detail = "Guardians are those of a child."
        raise MandateNotValid(errors=[{"pointer": "/kind", "detail": detail}])
    giver_id = _person_here(work, keyring, login=login, code=code, client=client)
    confirmed = _here(work)
    return enter_offer(
        work, keyring, terms, giver_id=giver_id, delegable=delegable, confirmed=confirmed
    )


def accept(
    work: Work, keyring: KeyRing, *, login: str, code: str, client: str, invitation: str
) -> UUID:
    """Accept the mandate of an invitation in the name of whoever received the one-time code."""
    person_id = _person_here(work, keyring, login=login, code=code, client=client)
    return accepted(work, keyring, person_id, code=invitation, confirmed=_here(work))


def _person_here(work: Work, keyring: KeyRing, *, login: str, code: str, client: str) -> UUID:
    shown = signing_in.show_address(work, keyring, login=login, code=code, client=client)
    index = people.blind_index(keyring, shown.address)
    handing_over.settle(work, keyring, index)
    person_id = people.behind(work, keyring, shown.address, language=shown.language)
    if protections.of(work.session, person_id).second_step:
        raise UseYourOwnApp
    if handing_over.in_doubt(work, index, telephone=shown.address.channel == "sms"):
        raise NumberNotUsedLately
    people.used(work, index)
    audit.record(work, "identity.shown_at_kiosk", ids.show("person", person_id))
    return person_id


def _here(work: Work) -> Confirmed:
    if work.actor.kind != "device":
        raise Forbidden
    return Confirmed("kiosk", ids.read("device", work.actor.id))
