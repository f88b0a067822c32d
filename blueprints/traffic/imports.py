"""Timetables handed in by their publishers: a GTFS zip, signed, read in the background."""

from io import BytesIO
from typing import Any

from flask import request

from hub import files
from hub.kernel.ids import read, show
from hub.kernel.work import SYSTEM, Reading, Work
from hub.parts import Parts
from hub.transit import feeds, importing
from hub.transit.errors import NotAZip
from hub.transit.events import ImportRequested
from hub.web import (
    MEBIBYTE,
    Blueprint,
    parts,
    reads,
    refuses,
    signed,
    speaks_for,
    takes,
    transaction,
)

from .schemas import Import

LARGEST_ZIP = 64 * MEBIBYTE
ZIP = "application/zip"

bp = Blueprint("imports", __name__, description="Timetables handed in")


@bp.post("/v1/transit/feeds/<feed>/imports")
@signed("transit.schedule:publish")
@takes(LARGEST_ZIP)
@transaction(once=True)
@refuses(404, 413, 415)
@bp.doc(
    requestBody={
        "required": True,
        "content": {ZIP: {"schema": {"type": "string", "format": "binary"}}},
    }
)
@bp.response(202, Import)
def hand_in(work: Work, feed: str) -> dict[str, Any]:
    """Hand in a GTFS zip (64 MiB at most) as the next timetable of a feed.

    It is read in the background; follow it at `GET /v1/transit/imports/<id>`. A zip with errors is
    refused with file, row and rule of each, and passengers keep the timetable they have.
    """
    speaks_for(f"feed:{feed}")
    body = request.get_data()
    if request.mimetype != ZIP or body[:2] != b"PK":
        raise NotAZip
    stored = files.store(work, parts().vault, BytesIO(body), ZIP)
    return _shown(importing.request(work, feed, stored.id))


@bp.get("/v1/transit/imports/<import_id>")
@signed("transit.schedule:publish")
@reads
@refuses(404)
@bp.response(200, Import)
def follow_import(reading: Reading, import_id: str) -> dict[str, Any]:
    """Tell how far an import is, and what is wrong with the zip, row by row."""
    return _shown(importing.find(reading, read("import", import_id)))


def read_the_zip(built: Parts, event: ImportRequested) -> None:
    """Errand: read a zip that was handed in. Starts over when it is run again."""
    importing.run_stored(built.database, built.vault, event.import_id)


def remove_spent_versions(built: Parts) -> None:
    """Schedule: make room of timetables that nobody reads any more, and of zips long decided."""
    built.database.run(feeds.remove_spent, SYSTEM)
    importing.remove_spent_zips(built.database, built.vault)


def _shown(seen: importing.Seen) -> dict[str, Any]:
    return {
        "id": show("import", seen.id),
        "feed": seen.feed,
        "state": seen.state,
        "rows_read": seen.rows_read,
        "percent": seen.percent,
        "problems": seen.problems,
        "errors": seen.errors,
        "warnings": seen.warnings,
        "queued_at": seen.queued_at,
        "started_at": seen.started_at,
        "finished_at": seen.finished_at,
    }
