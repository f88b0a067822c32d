"""The copy as paper: a zip with JSON for programs and a page for reading, in the person's language.

The page needs no network and no script. Tables and columns without a word here keep their own name.
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
    "identity_address": marked("How I can be reached"),
    "identity_grant": marked("Apps that act for me"),
    "identity_passkey": marked("Passkeys"),
    "identity_person": marked("About me"),
    "identity_real_name": marked("My real name"),
    "identity_session": marked("Where I am signed in"),
    "privacy_closure": marked("Closing my account"),
    "privacy_export": marked("Copies that I asked for"),
    "transit_favourite": marked("My favourites"),
}
COLUMNS = {
    "asked_at": marked("Asked for"),
    "auth_time": marked("Signed in"),
    "channel": marked("Way"),
    "client_id": marked("App"),
    "consented_at": marked("Agreed"),
    "created_at": marked("Since"),
    "device_name": marked("Device"),
    "display_name": marked("Name"),
    "due_at": marked("Due"),
    "ended_at": marked("Ended"),
    "expires_at": marked("Until"),
    "given_at": marked("Given"),
    "issuing_state": marked("Issuing state"),
    "kind": marked("Kind"),
    "label": marked("Own name"),
    "language": marked("Language"),
    "last_seen_at": marked("Last seen"),
    "last_used_at": marked("Last used"),
    "name": marked("Name"),
    "name_sealed": marked("Name"),
    "number_sealed": marked("Number"),
    "purpose_text": marked("What for"),
    "receipt": marked("Receipt"),
    "recipient_name": marked("Recipient"),
    "register_reference_sealed": marked("Number in the population register"),
    "scopes": marked("What they may do"),
    "sealed": marked("Address or number"),
    "state": marked("State"),
    "submitted_at": marked("Handed in"),
    "target": marked("Stop or line"),
    "until": marked("Until"),
    "verified_at": marked("Verified"),
    "withdrawn_at": marked("Taken back"),
}
_MOMENTS = ("_at", "_time", "until")


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
        (say(COLUMNS.get(name, name)), _text(name, value, zone))
        for name, value in row.items()
        if value is not None
    ]


def _text(name: str, value: Any, zone: str) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, str) and name.endswith(_MOMENTS):
        return f"{datetime.fromisoformat(value).astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"
    return str(value)
