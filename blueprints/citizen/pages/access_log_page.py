"""Who saw my data: the access log in words, with the proof of each row to take home."""

from typing import Any

from blueprints.citizen.access_log import shown
from hub import audit, databank
from hub.kernel.paging import id_place, place_after
from hub.kernel.work import Reading
from hub.web import parts, reads
from hub.web.languages import text as _
from hub.web.pages import Answer, asked, for_signed_in, page

from . import bp

SHOWN = 20


@bp.get("/me/access-log")
@for_signed_in
@reads
def access_log_page(reading: Reading) -> Answer:
    """The list, the newest first."""
    rows = audit.mine(reading, after=id_place(asked("after") or None, "access"), limit=SHOWN)
    items = [shown(row) | said(row, reading.actor.id) for row in rows[:SHOWN]]
    return page(
        "citizen/access_log.html",
        private=True,
        rows=items,
        next=place_after((items[-1]["id"],)) if len(rows) > SHOWN else None,
        zone=parts().settings.zone,
    )


def said(row: Any, me: str) -> dict[str, Any]:
    """A row in words: of registers, the sentences that they declare."""
    register, purpose, fields = databank.in_words(row.register, row.purpose, row.fields)
    return {
        "reader": _("You yourself") if row.actor_id == me else who(row.actor_kind),
        "right": by_what_right(row.basis),
        "register": register,
        "purpose": purpose,
        "fields_": fields,
    }


def who(kind: str) -> str:
    """What kind of party read, in a few words."""
    return {
        "citizen": _("Another citizen"),
        "officer": _("An officer of the city"),
        "partner": _("A partner of the city"),
        "device": _("A device of the city"),
        "system": _("The hub by itself"),
        "nobody": _("Somebody who was not signed in"),
    }.get(kind, kind)


def by_what_right(basis: str) -> str:
    """The legal basis, in a few words."""
    return {
        "consent": _("You had agreed"),
        "contract": _("Needed for a service that you use"),
        "legal_duty": _("A law demands it"),
        "public_interest": _("A task of the city that a law gives it"),
        "vital_interest": _("Life or health was in danger"),
    }.get(basis, basis)
