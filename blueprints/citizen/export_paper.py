"""The copy as paper: a zip with JSON for programs and a page for reading, in the person's language.

The page needs no network and no script. Tables and columns have their words here.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile
from zoneinfo import ZoneInfo

import msgspec
from jinja2 import Environment, FileSystemLoader

from hub import privacy
from hub.web.languages import marked, translate

FORMAT = "citizen-hub-export"
VERSION = 1

TABLES = {
    "audit_access": marked("Who read my data"),
    "consent_consent": marked("What I let others use"),
    "consent_event": marked("Receipts of my consents"),
    "databank_appeal": marked("My appeals"),
    "databank_freshness": marked("When registers were asked"),
    "databank_record": marked("What the registers say of me"),
    "identity_address": marked("How I can be reached"),
    "identity_appointment": marked("My roles in office"),
    "identity_appointment_end": marked("Roles that ended early"),
    "identity_child": marked("Entered as a child"),
    "identity_grant": marked("Apps that act for me"),
    "identity_mandate": marked("Acting for others, and others for me"),
    "identity_officer": marked("My service in office"),
    "identity_passkey": marked("Passkeys"),
    "identity_person": marked("About me"),
    "identity_real_name": marked("My real name"),
    "identity_session": marked("Where I am signed in"),
    "partners_member": marked("Organisations that I act for"),
    "privacy_closure": marked("Closing my account"),
    "privacy_export": marked("Copies that I asked for"),
    "transit_favourite": marked("My favourites"),
}
COLUMNS = {
    "accepted_at": marked("Accepted"),
    "accepted_through": marked("Accepted through"),
    "acr": marked("Assurance"),
    "act": marked("What was done"),
    "actor_id": marked("Who exactly"),
    "actor_kind": marked("Kind of actor"),
    "added_at": marked("Since"),
    "amount_limit": marked("Up to this amount"),
    "amr": marked("Ways of signing in"),
    "answer_sealed": marked("Answer"),
    "answered_at": marked("Last answered"),
    "appointed_at": marked("Appointed"),
    "as_of": marked("As of"),
    "asked_at": marked("Asked for"),
    "at": marked("When"),
    "auth_time": marked("Signed in"),
    "backed_up": marked("Was copied"),
    "backup_eligible": marked("May be copied"),
    "basis": marked("By what right"),
    "born_on": marked("Born on"),
    "cancelled_at": marked("Called off"),
    "channel": marked("Way"),
    "client_id": marked("App"),
    "closed_at": marked("Closed"),
    "consented_at": marked("Agreed"),
    "content_sealed": marked("Content"),
    "created_at": marked("Since"),
    "credential_id": marked("Number of the passkey"),
    "decided_at": marked("Decided"),
    "device_name": marked("Device"),
    "display_name": marked("Name"),
    "due_at": marked("Due"),
    "ended_at": marked("Ended"),
    "ended_because": marked("Why it ended"),
    "entered_at": marked("Entered"),
    "erased_at": marked("Erased"),
    "expires_at": marked("Until"),
    "fields": marked("What they read"),
    "filed_at": marked("Filed"),
    "for_whom": marked("For whom"),
    "given_at": marked("Given"),
    "issuing_state": marked("Issuing state"),
    "key": marked("Which"),
    "kind": marked("Kind"),
    "label": marked("Own name"),
    "language": marked("Language"),
    "last_seen_at": marked("Last seen"),
    "last_used_at": marked("Last used"),
    "may_delegate": marked("May be handed on"),
    "name": marked("Name"),
    "name_sealed": marked("Name"),
    "number_sealed": marked("Number"),
    "offer_until": marked("Offer good until"),
    "offered_at": marked("Offered"),
    "offered_through": marked("Offered through"),
    "offline": marked("Also while I am away"),
    "origin": marked("Origin"),
    "person": marked("My number"),
    "person_id": marked("My number"),
    "provider_reference": marked("Reference of the register"),
    "public_key": marked("Public key"),
    "purpose": marked("What for"),
    "purpose_text": marked("What for"),
    "purpose_version": marked("Version of the text"),
    "ready_at": marked("Ready"),
    "reason": marked("Reason"),
    "receipt": marked("Receipt"),
    "recipient": marked("Number of the recipient"),
    "recipient_name": marked("Recipient"),
    "register": marked("Where it stands"),
    "register_reference_sealed": marked("Number in the population register"),
    "revoked_at": marked("Ended"),
    "revoked_because": marked("Why it ended"),
    "role": marked("Role"),
    "scopes": marked("What they may do"),
    "sealed": marked("Address or number"),
    "service_name": marked("Name in office"),
    "source": marked("From where"),
    "starts_at": marked("From"),
    "state": marked("State"),
    "statement_sealed": marked("Appeal in my words"),
    "submitted_at": marked("Handed in"),
    "synthetic": marked("Invented"),
    "taken_in_at": marked("Brought in"),
    "target": marked("Stop or line"),
    "until": marked("Until"),
    "used_at": marked("Last used"),
    "verified_at": marked("Verified"),
    "withdrawn_at": marked("Taken back"),
}
_MOMENTS = ("_at", "_time", "_until")
_MOMENTS_TOO = {"at", "as_of", "until"}


def zipped(
    everything: Sequence[privacy.Gathered],
    *,
    person: str,
    language: str,
    city: str,
    zone: str,
    made_at: datetime,
) -> bytes:
    """The whole copy. ``data.json``: ``{"format", "version", "person", "made_at", "tables":
    [{"table", "purposes", "rows"}]}``."""
    data = {
        "format": FORMAT,
        "version": VERSION,
        "person": person,
        "made_at": made_at,
        "tables": everything,
    }
    paper = BytesIO()
    with ZipFile(paper, "w", ZIP_DEFLATED) as archive:
        archive.writestr("data.json", msgspec.json.format(msgspec.json.encode(data), indent=2))
        page = _page(everything, person=person, language=language, city=city, zone=zone)
        archive.writestr("index.html", page)
    return paper.getvalue()


def _page(
    everything: Sequence[privacy.Gathered], *, person: str, language: str, city: str, zone: str
) -> str:
    say = partial(_say, language)
    folder = Path(__file__).parent / "templates" / "citizen"
    surroundings = Environment(
        loader=FileSystemLoader(folder), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    return surroundings.get_template("export.html").render(
        _=say,
        language=language,
        person=person,
        city=say(city),
        tables=[
            (
                say(TABLES.get(found.table, found.table)),
                [_read(row, say, zone) for row in found.rows],
            )
            for found in everything
        ],
    )


def _say(language: str, msgid: str, /, **values: object) -> str:
    return translate(msgid, language, **values)


def _read(row: dict[str, Any], say: Any, zone: str) -> list[tuple[str, str]]:
    """Name and value of what a row holds, as a person reads them."""
    return [
        (say(COLUMNS.get(name, name)), _text(name, value, say, zone))
        for name, value in row.items()
        if value is not None
    ]


def _text(name: str, value: Any, say: Any, zone: str) -> str:
    if isinstance(value, bool):
        answer: str = say(marked("yes") if value else marked("no"))
        return answer
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, str) and (name.endswith(_MOMENTS) or name in _MOMENTS_TOO):
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is not None:  # a day is the same day everywhere
            return f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"
    return str(value)
