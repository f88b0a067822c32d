"""The person's copy of everything that is kept about them: asked for, made, fetched."""

from typing import Any

from flask import Response

from hub import files, identity, privacy
from hub.kernel import ids
from hub.kernel.paging import Page, id_place, place_after
from hub.kernel.work import CLOCK, SYSTEM, Reading, Work
from hub.parts import Parts
from hub.web import Blueprint, PageQuery, parts, reads, refuses, requires, transaction
from hub.web.languages import marked

from . import export_paper
from .privacy_schemas import Export, ExportPage

# As the access log names it, and its page in the person's language.
REGISTER = marked("everything")
PURPOSE = marked("the person's own copy")

bp = Blueprint("exports", __name__, description="A copy of what is kept about the person")


@bp.post("/v1/me/exports")
@requires("citizen.export:manage", max_age=identity.RECENT)
@transaction(once=True)
@bp.response(202, Export)
def ask_for_export(work: Work) -> dict[str, Any]:
    """Ask for a copy of everything that is kept about you; it is made in the background.

    Needs a sign-in as sure as the account allows, within ten minutes. While one is being made, the
    answer is that one; a new one replaces the one before. Follow it at `GET /v1/me/exports/<id>`.
    """
    return shown(privacy.ask_for_export(work))


@bp.get("/v1/me/exports")
@requires("citizen.export:read")
@reads
@bp.arguments(PageQuery, location="query")
@bp.response(200, ExportPage)
def my_exports(reading: Reading, query: dict[str, Any]) -> Page[dict[str, Any]]:
    """List the copies that are being made or can be fetched, the newest first."""
    limit = query["limit"]
    found = privacy.exports_of(reading, after=id_place(query["after"], "export"), limit=limit)
    items = [shown(one) for one in found[:limit]]
    return Page(items, place_after((items[-1]["id"],)) if len(found) > limit else None)


@bp.get("/v1/me/exports/<export_id>")
@requires("citizen.export:read")
@reads
@bp.response(200, Export)
def my_export(reading: Reading, export_id: str) -> dict[str, Any]:
    """Tell whether a copy is ready, and until when it can be fetched."""
    return shown(privacy.one_export(reading, ids.read("export", export_id)))


@bp.get("/v1/me/exports/<export_id>/file")
@requires("citizen.export:manage", max_age=identity.RECENT)
@transaction()
@refuses(404)
@bp.response(200, {"type": "string", "format": "binary"}, content_type="application/zip")
def fetch_export(work: Work, export_id: str) -> Response:
    """Fetch the copy: a zip with `data.json` for programs and `index.html` for reading.

    Only you can, within seven days, with a sign-in as sure as the account allows of the last ten
    minutes.
    """
    return attached(work, export_id)


def attached(work: Work, export_id: str) -> Response:
    """The zip as a download."""
    file = privacy.file_of(work, ids.read("export", export_id))
    try:
        with files.read(parts().vault, file) as plain:
            body = plain.read()
    except FileNotFoundError:  # its time ends at this moment
        raise privacy.ExportGone from None
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": f'attachment; filename="{export_id}.zip"',
    }
    return Response(body, 200, headers, mimetype="application/zip")


def make_export(built: Parts, event: privacy.ExportAsked) -> None:
    """Errand: gather, write down, keep. Killed in the middle it is done anew from the start."""

    def gathered(work: Work) -> tuple[privacy.Waiting, list[privacy.Gathered]] | None:
        wanted = privacy.waiting(work, event.export_id)
        if wanted is None:
            return None
        everything = privacy.gather(
            work, built.keyring, wanted.person_id, register=REGISTER, purpose=PURPOSE
        )
        return wanted, everything

    found = built.database.run(gathered, SYSTEM)
    if found is None:
        return
    wanted, everything = found
    settings = built.settings
    zipped = export_paper.zipped(
        everything,
        person=ids.show("person", wanted.person_id),
        language=wanted.language,
        city=settings.city_name,
        zone=settings.zone,
        made_at=built.database.clock(),
    )
    built.database.run(
        lambda work: privacy.finish(work, built.vault, event.export_id, zipped), SYSTEM
    )


def forget_old(built: Parts) -> None:
    """Delete copies after their seven days, and closures after three years."""
    built.database.run(lambda work: privacy.forget_exports(work, built.vault), CLOCK)
    built.database.run(privacy.forget_closures, CLOCK)


def shown(one: privacy.ExportSeen) -> dict[str, Any]:
    """The `Export` of the schema."""
    return {
        "id": ids.show("export", one.id),
        "state": one.state,
        "asked_at": one.asked_at,
        "ready_at": one.ready_at,
        "expires_at": one.expires_at,
        "size": one.size,
    }
