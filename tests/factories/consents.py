"""Consents, given through the verb."""

from datetime import timedelta

from hub import consent
from hub.kernel.work import Actor

HUB = "http://localhost:8000"


def given(parts, person, *, recipient="client_tours", scopes=("citizen.profile:read",), **more):
    """What ``person`` let ``recipient`` use, for thirty days unless told otherwise."""
    until = more.pop("until", None) or parts.database.clock() + timedelta(days=30)
    return parts.database.run(
        lambda work: consent.give(
            work,
            parts.keyring,
            issuer=HUB,
            person_id=person.person_id,
            recipient=recipient,
            scopes=scopes,
            purpose_text=more.pop("purpose_text", "To print your name on the ticket."),
            until=until,
            language="en",
            **more,
        ),
        Actor("citizen", person.id),
    )
