"""Getting back in after a loss, and telephone numbers that have a new holder."""

from typing import Any

from hub import identity
from hub.kernel import ids
from hub.kernel.work import Reading, Work
from hub.web import (
    Blueprint,
    client_address,
    issuer,
    parts,
    reads,
    refuses,
    requires,
    transaction,
)

from .guard import signing_in
from .recovery_schemas import (
    NewAccount,
    Recoveries,
    RecoveryCancellation,
    RecoveryCompletion,
    RecoveryOpened,
    RecoveryRequest,
)
from .schemas import Tokens
from .sign_in import never_stored, shown

bp = Blueprint("recoveries", __name__, description="Getting back in")
bp.after_request(never_stored)


@bp.post("/v1/recoveries")
@signing_in
@transaction(once=True)
@bp.arguments(RecoveryRequest)
@bp.response(201, RecoveryOpened)
def open_recovery(work: Work, asked: dict[str, Any]) -> identity.recovering.Opened:
    """Ask to be let back into an account whose second factor is lost.

    Takes the `login` of a sign-in whose code was right but not enough. It opens after 72 hours,
    unless its person stops it by the link that goes to each of their addresses.
    """
    return identity.recovering.open_recovery(work, parts().keyring, login=asked["login"])


@bp.post("/v1/recoveries/completions")
@signing_in
@transaction(once=True)
@refuses(403, 404)
@bp.arguments(RecoveryCompletion)
@bp.response(200, Tokens)
def complete_recovery(work: Work, entry: dict[str, Any]) -> dict[str, Any]:
    """Be let back in once the waiting time is over, with a fresh code for the same address.

    The account has no password, second factor or passkey then, and every other session has ended.
    """
    tokens = identity.recovering.complete(
        work, parts().keyring, issuer(), client=client_address(), **entry
    )
    return shown(tokens)


@bp.post("/v1/recoveries/cancellations")
@signing_in
@transaction(once=True)
@refuses(404)
@bp.arguments(RecoveryCancellation)
@bp.response(204)
def cancel_recovery(work: Work, entry: dict[str, Any]) -> None:
    """Stop a recovery by the link of its notice, without signing in."""
    identity.recovering.cancel(work, parts().keyring, entry["token"])


@bp.post("/v1/sign-in/new-accounts")
@signing_in
@transaction(once=True)
@refuses(403)
@bp.arguments(NewAccount)
@bp.response(201, Tokens)
def begin_anew(work: Work, entry: dict[str, Any]) -> dict[str, Any]:
    """Open an account for the new holder of a telephone number that another account still has.

    The number goes over after 72 hours, unless the other account's person stops it.
    """
    tokens = identity.recovering.new_account(
        work, parts().keyring, issuer(), client=client_address(), **entry
    )
    return shown(tokens)


@bp.get("/v1/me/recoveries")
@requires("citizen.session:read")
@reads
@bp.response(200, Recoveries)
def my_recoveries(reading: Reading) -> dict[str, Any]:
    """List what somebody asked for about the account and the person can still stop."""
    return {"items": [as_shown(row) for row in identity.recovering.waiting(reading)]}


@bp.delete("/v1/me/recoveries/<recovery_id>")
@requires("citizen.session:manage")
@transaction()
@bp.response(204)
def stop_recovery(work: Work, recovery_id: str) -> None:
    """Stop it."""
    identity.recovering.cancel_mine(work, ids.read("recovery", recovery_id))


def as_shown(row: Any) -> dict[str, Any]:
    """What waits, as the API shows it."""
    return {
        "id": ids.show("recovery", row.id),
        "kind": row.kind,
        "opened_at": row.opened_at,
        "due_at": row.due_at,
    }
