"""Where the person is signed in, and ending it."""

from typing import Any

from hub import identity
from hub.kernel import ids
from hub.kernel.paging import Page, id_place, place_after
from hub.kernel.work import Reading, Work
from hub.web import (
    Blueprint,
    PageQuery,
    forget_cookies,
    principal_of,
    reads,
    requires,
    transaction,
)

from .schemas import SessionPage, SignedOut

bp = Blueprint("sessions", __name__, description="Where the person is signed in")


@bp.get("/v1/me/sessions")
@requires("citizen.session:read")
@reads
@bp.arguments(PageQuery, location="query")
@bp.response(200, SessionPage)
def my_sessions(reading: Reading, query: dict[str, Any]) -> Page[dict[str, Any]]:
    """List the devices and browsers that are signed in, the newest sign-in first."""
    limit = query["limit"]
    after = id_place(query["after"], "session")
    rows = identity.mine(reading, after=after, limit=limit)
    current = principal_of().session_id
    items = [
        {
            "id": ids.show("session", row.id),
            "device_name": row.device_name,
            "current": row.id == current,
            "acr": row.acr,
            "amr": row.amr,
            "signed_in_at": row.auth_time,
            "last_seen_at": row.last_seen_at,
            "expires_at": row.expires_at,
        }
        for row in rows[:limit]
    ]
    return Page(items, place_after((items[-1]["id"],)) if len(rows) > limit else None)


@bp.delete("/v1/me/sessions/<session_id>")
@requires("citizen.session:manage")
@transaction()
@bp.response(204)
def end_session(work: Work, session_id: str) -> None:
    """Sign one device out, from afar or this one. What has ended already stays ended."""
    identity.end(work, ids.read("session", session_id))


@bp.post("/v1/me/sign-out-everywhere")
@requires("citizen.session:manage")
@transaction()
@bp.response(200, SignedOut)
def sign_out_everywhere(work: Work) -> dict[str, int]:
    """Sign out on every device, this one included; within two seconds nothing of them is taken."""
    forget_cookies()
    return {"ended": identity.end_all(work)}


@bp.post("/v1/me/sign-out-elsewhere")
@requires("citizen.session:manage")
@transaction()
@bp.response(200, SignedOut)
def sign_out_elsewhere(work: Work) -> dict[str, int]:
    """Sign out on every device but this one."""
    return {"ended": identity.end_others(work)}
