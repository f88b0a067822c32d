"""Who read what about the person; proofs of it; and the signed state of the whole log."""

from typing import Any

import msgspec
from flask import Response

from hub import audit
from hub.kernel import ids
from hub.kernel.paging import Page, id_place, place_after
from hub.kernel.work import CLOCK, Reading
from hub.parts import Parts
from hub.web import (
    Blueprint,
    PageQuery,
    encoded,
    etag_of,
    public,
    reads,
    refuses,
    requires,
)

from .access_schemas import AccessPage, AccessProof, Consistency, ConsistencyQuery, LogCheckpoint

bp = Blueprint("access_log", __name__, description="Who read what about the person")


@bp.get("/v1/me/access-log")
@requires("citizen.access_log:read")
@reads
@bp.arguments(PageQuery, location="query")
@bp.response(200, AccessPage)
def my_access_log(reading: Reading, query: dict[str, Any]) -> Page[dict[str, Any]]:
    """List who read something about you, for whom, why, by what right, and what; newest first."""
    limit = query["limit"]
    rows = audit.mine(reading, after=id_place(query["after"], "access"), limit=limit)
    items = [shown(row) for row in rows[:limit]]
    return Page(items, place_after((items[-1]["id"],)) if len(rows) > limit else None)


@bp.get("/v1/me/access-log/<access_id>/proof")
@requires("citizen.access_log:read")
@reads
@refuses(404, 409)
@bp.response(200, AccessProof)
def access_proof(reading: Reading, access_id: str) -> Response:
    """Give the proof that a row stands in the signed log; it can be checked without us.

    Keep it together with `/.well-known/jwks.json`. How to check it: `docs/identity.md`, or
    `python -m hub audit check proof.json --jwks jwks.json`.
    """
    proof = audit.proof(reading, ids.read("access", access_id))
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": f'attachment; filename="{access_id}.json"',
    }
    body = msgspec.json.format(msgspec.json.encode(proof), indent=1)
    return Response(body, 200, headers, mimetype="application/json")


@bp.get("/v1/audit/checkpoint")
@public
@reads
@refuses(404)
@bp.response(200, LogCheckpoint)
def newest_checkpoint(reading: Reading) -> Response:
    """Give the newest signed state of the access log. It says nothing about anybody."""
    body = LogCheckpoint().dumps(audit.checkpoint(reading)).encode()
    return encoded(body, etag_of(body), max_age=1)


@bp.get("/v1/audit/consistency")
@public
@reads
@refuses(404)
@bp.arguments(ConsistencyQuery, location="query")
@bp.response(200, Consistency)
def log_consistency(reading: Reading, query: dict[str, Any]) -> dict[str, Any]:
    """Show that today's log begins with the one of a checkpoint that you kept."""
    return audit.consistency(reading, old=query["old"], new=query["new"])


def shown(row: Any) -> dict[str, Any]:
    """The `Access` of the schema."""
    return {
        "id": ids.show("access", row.id),
        "at": row.at,
        "who": {"kind": row.actor_kind, "id": row.actor_id},
        "for_whom": row.for_whom,
        "client_id": row.client_id,
        "register": row.register,
        "purpose": row.purpose,
        "legal_basis": row.basis,
        "fields_": row.fields,
        "sealed": row.sealed,
    }


def seal(parts: Parts) -> bool:
    """One turn of the sealer: new rows into the tree, then what was signed out of the house."""
    origin = audit.origin_of(parts.settings.public_url)
    parts.database.run(lambda work: audit.seal(work, parts.keyring, origin), CLOCK)
    with parts.database.reading(CLOCK) as reading:
        return audit.catch_up(parts.of(_copies), reading) > 0


def forget_old(parts: Parts) -> None:
    """Let go of rows that were kept for their time; what proves them stays."""
    while parts.database.run(audit.forget_old, CLOCK):
        pass


def _copies(parts: Parts) -> list[audit.Copy]:
    return [audit.Copy(folder) for folder in audit.folders(parts.settings)]
